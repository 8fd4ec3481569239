"""What a check of the files found, as a person reads it in a terminal and as a program does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import pandas as pd

from evaluation.clean import count_by_rule, count_by_school
from evaluation.errors import EvaluationError

NO_SCHOOL = "school not known"
SEVERITIES = {
    "row": ("row", "rows", "not accepted"),
    "review": ("record", "records", "to review"),
    "cell": ("cell", "cells", "left empty"),
    "note": ("note", "notes", ""),
}
WIDTH = 80
MOST_SCHOOLS = 40


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes
    ----------
    sources : DataFrame
        A line for each source.
    issues, review : DataFrame
        Every issue, and every record that a person must look at.
    names : mapping of str to str
        The schools' names, by identifier.
    notes : tuple of str
        What else there is to say, in sentences.
    folder : str
        Where the issue lists are.
    fault : EvaluationError or None
        What stops a run.
    """

    sources: pd.DataFrame
    issues: pd.DataFrame
    review: pd.DataFrame
    names: Mapping[str, str]
    notes: tuple[str, ...]
    folder: str
    fault: EvaluationError | None

    def by_school(self) -> pd.DataFrame:
        """How many rows, records, cells and notes each school has, in columns `SEVERITIES`; most rows lost first."""
        reviewed = named(self.review).assign(severity="review")
        return count_by_school(pd.concat([named(self.issues), reviewed]), list(SEVERITIES))

    def by_rule(self) -> pd.DataFrame:
        """How often each school met each rule: schools as `by_school` has them, and of a school the gravest first.

        Returns
        -------
        DataFrame
            school, rule, severity, count, message.
        """
        reviewed = self.review.groupby(["school", "reason"], sort=False).size().reset_index(name="count")
        reviewed = reviewed.rename(columns={"reason": "message"}).assign(rule="review", severity="review")
        counts = named(pd.concat([count_by_rule(self.issues), reviewed], ignore_index=True))
        schools, grave = list(self.by_school().index), list(SEVERITIES)
        ranks = counts.assign(
            place=counts["school"].map(schools.index), rank=counts["severity"].map(grave.index)
        )
        ranked = ranks.sort_values(["place", "rank", "count"], ascending=[True, True, False], kind="stable")
        return ranked.drop(columns=["place", "rank"]).reset_index(drop=True)

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "sources": self.sources.drop(columns="sha256").to_dict("records"),
            "schools": self.by_school().rename_axis("school").reset_index().to_dict("records"),
            "rules": self.by_rule().to_dict("records"),
            "notes": list(self.notes),
            "lists": self.folder,
        }

    def lines(self) -> Iterator[str]:
        """The same for a person, at 80 columns."""
        for item in self.sources.itertuples():
            rows = f"{item.rows_in:,} rows in, {item.rows_accepted:,} accepted, {item.rows_listed:,} listed"
            yield from _wrapped(f"{item.file}: {rows}", "    ")
        for said in self.notes:
            yield from _wrapped(said, "    ")
        schools = self.by_school()
        if schools.empty:
            yield "Every cell was accepted and every record linked."
            return
        rules = self.by_rule()
        for school, counts in schools.head(MOST_SCHOOLS).iterrows():
            yield ""
            yield from self._of_school(str(school), counts, rules[rules["school"] == school])
        yield ""
        left = len(schools) - MOST_SCHOOLS
        if left > 0:
            yield f"{left:,} more schools have less to put right."
        yield from _wrapped(f"What to put right, file by file and row by row: {self.folder}/", "    ")

    def _of_school(self, school: str, counts: pd.Series, rules: pd.DataFrame) -> Iterator[str]:
        title = f"{self.names[school]} ({school})" if school in self.names else school
        parts = (_counted(counts[name], name) for name in SEVERITIES if counts[name])
        yield from _wrapped(f"{title}: {', '.join(parts)}", "    ")
        for item in rules.to_dict("records"):
            one, many, _ = SEVERITIES[item["severity"]]
            number = f"{item['count']:>7,} {one if item['count'] == 1 else many:<8}"
            yield from _wrapped(number + item["message"], " " * len(number))


def named(table: pd.DataFrame) -> pd.DataFrame:
    """The rows, each with a school to list them under."""
    return table.assign(school=table["school"].fillna("").replace("", NO_SCHOOL))


def _counted(number: int, what: str) -> str:
    one, many, how = SEVERITIES[what]
    return f"{number:,} {one if number == 1 else many} {how}".rstrip()


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
