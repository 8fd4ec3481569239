"""The attack on a release as it is written: every withheld count, from everything its audience holds.

Nothing of what chose the pattern has a part in it: what is shown is read from the releases, what is true from the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.disclose.attack import unprotected
from evaluation.disclose.cells import KEY, count_system, offered
from evaluation.disclose.release import Release
from evaluation.disclose.system import NOBODY, Mask, Real
from evaluation.errors import DisclosureError
from evaluation.study import Policy

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Told:
    """A withheld count that can be told.

    Attributes
    ----------
    audience
        Whose release tells it.
    level, unit, split, outcome
        Where it stands; its group is not said, for that might tell who it is.
    by
        "any reader", or the school that can subtract its own pupils.
    rule
        The part of the protection rule that is broken.
    """

    audience: str
    level: str
    unit: str
    split: str
    outcome: str
    by: str
    rule: str

    def line(self) -> str:
        """It in a sentence."""
        place = " ".join(part for part in (self.level, self.unit) if part)
        return f"Release {self.audience}: a count by {self.split} of {place} ({self.outcome}) can be told by {self.by}: {self.rule}."


def told(
    truth: pd.DataFrame, atoms: pd.DataFrame, releases: Sequence[Release], policies: Sequence[Policy]
) -> list[Told]:
    """What each audience can tell of counts that are withheld from it.

    Parameters
    ----------
    truth
        The descriptives at full precision: level, unit, split, group, outcome, n.
    atoms
        The finest counts.
    releases
        From the widest audience to the narrowest: each audience holds those before its own too.
    policies
        Of each release.
    """
    found = []
    for at, (release, policy) in enumerate(zip(releases, policies, strict=True)):
        found += _of_audience(truth, atoms, releases[: at + 1], release, policy)
    return found


def refuse_told(found: Sequence[Told]) -> None:
    """Refuse releases that tell what they withhold.

    Raises
    ------
    DisclosureError
        With the counts told, the first few in full.
    """
    if found:
        lines = [item.line() for item in found[:SHOWN]]
        more = [f"... and {len(found) - SHOWN} more."] if len(found) > SHOWN else []
        raise DisclosureError(
            "\n".join(
                [
                    *lines,
                    *more,
                    "Nothing was released. A coarser level of figures by disadvantage "
                    "(disclosure: subgroups) or fewer schools with reports (reports: school_roles) would leave less to work out.",
                ]
            )
        )


def _of_audience(
    truth: pd.DataFrame, atoms: pd.DataFrame, held: Sequence[Release], release: Release, policy: Policy
) -> list[Told]:
    clusters = {item["cluster"]: item["schools"] for item in release.meta["clusters"]}
    by_disadvantage = offered(policy)
    found, tried = [], set()
    for outcome, rows in truth.groupby("outcome", sort=False):
        may_show = np.array(
            [
                "disadvantaged" not in split or by_disadvantage(level, unit)
                for level, unit, split in rows[["level", "unit", "split"]].itertuples(index=False)
            ]
        )
        finest = atoms[atoms["outcome"] == outcome]
        system = count_system(rows, finest, clusters, may_show, set())
        low, high = _bounds(rows, len(system.values), held)
        case = system.values.tobytes() + low.tobytes() + high.tobytes()
        if case in tried:
            continue
        tried.add(case)
        schools = list(finest["school"].unique())
        for breach in unprotected(system, _unknown(low, high), policy.minimum_cell, (low, high)):
            level, unit, split = rows[["level", "unit", "split"]].iloc[breach.cell]
            by = "any reader" if breach.holder == NOBODY else f"school {schools[breach.holder]}"
            found.append(Told(release.meta["audience"], level, unit, split, str(outcome), by, breach.rule))
    return found


def _bounds(rows: pd.DataFrame, cells: int, held: Sequence[Release]) -> tuple[Real, Real]:
    """(cells,) low and high of each count by the releases alone.

    A count that stands as published by an earlier run is, to a reader, within the minimum of what it is now.
    A narrower release repeats what a wider one shows as it stands there, so the first to show a count says how finely.
    """
    low, high = np.zeros(cells), np.full(cells, np.inf)
    keys = pd.MultiIndex.from_frame(rows[KEY])
    for release in held:
        table = release.tables["descriptives"]
        shown = table[table["symbol"] == ""].set_index(KEY)["n"].reindex(keys).to_numpy(dtype=float)
        old = rows["split"].str.contains("disadvantaged").to_numpy() & bool(release.meta["standing"])
        apart = np.abs(shown - rows["n"].to_numpy())
        width = np.where(old, np.fmax(apart, release.meta["minimum_cell"] - 1), 0)
        known = np.flatnonzero(~np.isnan(shown) & np.isinf(high[: len(rows)]))
        low[known] = np.maximum(shown - width, 0)[known]
        high[known] = (shown + width)[known]
    return low, high


def _unknown(low: Real, high: Real) -> Mask:
    return ~((low > 0) | np.isfinite(high))
