"""Issue lists: for each school, what in its files was not accepted, where, and why."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.intake import Step, linked, receive
from evaluation.study import Study

NO_SCHOOL = "school not known"
ORDER = {"row": 0, "cell": 1, "note": 2}
WORDS = {"row": "rows not accepted", "cell": "cells left empty", "note": "notes"}


@dataclass(frozen=True)
class Checked:
    """What a check found: a line for each source, every issue, and the records that linkage leaves to a person."""

    sources: pd.DataFrame
    issues: pd.DataFrame
    review: pd.DataFrame
    folder: str

    def by_school(self) -> pd.DataFrame:
        """How many issues of each severity each school has, and records to review; most rows lost first."""
        counted = _named(self.issues).groupby(["school", "severity"]).size().unstack(fill_value=0)
        reviewed = _named(self.review).groupby("school").size().rename("review")
        table = (
            counted.reindex(columns=list(ORDER), fill_value=0)
            .join(reviewed, how="outer")
            .fillna(0)
            .astype(int)
        )
        return table.sort_values(["row", "cell", "review"], ascending=False, kind="stable")

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "sources": self.sources.drop(columns="sha256").to_dict("records"),
            "schools": self.by_school().rename_axis("school").reset_index().to_dict("records"),
            "lists": self.folder,
        }

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        for item in self.sources.itertuples():
            yield f"{item.file}: {item.rows_in:,} rows in, {item.rows_accepted:,} accepted, {item.rows_listed:,} listed"
        schools = self.by_school()
        if schools.empty:
            yield "Every cell was accepted and every record linked."
            return
        yield ""
        for school, row in schools.iterrows():
            parts = [f"{row[name]} {words}" for name, words in WORDS.items() if row[name]]
            parts += [f"{row['review']} records to review"] if row["review"] else []
            yield f"{school}: {', '.join(parts)}"
        yield ""
        yield f"What to put right, file by file and row by row: {self.folder}/"


def check(study: Study, root: Path, step: Step) -> Checked:
    """Read, clean and link the files, and write the lists of issues for each school.

    Raises
    ------
    EvaluationError
        When a file cannot be read at all.
    """
    received = receive(study, root, step)
    folder = root / "data" / "processed" / study.study / "issues"
    write_issue_lists(received.issues, folder)
    step("linking pupils")
    review = linked(study, received).review
    write_review_list(review, folder)
    return Checked(received.sources, received.issues, review, folder.relative_to(root).as_posix())


def write_issue_lists(issues: pd.DataFrame, folder: Path) -> None:
    """One CSV a school, worst first; earlier lists are replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ranked = _named(issues).assign(rank=issues["severity"].map(ORDER))
    ranked = ranked.sort_values(["rank", "file", "sheet", "row"], kind="stable").drop(columns="rank")
    for school, rows in ranked.groupby("school", sort=False):
        rows.to_csv(folder / f"{str(school).replace('/', '-')}.csv", index=False, lineterminator="\n")


def write_review_list(review: pd.DataFrame, folder: Path) -> None:
    """One CSV of the records that linkage leaves to a person."""
    review.to_csv(folder / "to_review.csv", index=False, lineterminator="\n")


def _named(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(school=table["school"].fillna("").replace("", NO_SCHOOL))
