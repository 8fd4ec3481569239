"""Forget: keep them out, remove what was derived from them, make the store again, and search for what is left."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import EvaluationError, StoreError
from evaluation.exchange.issues import write_issue_lists, write_review_list
from evaluation.forget.plan import Plan
from evaluation.forget.search import Searched, search
from evaluation.intake import take_in
from evaluation.sources import Step
from evaluation.store import changes, write_store
from evaluation.store.cache import FOLDER
from evaluation.store.tables import MANIFEST


@dataclass(frozen=True)
class Forgotten:
    """What was done, and what searching for them afterwards found."""

    plan: Plan
    removed: tuple[str, ...]
    store: str
    after: Searched

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        yield from (f"removed: {name}" for name in self.removed)
        yield self.store
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(self.after.kinds.items())) or "none"
        sought = sorted({*self.plan.sought.texts.values(), *(["name"] if self.plan.sought.names else [])})
        yield f"Searched data/processed and reports for {', '.join(sought)}: {self.after.kinds.total():,} files ({kinds})."
        yield from (
            f"STILL HOLDS {', '.join(what)}: {self.plan.shown(path)}"
            for path, what in self.after.found.items()
        )
        if not self.after.found:
            yield "Nothing of them was found."
        yield from self.plan.unsearched
        yield from _raw_lines(self.plan)

    @property
    def fault(self) -> StoreError | None:
        """The error to end with when something is left."""
        if not self.after.found:
            return None
        return StoreError(
            f"{len(self.after.found)} files still hold those to be forgotten: see above. Files of another study are that "
            "study's to forget; remove any other by hand and run this again."
        )


def _raw_lines(plan: Plan) -> Iterator[str]:
    for name, rows in plan.raw.items():
        held = (
            f"{rows:,} {'row' if rows == 1 else 'rows'}"
            if rows
            else "under another number, or where no source reads"
        )
        yield f"raw file still holds them, for its owner to deal with ({held}): data/raw/{plan.study.study}/{name}"
    yield "Copies of reports or workbooks that have left this folder are beyond this command."


def carry_out(plan: Plan, day: str, step: Step) -> Forgotten:
    """Do what the plan says. Interrupted, it can be planned and done again.

    First they are put on the list, so that from then on nothing takes them in; then runs, cleaned rows and every other
    file that holds them go; last the store is made again from the raw files without them.

    Parameters
    ----------
    plan : Plan
    day : str
        The day the list is to say, as yyyy-mm-dd.

    Raises
    ------
    StoreError
        When the list cannot be written or a file cannot be removed.
    """
    plan.withdrawn.add(plan.found.marks, day)
    folder = plan.cache.folder
    had_lists, had_store = (folder / "issues").is_dir(), (folder / MANIFEST).is_file()
    try:
        removed = [plan.shown(path) for path in _remove(plan)]
    except OSError as error:
        raise StoreError(
            f"A file cannot be removed ({error.strerror}). Close it elsewhere and run this again."
        ) from None
    said = (
        _made_again(plan, step, had_lists)
        if had_store
        else "There was no store; the next run makes one without them."
    )
    step("searching what is left")
    after = search([plan.root / "data" / "processed", plan.root / "reports"], plan.sought, plan.cache)
    return Forgotten(plan, tuple(removed), said, after)


def _remove(plan: Plan) -> Iterator[Path]:
    """Runs, cleaned rows, issue lists and every file found to hold them, but the store, which is replaced."""
    folder = plan.cache.folder
    reports = plan.root / "reports" / plan.study.study
    for place in (*plan.runs, folder / FOLDER, folder / "issues"):
        if place.exists():
            shutil.rmtree(place)
            yield place
    latest = reports / "latest"
    if latest.is_file() and not (reports / latest.read_text(encoding="utf-8").strip()).is_dir():
        latest.unlink()
    for path in plan.holding.found:
        ours = path.is_relative_to(folder) or path.is_relative_to(reports)
        if ours and path.is_file() and not path.parent.name.startswith("tables-"):
            path.unlink()
            yield path


def _made_again(plan: Plan, step: Step, lists: bool) -> str:
    """The store without them; removed where it cannot be made."""
    folder = plan.cache.folder
    try:
        tables = take_in(plan.study, plan.root, step)
        write_store(folder, tables, changes(folder, tables))
        if lists:
            write_issue_lists(tables["issues"], folder / "issues")
            write_review_list(tables["review"], folder / "issues")
    except EvaluationError as error:
        _remove_store(folder)
        return f"The store was removed, and could not be made again without them: {error}"
    return "The store was made again without them. `evaluation run` makes the reports again."


def _remove_store(folder: Path) -> None:
    (folder / MANIFEST).unlink(missing_ok=True)
    for tables in folder.glob("tables-*"):
        shutil.rmtree(tables)
