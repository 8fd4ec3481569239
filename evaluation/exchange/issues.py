"""Issue lists: for each school, what in its files was not accepted, where, and why."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.errors import EvaluationError, StoreError, nearest
from evaluation.exchange.review import write_review
from evaluation.impact.plan import fit_plan
from evaluation.intake import Step, assemble, receive
from evaluation.store import change_lines, changes
from evaluation.study import Study

NO_SCHOOL = "school not known"
ORDER = {"row": 0, "cell": 1, "note": 2}
WORDS = {
    "row": ("row not accepted", "rows not accepted"),
    "cell": ("cell left empty", "cells left empty"),
    "note": ("note", "notes"),
    "review": ("record to review", "records to review"),
}
SHOWN = 3


@dataclass(frozen=True)
class Checked:
    """What a check found: a line for each source, every issue, what a person must look at, and what stops a run."""

    sources: pd.DataFrame
    issues: pd.DataFrame
    review: pd.DataFrame
    notes: tuple[str, ...]
    folder: str
    fault: EvaluationError | None

    def by_school(self) -> pd.DataFrame:
        """How many issues of each severity each school has, and records to review; most rows lost first."""
        counted = _named(self.issues).groupby(["school", "severity"]).size().unstack(fill_value=0)
        reviewed = _named(self.review).groupby("school").size().rename("review")
        table = counted.reindex(columns=list(ORDER), fill_value=0).join(reviewed, how="outer")
        table = table.fillna(0).astype(int)
        return table.sort_values(["row", "cell", "review"], ascending=False, kind="stable")

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "sources": self.sources.drop(columns="sha256").to_dict("records"),
            "schools": self.by_school().rename_axis("school").reset_index().to_dict("records"),
            "notes": list(self.notes),
            "lists": self.folder,
        }

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        for item in self.sources.itertuples():
            yield f"{item.file}: {item.rows_in:,} rows in, {item.rows_accepted:,} accepted, {item.rows_listed:,} listed"
            yield from _commonest(self.issues[self.issues["source"] == item.source])
        yield from self.notes
        schools = self.by_school()
        if schools.empty:
            yield "Every cell was accepted and every record linked."
            return
        yield ""
        for school, row in schools.iterrows():
            yield f"{school}: {', '.join(_counted(row[name], name) for name in WORDS if row[name])}"
        yield ""
        yield f"What to put right, file by file and row by row: {self.folder}/"


def _commonest(issues: pd.DataFrame) -> Iterator[str]:
    """A line for each of the commonest kinds of issue of a source, with its first reason."""
    kinds = issues.groupby(["severity", "column", "rule"], sort=False)["reason"].agg(["size", "first"])
    worst = kinds.sort_values("size", ascending=False, kind="stable").head(SHOWN).reset_index()
    columns = ["severity", "column", "size", "first"]
    for severity, column, number, reason in worst[columns].itertuples(index=False):
        yield f"    {f'{column}: ' if column else ''}{_counted(number, severity)}: {reason}"


def _counted(number: int, what: str) -> str:
    one, many = WORDS[what]
    return f"{number:,} {one if number == 1 else many}"


def check(study: Study, root: Path, step: Step) -> Checked:
    """Read, clean and link the files, write the lists of issues for each school, and try the plan.

    Raises
    ------
    EvaluationError
        When a file cannot be read at all, or the lists cannot be written. What else would stop a run is in `fault`.
    """
    received = receive(study, root, step)
    folder = root / "data" / "processed" / study.study / "issues"
    review, fault = pd.DataFrame(columns=["school"]), None
    changed: tuple[str, ...] = ()
    linking: list[str] = []

    def ask(pairs: pd.DataFrame) -> None:
        if workbook := write_review(study, root, pairs):
            linking.append(f"{_pairs(len(pairs))} to decide on: {workbook.relative_to(root).as_posix()}")

    try:
        write_issue_lists(received.issues, folder)
        step("linking pupils")
        tables = assemble(study, received, ask)
        review = tables["review"]
        write_review_list(review, folder)
        changed = tuple(f"Against the store: {line}" for line in change_lines(changes(folder.parent, tables)))
        linking += _moved(tables["moves"])
        step("trying the plan")
        fit_plan(study, tables["analysis"])
    except OSError as error:
        raise StoreError(
            f"{folder.relative_to(root)}: the lists cannot be written ({error.strerror})."
        ) from None
    except EvaluationError as error:
        fault = error
    notes = (*_roles_apart(study, received.register), *linking, *changed)
    return Checked(
        received.sources, received.issues, review, notes, folder.relative_to(root).as_posix(), fault
    )


def _pairs(number: int) -> str:
    return f"{number:,} pair{'' if number == 1 else 's'} of records that may be one pupil's"


def _moved(moves: pd.DataFrame) -> Iterator[str]:
    for kind, number in moves["kind"].value_counts(sort=False).items():
        yield f"Pupils who moved, {kind}: {number:,}"


def _roles_apart(study: Study, register: pd.DataFrame | None) -> Iterator[str]:
    """Roles of the register that neither the plan's population nor the reports name: a slip, more often than not."""
    roles = study.analysis.population.roles
    if register is None or roles is None:
        return
    known = [*roles, *(study.reports.school_roles or ())]
    for role, schools in register[~register["role"].isin(known)].groupby("role")["school"]:
        yield f"Role {role!r} ({len(schools)} in the register) is in no part of the plan.{nearest(str(role), known)}"


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
