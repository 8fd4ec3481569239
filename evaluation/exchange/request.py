"""Ask schools for what is missing: a workbook each, prefilled from what they sent; none where nothing is missing."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import ReportError, nearest
from evaluation.exchange.needs import Needs, find_needs, schools_in_plan
from evaluation.exchange.records import chosen_records, record_workbook
from evaluation.exchange.school_workbook import counted, minutes, school_workbook
from evaluation.exchange.sheets import save_private
from evaluation.ingest.returned import read_all_returned
from evaluation.receive import receive
from evaluation.sources import Step
from evaluation.study import Study

CONTACT = "whoever sent you this workbook"


@dataclass(frozen=True, slots=True)
class Asked:
    """A workbook made for a school: the file, and how many pupils, cells and records in question it holds."""

    school: str
    name: str
    file: str
    pupils: int
    cells: int
    questions: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Requested:
    """What was asked for: a workbook for each school that misses something, and the schools that miss nothing."""

    study: str
    asked: tuple[Asked, ...]
    complete: tuple[str, ...]
    records: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        asked = [{name: getattr(item, name) for name in Asked.__slots__} for item in self.asked]
        return {"requests": asked, "nothing_missing": list(self.complete), "records": list(self.records)}

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        for item in self.asked:
            cells = f"{counted(item.cells, 'cell')} about {counted(item.pupils, 'pupil')}"
            questions = f"{counted(item.questions, 'record')} in question"
            wanted = [cells] * (item.cells > 0) + [questions] * (item.questions > 0)
            yield f"{item.file}: {item.name}, {' and '.join(wanted)}; about {item.minutes} minutes"
        if self.complete:
            yield f"Nothing is missing, so nothing is asked, of: {', '.join(self.complete)}."
        yield from self.records
        if self.asked:
            yield f"Put what comes back into data/raw/{self.study}/returned/, then: evaluation check {self.study}"


def request(
    study: Study, root: Path, schools: Sequence[str], contact: str, today: dt.date, step: Step
) -> Requested:
    """Write a workbook for each school, or for those named, under data/processed/<study>/requests/.

    Earlier requests to these schools are replaced; one of a school that misses nothing any more is removed.

    Raises
    ------
    ReportError
        When a school is named that is not asked by this study.
    EvaluationError
        When the files cannot be read or linked, or a workbook cannot be written.
    """
    received = receive(study, root, step)
    if schools:
        _refuse_unknown(schools, schools_in_plan(study, received))
    step("finding what is missing")
    needs = [
        item for item in find_needs(study, root, received, today) if not schools or item.school in schools
    ]
    folder = root / "data" / "processed" / study.study / "requests"
    answered = read_all_returned(root / "data" / "raw" / study.study / "returned", study.study)
    turns = {book.school: book.turn for book in answered}
    asked, complete = [], []
    for number, item in enumerate(needs):
        step(f"writing the workbook of {item.name}", number, len(needs))
        path = folder / f"{item.school.replace('/', '-')}.xlsx"
        if not item.cells:
            path.unlink(missing_ok=True)
            complete.append(item.name)
            continue
        save_private(school_workbook(study, item, turns.get(item.school, 0) + 1, contact or CONTACT), path)
        asked.append(_line(item, path.relative_to(root).as_posix()))
    return Requested(study.study, tuple(asked), tuple(complete))


def _line(item: Needs, file: str) -> Asked:
    questions = len(item.questions)
    cells = item.cells - questions
    return Asked(item.school, item.name, file, len(item.pupils), cells, questions, minutes(item.cells))


def _refuse_unknown(schools: Sequence[str], known: Sequence[str]) -> None:
    for school in schools:
        if school not in known:
            raise ReportError(
                f"No school {school!r} is asked for anything by this study.{nearest(school, known)}"
            )


def request_records(study: Study, root: Path, names: Sequence[str]) -> Requested:
    """Write empty workbooks for the project's own records, all or those named, under requests/records/.

    Raises
    ------
    ReportError
        When there are no such records; the nearest is named.
    """
    folder = root / "data" / "processed" / study.study / "requests" / "records"
    books = {name: record_workbook(study, root, name) for name in chosen_records(names)}
    for name, book in books.items():
        save_private(book, folder / f"{name}.xlsx")
    place = folder.relative_to(root).as_posix()
    return Requested(study.study, (), (), tuple(f"{place}/{name}.xlsx" for name in books))
