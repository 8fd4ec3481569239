"""Who is meant: the rows of the raw files that are of the pupils or schools to be withdrawn, and what marks them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.clean.cells import table_text
from evaluation.clean.parse import parse_upn
from evaluation.clean.record_cells import parse_named_school
from evaluation.clean.rules.named_in_text import name_marks
from evaluation.ingest import RawTable, read_source, read_tables
from evaluation.intake import Step
from evaluation.store.withdrawn import mark, marks, who_text
from evaluation.study import Study
from evaluation.study.records import RECORDS

PLACE = ["file", "sheet", "row"]


@dataclass(frozen=True)
class Found:
    """Those meant, as the raw files have them.

    Attributes
    ----------
    rows : DataFrame
        Their rows: file, sheet, row, forename, surname and the marks.
    marks : frozenset of str
        Everything that marks them.
    others : int
        Rows that have a name and date of birth of theirs but another number, and so are not theirs.
    """

    rows: pd.DataFrame
    marks: frozenset[str]
    others: int


def every_row(study: Study, root: Path, step: Step) -> pd.DataFrame:
    """What every row of the study's raw files says of who it is: the marks, its place, kind, forename and surname."""
    folder = root / "data" / "raw" / study.study
    parts: list[pd.DataFrame] = []
    names: dict[str, str] = {}
    if study.schools is not None:
        register = study.schools
        headings = list(register.columns.values())
        tables = read_tables(folder / register.path, register.path, "schools", headings, register.sheet)
        parts += list(_rows("schools", tables, register.columns, None, names))
        names = _school_names(tables, register.columns)
    for number, source in enumerate(study.sources):
        step(f"searching {source.path}", number, len(study.sources))
        tables = read_source(folder, study, source)
        parts += list(_rows(source.kind, tables, study.columns(source), source.school, names))
    return pd.concat(parts, ignore_index=True)


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
            named = parse_named_school(schools)
            text["school"] = [named(cell).value or cell if cell else cell for cell in text["school"]]
        names = {name: text.get(name, pd.Series("", index=text.index)) for name in ("forename", "surname")}
        place = {"kind": kind, "file": table.file, "sheet": table.sheet, "row": text.index}
        yield pd.concat([marks(text, school), pd.DataFrame({**place, **names}, index=text.index)], axis=1)


def pupils_marks(numbers: Collection[str]) -> set[str]:
    """The marks of pupils named by number: a valid unique pupil number, or else a pupil identifier."""
    return {mark("upn", parse_upn(text).value) or mark("id", text) for text in numbers}


def find(rows: pd.DataFrame, numbers: Collection[str], schools: Collection[str]) -> Found:
    """The rows of those pupils and schools among all rows, and everything that marks them.

    A pupil's number and identifier go together where the identifier stands beside one number alone. A row with
    neither is the pupil's when name and date of birth are. A school takes with it the pupils listed at no other.
    """
    who = pupils_marks(numbers)
    places = {mark("school", school) for school in schools}
    here = rows["school"].isin(places)
    who |= _only_there(rows[rows["kind"] == "pupils"], places)
    pairs = rows.loc[(rows["upn"] != "") & (rows["pupil_id"] != ""), ["upn", "pupil_id"]].drop_duplicates()
    pairs = pairs[~pairs["pupil_id"].duplicated(keep=False)]
    for one, other in (("pupil_id", "upn"), ("upn", "pupil_id")):
        who |= set(pairs.loc[pairs[one].isin(who), other])
    numbered = rows["upn"].isin(who) | rows["pupil_id"].isin(who)
    named = set(rows.loc[numbered, "name"]) | {item for item in who if item.startswith("name|")}
    same_name = rows["name"].isin(named - {""})
    unnumbered = (rows["upn"] == "") & (rows["pupil_id"] == "")
    theirs = rows[numbered | (same_name & unnumbered) | here]
    others = same_name & ~unnumbered & ~numbered & ~here
    words = set(name_marks(theirs["forename"], theirs["surname"]))
    return Found(theirs, frozenset(who | named | places | words) - {""}, int(others.sum()))


def _only_there(listed: pd.DataFrame, places: Collection[str]) -> set[str]:
    """Marks of the pupils listed at those schools and at no other."""
    if not places:
        return set()
    first = listed["upn"].where(listed["upn"] != "", listed["pupil_id"])
    first = first.where(first != "", listed["name"])
    elsewhere = set(first[~listed["school"].isin(places)])
    return set(first[listed["school"].isin(places)]) - elsewhere - {""}
