"""Schools that became academies between two years, beside those that stayed as they were: a question that public files answer alone."""

from collections.abc import Mapping, Sequence

import pandas as pd

from evaluation.derive.academies import BETWEEN, NUMBER, became_academies, is_academy
from evaluation.derive.across_years import link_schools
from evaluation.impact.over_years import Contrast, Groups, compare_changes

ALREADY, TOLD_OF = "an academy already", "said to become or be followed by an academy"


def academies_compared(
    tables: Mapping[str, pd.DataFrame],
    earlier: str,
    later: str,
    contrasts: Sequence[Contrast],
    *,
    alike: Mapping[str, str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The change of schools that became academies less that of schools that did not, as `compare_changes` has it.

    Schools that were academies already are set aside, and so are those that a table or the links file says were to become, or
    to be followed by, an academy. Schools of one record type are compared.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `published`, `published_schools` and `published_links` of the store.
    earlier, later : str
        The published files between which schools became academies.
    contrasts : sequence of Contrast
    alike : mapping of str to str, optional
        What schools are matched on besides, by LAESTAB; "" for a school it does not have.
    seed : int
    """
    schools = tables["published_schools"]
    before, after = (
        schools[(schools["source"] == name) & (schools["level"] == "school")].set_index("row")
        for name in (earlier, later)
    )
    listed = became_academies(before, after, link_schools(before, after, tables["published_links"]))
    became = listed["evidence"].isin([BETWEEN, NUMBER])
    new, told = set(listed.loc[became, "laestab"]), set(listed.loc[~became, "laestab"])
    already = set(before.loc[[is_academy(kind) for kind in before["type"]], "laestab"])

    def groups(changes: pd.DataFrame) -> Groups:
        number = changes["laestab_before"].where(changes["laestab_before"] != "", changes["laestab_after"])
        aside = pd.Series("", index=changes.index).mask(number.isin(told), TOLD_OF)
        aside = aside.mask(number.isin(already), ALREADY)
        kind = changes["rectype_before"].where(changes["rectype_before"] != "", changes["rectype_after"])
        return Groups(number.isin(new), aside, kind + [f" {(alike or {}).get(name, '')}" for name in number])

    return compare_changes(tables, contrasts, groups, seed)
