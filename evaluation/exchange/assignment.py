"""Which column is which field: heading and cells together, each column one field at most and each field one column.

Below a confidence, or where another column or field would do nearly as well, nothing is decided.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from evaluation.exchange.evidence import Cells, Evidence, evidence
from evaluation.exchange.synonyms import EXACT, heading_agreement

SURE, CLEAR, WORTH_ASKING, POSSIBLE = 0.8, 0.1, 0.35, 0.8
HEADING_WEIGHT = 0.92
SAMPLES = 3
SHOWN_PLAINLY = frozenset(["sex", "year_group", "disadvantaged", "eal", "send", "fsm", "fsm6", "premium"])


@dataclass(frozen=True, slots=True)
class Placed:
    """A column and the field it is, or may be.

    Attributes
    ----------
    heading, field : str
    confidence : float
        0 to 1.
    why : str
        "heading", "values" or "heading and values".
    samples : tuple of str
        Cells, masked to their shape unless their field is a closed list and certain, and they are on it.
    rival : str
        What else would do nearly as well, as a sentence's end; "" when nothing would.
    """

    heading: str
    field: str
    confidence: float
    why: str
    samples: tuple[str, ...]
    rival: str

    @property
    def certain(self) -> bool:
        """Whether the line may be used as it stands."""
        return self.confidence >= SURE and not self.rival


def assign(
    headings: Sequence[str], table: Sequence[Cells], fields: Sequence[str]
) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    """The best one-to-one assignment of columns to fields, and the columns that are left without one."""
    agreed = [heading_agreement(heading, fields) for heading in headings]
    judged = [{field: evidence(field, cells) for field in fields} for cells in table]
    trust = np.array(
        [
            [confidence(names[field], said[field]) if names else 0.0 for field in fields]
            for names, said in zip(agreed, judged, strict=True)
        ]
    )
    exact = np.array([[names.get(field) == EXACT for field in fields] for names in agreed])
    # The square makes one certain place worth more than two doubtful ones.
    rows, columns = linear_sum_assignment(-(np.where(trust >= WORTH_ASKING, trust, 0) ** 2))
    pairs = {
        int(row): int(column)
        for row, column in zip(rows, columns, strict=True)
        if trust[row, column] >= WORTH_ASKING
    }
    placed = []
    for row, column in pairs.items():
        field = fields[column]
        rival = _other_column(trust, exact, pairs, row, column, headings, field)
        rival = rival or _other_field(trust, pairs, row, column, fields)
        plainly = trust[row, column] >= SURE and not rival and field in SHOWN_PLAINLY
        why = _why(agreed[row][field], judged[row][field])
        samples = _samples(table[row], field if plainly else "")
        placed.append(Placed(headings[row], field, float(trust[row, column]), why, samples, rival))
    unplaced = [
        Placed(heading, "", 0.0, "", _samples(table[row]), "")
        for row, heading in enumerate(headings)
        if row not in pairs and (heading or table[row].texts)
    ]
    return tuple(placed), tuple(unplaced)


def confidence(agreement: float, said: Evidence) -> float:
    """How sure a column is a field: heading and cells are two witnesses, and cells that cannot be it refute both."""
    both = 1 - (1 - HEADING_WEIGHT * agreement) * (1 - said.settles)
    return both if said.could >= POSSIBLE else both * (0.2 + 0.8 * said.could)


def _why(agreement: float, said: Evidence) -> str:
    return " and ".join(["heading"] * (agreement > 0) + ["values"] * (said.settles > 0))


def _other_column(
    trust: np.ndarray,
    exact: np.ndarray,
    pairs: dict[int, int],
    row: int,
    column: int,
    headings: Sequence[str],
    field: str,
) -> str:
    """A free column that would do nearly as well, and whose heading is as good."""
    enough = max(trust[row, column] - CLEAR, WORTH_ASKING)
    others = [
        at
        for at in range(len(trust))
        if at not in pairs and trust[at, column] > enough and exact[at, column] >= exact[row, column]
    ]
    if not others:
        return ""
    best = max(others, key=lambda at: trust[at, column])
    return f"column {headings[best]!r} may be {field} as well ({trust[best, column]:.2f})"


def _other_field(
    trust: np.ndarray, pairs: dict[int, int], row: int, column: int, fields: Sequence[str]
) -> str:
    """A free field that the column may be nearly as well."""
    enough = max(trust[row, column] - CLEAR, WORTH_ASKING)
    taken = set(pairs.values())
    free = [at for at in range(len(fields)) if at not in taken and trust[row, at] > enough]
    if not free:
        return ""
    best = max(free, key=lambda at: trust[row, at])
    return f"it may be {fields[best]} as well ({trust[row, best]:.2f})"


def _samples(cells: Cells, plainly: str = "") -> tuple[str, ...]:
    """The first distinct cells that can be the field shown plainly, if one is, and the shapes of the others."""

    def shown(text: str) -> str:
        fits = plainly and evidence(plainly, Cells([text], cells.this_year)).could == 1
        return text if fits else mask(text)

    return tuple(dict.fromkeys(map(shown, cells.texts)))[:SAMPLES]


def mask(text: str) -> str:
    """The shape of a cell: A and a for letters, 9 for figures, runs of more than four cut short."""
    shape = "".join("9" if mark.isnumeric() else _letter(mark) for mark in text[:40])
    return re.sub(r"(.)\1{4,}", r"\1\1\1...", shape)


def _letter(mark: str) -> str:
    if not mark.isalpha():
        return mark if mark.isascii() else "?"
    return "A" if mark.isupper() else "a"
