"""The project's schools beside every school in the published performance tables, year by year.

The tables tell of one year group of a school, as a rule of other pupils than the project's, and every school in them that is
not the study's was chosen by nobody: their change says what schools did without the project.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import pandas as pd

from evaluation.derive import arms
from evaluation.derive.school_changes import Figure
from evaluation.impact.over_years import AFTER, BEFORE, DURING, Contrast, Groups, compare_changes
from evaluation.study import Study
from evaluation.study.received import PublishedTable

# By kind of table: measures, and the number of pupils that they are of.
MEASURES = {
    "ks2": (("PTMAT_EXP", "MAT_AVERAGE", "MATPROG"), "TELIG"),
    "ks4": (("ATT8SCR", "P8MEA", "P8MEAMAT", "PTL2BASICS_94"), "TPUP"),
}
# Kinds of comparison for which the tables are the only schools to be beside.
WITHOUT_OWN = ("published", "norm", "none")
OTHER_ARM = "in another arm of the study"


def published_change(study: Study, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """The table of `compare_changes` for the study's schools; None where it has schools of its own to compare with or names no two years.

    Each year is held against the last whose tests came before the project began: later years, "during" it and "after", are
    the question, earlier ones the trend that the schools were on "before".

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `analysis`, `schools`, `published`, `published_schools` and `published_links` of the store.
    """
    contrasts = [contrast for kind in MEASURES for contrast in _contrasts(study, kind)]
    if study.comparison.kind not in WITHOUT_OWN or not contrasts:
        return None
    arm_of = arm_of_schools(study, tables["analysis"])
    school_of = numbers_of_schools(tables["schools"], arm_of)
    treated = {name for name, arm in arm_of.items() if arm == study.words.treated}

    def groups(changes: pd.DataFrame) -> Groups:
        numbers = changes[["laestab_before", "laestab_after", "urn_before", "urn_after"]].to_numpy()
        found = [next((school_of[number] for number in row if number in school_of), "") for row in numbers]
        school = pd.Series(found, index=changes.index, dtype="str")
        arm = school.map(arm_of).fillna(study.words.control)
        other = ~arm.isin([study.words.treated, study.words.control])
        kind = changes["rectype_before"].where(changes["rectype_before"] != "", changes["rectype_after"])
        aside = pd.Series("", index=changes.index).mask(other, OTHER_ARM)
        return Groups(school.isin(treated), aside, kind, unseen=len(treated - set(school)))

    return compare_changes(tables, contrasts, groups, study.seed)


def _contrasts(study: Study, kind: str) -> Iterator[Contrast]:
    """Every year of a kind of table against the last before the project; none where there is no such year."""
    files: dict[date, list[PublishedTable]] = {}
    for item in study.published:
        if item.kind == kind:
            files.setdefault(tested(item), []).append(item)
    period, (measures, count) = study.period(), MEASURES[kind]
    base = max((day for day in files if day < period.first), default=None)
    for day in sorted(files):
        if base is None or day == base:
            continue
        one, two = (files[when] for when in sorted((base, day)))
        when = BEFORE if day < base else DURING if day <= period.last else AFTER
        first, second = (tuple(item.name for item in named) for named in (one, two))
        for measure in measures:
            before, after = Figure(first, measure, count), Figure(second, measure, count)
            yield Contrast(measure, f"{one[0].year} to {two[0].year}", when, before, after)


def numbers_of_schools(schools: pd.DataFrame, of: Iterable[str]) -> dict[str, str]:
    """The study's schools by LAESTAB, which may be their name, and by URN, of those named in `of`."""
    named = {str(name): str(name) for name in of}
    urns = schools[["school", "urn"]].dropna().itertuples(index=False)
    return named | {str(urn): str(name) for name, urn in urns if urn and str(name) in named}


def tested(table: PublishedTable) -> date:
    """About when the pupils of a table were tested: in May of its academic year."""
    return date(int(str(table.year)[:4]) + 1, 5, 15)


def arm_of_schools(study: Study, analysis: pd.DataFrame) -> dict[str, str]:
    """Each school's arm: treated if any of its pupils is, else that of the first."""
    found: dict[str, str] = {}
    for school, arm in zip(analysis["school"].astype(str), arms(study, analysis).astype(str), strict=True):
        if arm == study.words.treated or school not in found:
            found[school] = arm
    return found
