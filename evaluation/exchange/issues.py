"""Issue lists: for each school, what in its files was not accepted, where, and why."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from evaluation.errors import EvaluationError, StoreError, nearest
from evaluation.exchange.checked import SEVERITIES, Checked, named
from evaluation.exchange.review import write_review
from evaluation.impact.plan import fit_plan
from evaluation.intake import assemble
from evaluation.receive import receive
from evaluation.sources import Step
from evaluation.store import change_lines, changes, to_replace, write_store
from evaluation.study import Study


def check(study: Study, root: Path, step: Step) -> Checked:
    """Read, clean and link the files, write the lists of issues for each school, and try the plan.

    The store is left as it is, unless nothing can read it: one of another version, or damaged, is made again.

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
        differ = changes(folder.parent, tables)
        changed = tuple(f"Against the store: {line}" for line in change_lines(differ))
        if to_replace(folder.parent):
            write_store(folder.parent, tables, differ)
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
    register = received.register
    names = {} if register is None else dict(zip(register["school"], register["name"], strict=True))
    place = folder.relative_to(root).as_posix()
    return Checked(received.sources, received.issues, review, names, notes, place, fault)


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
    ranked = named(issues).assign(
        rank=issues["severity"].map({name: at for at, name in enumerate(SEVERITIES)})
    )
    ranked = ranked.sort_values(["rank", "file", "sheet", "row"], kind="stable").drop(columns="rank")
    for school, rows in ranked.groupby("school", sort=False):
        rows.to_csv(folder / f"{str(school).replace('/', '-')}.csv", index=False, lineterminator="\n")


def write_review_list(review: pd.DataFrame, folder: Path) -> None:
    """One CSV of the records that linkage leaves to a person."""
    review.to_csv(folder / "to_review.csv", index=False, lineterminator="\n")
