"""Who is meant: the rows of the raw files that are of the pupils or schools to be withdrawn, and what marks them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.clean.cells import table_text
from evaluation.clean.names import under_every_name
from evaluation.clean.parse import parse_upn
from evaluation.clean.rules.named_in_text import name_marks
from evaluation.clean.schools import parse_school
from evaluation.forget.people import people, stored_pupils
from evaluation.ingest import RawTable, read_source, read_tables
from evaluation.sources import Step
from evaluation.store.withdrawn import mark, marks, who_text
from evaluation.study import Study
from evaluation.study.fields import ALSO_CALLED
from evaluation.study.records import RECORDS

PLACE = ["file", "sheet", "row"]
NAMES = ["forename", "surname", *(field.name for field in ALSO_CALLED)]


@dataclass(frozen=True)
class Found:
    """Those meant, as the raw files have them.

    Attributes
    ----------
    rows : DataFrame
        Their rows: file, sheet, row, `NAMES` and the marks; `stays` where a school's row is of a pupil who is
        listed at another school too.
    marks : frozenset of str
        Everything that marks them: numbers, former ones and those that follow them, identifiers, names with dates of
        birth, schools.
    pupils : frozenset of str
        The pseudonyms the store has for them.
    others : int
        Rows that have a name and date of birth of theirs but another number, and so are not theirs.
    """

    rows: pd.DataFrame
    marks: frozenset[str]
    pupils: frozenset[str]
    others: int


def every_row(study: Study, root: Path, step: Step) -> tuple[pd.DataFrame, list[str]]:
    """What every row of the study's raw files says of who it is, and the files that are no longer there.

    The rows: the marks, and `stored`, the pupil the store has at the row's place; place, kind, and `NAMES`.
    """
    folder = root / "data" / "raw" / study.study
    parts: list[pd.DataFrame] = []
    names: dict[str, str] = {}
    gone: list[str] = []
    if (register := study.schools) is not None:
        if (folder / register.path).is_file():
            headings = list(register.columns.values())
            tables = read_tables(folder / register.path, register.path, "schools", headings, register.sheet)
            parts += list(_rows("schools", tables, register.columns, None, names))
            names = _school_names(tables, register.columns)
        else:
            gone.append(register.path)
    for number, source in enumerate(study.sources):
        step(f"searching {source.path}", number, len(study.sources))
        if (folder / source.path).is_file():
            tables = read_source(folder, study, source)
            parts += list(_rows(source.kind, tables, study.columns(source), source.school, names))
        else:
            gone.append(source.path)
    rows = pd.concat([NO_ROWS, *parts], ignore_index=True)
    stored = stored_pupils(root / "data" / "processed" / study.study, rows)
    return rows.assign(stored=stored), sorted(set(gone))


NO_ROWS = pd.DataFrame(
    columns=["upn", "former", "pupil_id", "name", "school", "kind", "sha256", *PLACE, *NAMES],
    dtype="object",
)


def _school_names(tables: Sequence[RawTable], columns: Mapping[str, str]) -> dict[str, str]:
    """The name of each school in the register, by which records may call it."""
    if "name" not in columns:
        return {}
    wanted = {name: columns[name] for name in ("school", "name")}
    texts = [table_text(table, wanted) for table in tables if table.header_row]
    return {school: name for text in texts for school, name in zip(text["school"], text["name"], strict=True)}


def _rows(
    kind: str,
    tables: Sequence[RawTable],
    columns: Mapping[str, str],
    school: str | None,
    schools: Mapping[str, str],
) -> Iterator[pd.DataFrame]:
    for table in tables:
        if not table.header_row:
            continue
        text = who_text(table, columns)
        if kind in RECORDS and "school" in text:
            named = parse_school(schools)
            text["school"] = [named(cell).value or cell if cell else cell for cell in text["school"]]
        said = {name: text.get(name, pd.Series("", index=text.index)) for name in NAMES}
        file = {"kind": kind, "sha256": table.sha256, "file": table.file, "sheet": table.sheet}
        place = pd.DataFrame({**file, "row": text.index, **said}, index=text.index)
        yield pd.concat([marks(text, school), place], axis=1)


def pupils_marks(numbers: Collection[str]) -> set[str]:
    """The marks of pupils named by number: a valid unique pupil number, or else a pupil identifier."""
    return {mark("upn", parse_upn(text).value) or mark("id", text) for text in numbers}


def find(rows: pd.DataFrame, numbers: Collection[str], schools: Collection[str]) -> Found:
    """The rows of those pupils and schools among all rows, and everything that marks them.

    Numbers, former numbers and identifiers of one person go together (`people`): whichever is named, all are meant. A
    row with no number is the pupil's when the store has it under the pupil's pseudonym, or when name and date of birth
    are. A school takes with it the pupils listed at no other.
    """
    whose = people(rows)
    places = {mark("school", school) for school in schools}
    here, first = rows["school"].isin(places), _first(rows, whose)
    elsewhere = set(first[(rows["kind"] == "pupils") & ~here]) if places else set()
    who = pupils_marks(numbers) | (set(first[(rows["kind"] == "pupils") & here]) - elsewhere - {""})
    meant = {whose.get(item, item) for item in who}
    who |= {item for item, person in whose.items() if person in meant}
    numbered = rows[["upn", "former", "pupil_id", "stored"]].isin(who).any(axis=1)
    named = set(rows.loc[numbered, "name"]) | {item for item in who if item.startswith("name|")}
    same_name = rows["name"].isin(named - {""})
    unnumbered = (rows["upn"] == "") & (rows["pupil_id"] == "")
    theirs = rows.assign(stays=here & ~numbered & first.isin(elsewhere))
    theirs = theirs[numbered | (same_name & unnumbered) | here]
    others = same_name & ~unnumbered & ~numbered & ~here
    leaving = theirs[~theirs["stays"]]
    stored = {*who, *leaving["stored"]}
    pupils = frozenset(item.removeprefix("pupil|") for item in stored if item.startswith("pupil|"))
    called = called_by(leaving)
    words = set(name_marks(called["forename"], called["surname"]))
    marked = {item for item in who | named | places | words if not item.startswith("pupil|")} - {""}
    return Found(theirs, frozenset(marked), pupils, int(others.sum()))


def called_by(rows: pd.DataFrame) -> pd.DataFrame:
    """forename and surname of the rows, "" for none, under every name they give."""
    return under_every_name(rows[NAMES].replace("", None))[["forename", "surname"]].fillna("")


def _first(rows: pd.DataFrame, whose: Mapping[str, str]) -> pd.Series:
    """The mark that each row's person is known by: of numbers, identifier and name the first there is."""
    first = rows["upn"]
    for other in ("former", "pupil_id", "name"):
        first = first.where(first != "", rows[other])
    return first.map(lambda item: whose.get(item, item))
