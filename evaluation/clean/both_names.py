"""One column that holds both names: which stands first is decided for the whole column, and said.

A comma settles a cell: the family name stands before it. Without one, the first name is one word and the family name
all the rest, so that double surnames stay whole; a particle ("van der", "bin") begins a family name.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import pandas as pd

from evaluation.clean.issues import PLACE, issues_at, note
from evaluation.ingest import RawTable

Order = Literal["comma", "surname first", "forename first", "unsettled"]

_PARTICLES = re.compile(
    "van|von|der|den|de|del|della|di|da|das|dos|do|du|la|le|el|al|ap|ab|ben|bin|bint|ibn|ten|ter|st",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_MOST = 0.8
_FEWEST = 5
HABIT = 20  # more cells parted by assumption than this are said once

_SAID: dict[Order, str] = {
    "comma": "Both names are in this column. Where there is a comma the family name was read before it{others}.",
    "surname first": "Both names are in this column, the family name first: it is in capitals.",
    "forename first": "Both names are in this column, the first name first: {why}.",
    "unsettled": "Both names are in this column and nothing in it tells which stands first. The first name was read first, "
    "unless other files know the pupil otherwise.",
}
_ASSUMED = "The cell has more words than two and no comma: {} was read as the first name, the rest as the family name."


class Parted(NamedTuple):
    """Both names of a cell, and whether where the first name ends had to be assumed."""

    surname: str
    forename: str
    assumed: bool = False


def part_column(
    table: RawTable, text: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, str], list[pd.DataFrame]]:
    """The text with surname and forename in place of a column of both names, its map, and what was decided."""
    if "name" not in text:
        return text, dict(columns), []
    heading = columns["name"]
    order, said = name_order(text["name"].tolist())
    parted = {cell: part(cell, order) for cell in text["name"].unique()}
    names = {
        field: [getattr(parted[cell], field) for cell in text["name"]] for field in ("surname", "forename")
    }
    assumed = text.index[[parted[cell].assumed for cell in text["name"]]]
    issues = [note(table, "name_order", said, heading), *_assumed(table, assumed, order, heading)]
    mapped = {name: where for name, where in columns.items() if name != "name"}
    return text.drop(columns="name").assign(**names), mapped | dict.fromkeys(names, heading), issues


def _assumed(table: RawTable, rows: pd.Index, order: Order, heading: str) -> list[pd.DataFrame]:
    reason = _ASSUMED.format("the last" if order == "surname first" else "the first")
    if len(rows) > HABIT:
        many = f"{len(rows):,} cells, the first in row {rows[0]}, are so. {reason}"
        return [note(table, "name_parted", many, heading)]
    place = dict(zip(PLACE, (table.source, table.file, table.sheet, rows), strict=True))
    return [issues_at(pd.DataFrame(place, index=rows), "name_parted", "note", reason, heading)]


def name_order(cells: Sequence[str]) -> tuple[Order, str]:
    """Which name stands first in a column, and what the issue list says of it."""
    filled = [_BRACKETS.sub("", cell) for cell in cells if cell]
    commas = sum(_halves(cell) is not None for cell in filled)
    if commas:
        others = f"; {len(filled) - commas} cells have none, and there the first name was read first"
        return "comma", _SAID["comma"].format(others=others if commas < len(filled) else "")
    words = [cell.split() for cell in filled if len(cell.split()) > 1]
    if _share(_capital(name[0]) and not _capital(name[-1]) for name in words) >= _MOST:
        return "surname first", _SAID["surname first"]
    why = ""
    if _share(_capital(name[-1]) and not _capital(name[0]) for name in words) >= _MOST:
        why = "the family name is in capitals"
    elif len(words) >= _FEWEST and _sorted(words, -1) and not _sorted(words, 0):
        why = "the column is in the order of its last words"
    order: Order = "forename first" if why else "unsettled"
    return order, _SAID[order].format(why=why)


def _share(verdicts: Iterable[bool]) -> float:
    known = list(verdicts)
    return sum(known) / len(known) if known else 0.0


def _capital(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _sorted(words: Sequence[Sequence[str]], at: int) -> bool:
    ends = [name[at].casefold() for name in words]
    return ends == sorted(ends) and len(set(ends)) > 1


def _halves(cell: str) -> tuple[str, str] | None:
    before, comma, after = (half.strip() for half in cell.partition(","))
    return (before, after.strip(", ")) if comma and before and after.strip(", ") else None


def part(cell: str, order: Order) -> Parted:
    """The names of a cell; one word alone is a family name."""
    plain = _BRACKETS.sub("", cell).strip(", ")
    if halves := _halves(plain):
        return Parted(*halves)
    words = plain.split()
    if len(words) < 2:
        return Parted(plain, "")
    if capitals := _capitals_end(words):
        return Parted(" ".join(words[:capitals]), " ".join(words[capitals:]))
    if capitals := _capitals_end(words[::-1]):
        return Parted(" ".join(words[-capitals:]), " ".join(words[:-capitals]))
    if order == "surname first":
        return Parted(" ".join(words[:-1]), words[-1], len(words) > 2)
    particle = next((at for at, word in enumerate(words) if at and _PARTICLES.fullmatch(word)), 0)
    at = particle if 0 < particle < len(words) - 1 else 1
    return Parted(" ".join(words[at:]), " ".join(words[:at]), len(words) > 2 and at != particle)


def _capitals_end(words: Sequence[str]) -> int:
    """How many words in capitals stand first; 0 when all are so."""
    return next((at for at, word in enumerate(words) if not _capital(word)), 0)
