"""Schools that became academies, seen from two years' tables and from what each says is to come."""

from typing import Any

import pandas as pd

from evaluation.derive.across_years import PREDECESSOR, TAKEN, SchoolLinks

ACADEMY_TYPES = frozenset({"AC", "ACC", "ACS", "ACCS", "AC1619", "ACC1619"})
BETWEEN = "an academy in the later table and none in the earlier"
NUMBER = "a new URN at the same LAESTAB; the tables do not give its type"
NOT_SO = "announced in the earlier table, but no academy in the later"
SUCCESSOR = "followed, by the register's links, by an academy that has a row of its own"
EARLIER, LATER = "announced in the earlier table", "announced in the later table"
School = dict[str, Any]
COLUMNS = ["laestab", "urn_before", "urn_after", "name", "type_before", "type_after", "opened", "evidence"]


def became_academies(earlier: pd.DataFrame, later: pd.DataFrame, linked: SchoolLinks) -> pd.DataFrame:
    """The schools that became academies between two years' tables, or that a table says were about to.

    Parameters
    ----------
    earlier, later : DataFrame
        The `schools` of two published files: laestab, urn, urn_ac, open_ac, name, type.
    linked : SchoolLinks
        Of the same frames.

    Returns
    -------
    DataFrame
        laestab (the earlier), urn_before, urn_after, name, type_before, type_after, opened (NaT where no table says),
        evidence: which table says so. One row a school, by LAESTAB.
    """
    pairs, conflicts = linked.pairs, linked.conflicts
    others = dict(zip(pairs["earlier"], pairs["later"], strict=True))
    followed = conflicts[(conflicts["rule"] == PREDECESSOR) & (conflicts["why"] == TAKEN)]
    successors = dict(zip(followed["earlier"], followed["later"], strict=True))
    before, after = _schools(earlier), _schools(later)
    rows = [
        _conversion(school, after.get(others.get(row, -1)))
        or _succession(school, after.get(successors.get(row, -1)))
        for row, school in before.items()
    ]
    rows += [_conversion(after[row], None, LATER) for row in linked.only_later.index]
    found = pd.DataFrame([row for row in rows if row is not None], columns=COLUMNS)
    return found.astype({"opened": "datetime64[us]"}).sort_values("laestab", ignore_index=True)


def _schools(frame: pd.DataFrame) -> dict[int, School]:
    return dict(zip(frame.index, frame.to_dict("records"), strict=True))


def _conversion(before: School, after: School | None, announced: str = EARLIER) -> School | None:
    """What is known of one school's becoming an academy; None when nothing is."""
    evidence = announced if before["urn_ac"] else ""
    told = before
    if after is not None:
        was, became = is_academy(before["type"]), is_academy(after["type"])
        renumbered = before["urn"] != after["urn"] and before["laestab"] == after["laestab"]
        if became and not was and before["type"]:
            evidence = BETWEEN
        elif renumbered and not (before["type"] and after["type"]):
            evidence = NUMBER
        elif after["urn_ac"]:
            evidence, told = LATER, after
        elif before["urn_ac"] and after["type"] and not became:
            evidence = NOT_SO
    if not evidence:
        return None
    happened = after is not None and evidence in (BETWEEN, NUMBER)
    urn_after = after["urn"] if after is not None and happened else told["urn_ac"]
    return _row(before, after, urn_after, told["open_ac"], evidence)


def _succession(before: School, after: School | None) -> School | None:
    """A school whose successor has a row, and a school linked with it, of its own."""
    if after is None or not is_academy(after["type"]) or is_academy(before["type"]):
        return None
    return _row(before, after, after["urn"], before["open_ac"], SUCCESSOR)


def _row(before: School, after: School | None, urn_after: str, opened: Any, evidence: str) -> School:
    return {
        "laestab": before["laestab"],
        "urn_before": before["urn"],
        "urn_after": urn_after,
        "name": before["name"],
        "type_before": before["type"],
        "type_after": after["type"] if after is not None else "",
        "opened": opened,
        "evidence": evidence,
    }


def is_academy(kind: str) -> bool:
    """Whether a type of school, by its code in performance tables or its name in the register, is an academy."""
    return kind.upper() in ACADEMY_TYPES or "academ" in kind.casefold()
