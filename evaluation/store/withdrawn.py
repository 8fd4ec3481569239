"""Pupils and schools withdrawn from a study: a list of keyed hashes beside the study file, which says nothing of who they are.

Raw files are never changed and may hold them still. Their rows are turned away as a file is read, before they are cleaned,
by what the cells say of who they are; neither the order of day and month nor that of first and family name matters.
"""

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from evaluation.clean.both_names import part_column
from evaluation.clean.cells import table_text
from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_name
from evaluation.clean.parse import parse_identifier, parse_upn
from evaluation.errors import StoreError, StudyError
from evaluation.ingest import RawTable, collapse
from evaluation.study.fields import IDENTIFYING, NAME

RULE = "withdrawn"
REASON = "The row is of a pupil or school withdrawn from the study; it was not read."
MARKS = ("upn", "former", "pupil_id", "name", "school")
_DATE_PARTS = re.compile(r"\d+|[^\W\d_]{3,}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """Who is withdrawn from a study, as keyed hashes of what identifies them.

    Attributes
    ----------
    path : Path
        Where the list is, or will be.
    study : str
    key : bytes
        The study's pseudonym key.
    tags : frozenset of str
        HMAC-SHA256 of each mark of those withdrawn: see `marks`.
    """

    path: Path
    study: str
    key: bytes = field(repr=False)
    tags: frozenset[str] = frozenset()

    def hash(self) -> str:
        """SHA-256 of the list, "" when nobody is withdrawn."""
        return hashlib.sha256(" ".join(sorted(self.tags)).encode()).hexdigest() if self.tags else ""

    def tag(self, mark: str) -> str:
        """The first 32 hexadecimal figures of the HMAC-SHA256 of a mark."""
        return hmac.new(self.key, f"withdrawn|{self.study}|{mark}".encode(), hashlib.sha256).hexdigest()[:32]

    def knows(self, mark: str) -> bool:
        """Whether a mark is of those withdrawn."""
        return self.tag(mark) in self.tags

    def tells(self, text: pd.DataFrame, school: str | None) -> pd.Series:
        """Whether each row of a table's mapped cells is of a pupil or a school withdrawn.

        A former number decides as the number itself does. A name with a date of birth decides only where a row has
        neither a valid number nor an identifier.
        """
        if not self.tags:
            return pd.Series(False, index=text.index)
        found = marks(text, school)
        known = {name: found[name].map(self._known(found[name])) for name in MARKS}
        unnumbered = (found["upn"] == "") & (found["pupil_id"] == "")
        named = known["name"] | self._parted_otherwise(text)
        numbered = known["upn"] | known["former"] | known["pupil_id"]
        return known["school"] | numbered | (named & unnumbered)

    def _parted_otherwise(self, text: pd.DataFrame) -> pd.Series:
        """Rows whose one cell of both names is a withdrawn pupil's, wherever the first name ends."""
        if not {NAME.name, "dob"} <= set(text):
            return pd.Series(False, index=text.index)
        told = []
        for cell, born in zip(text[NAME.name], text["dob"], strict=True):
            words = cell.replace(",", " ").split()
            ways = [
                name_mark(" ".join(words[:at]), " ".join(words[at:]), born) for at in range(1, len(words))
            ]
            told.append(any(way and self.knows(way) for way in ways))
        return pd.Series(told, index=text.index, dtype="bool")

    def _known(self, column: pd.Series) -> dict[str, bool]:
        return {mark: bool(mark) and self.knows(mark) for mark in column.unique()}

    def add(self, found: Iterable[str], day: str) -> "Withdrawals":
        """The list with those marks added, written whole or not at all."""
        new = sorted({self.tag(mark) for mark in found} - self.tags)
        if not new:
            return self
        content = _content(self.path) or {"check": self.tag(""), "withdrawn": []}
        content["withdrawn"].append({"day": day, "tags": new})
        _write(self.path, content)
        return replace(self, tags=self.tags | set(new))

    def close(self, day: str) -> None:
        """Say that retention has ended: the hashes go, and nothing is taken in any more."""
        _write(self.path, {"closed": day})


def read_withdrawals(root: Path, study: str, key: bytes) -> Withdrawals:
    """The study's list of withdrawals, params/<study>.withdrawn.json; without the file nobody is withdrawn.

    Raises
    ------
    StoreError
        When it is damaged, or was made under another key, so that nobody could be told by it.
    StudyError
        When the study's retention has ended.
    """
    path = root / "params" / f"{study}.withdrawn.json"
    none = Withdrawals(path, study, key)
    content = _content(path)
    if content is None:
        return none
    if "closed" in content:
        raise StudyError(
            f"The retention of study {study!r} ended on {content['closed']}: nothing is taken in. If it is to begin again, "
            f"remove params/{path.name}."
        )
    try:
        tags = frozenset(tag for item in content["withdrawn"] for tag in item["tags"])
        same = content["check"] == none.tag("")
    except (KeyError, TypeError):
        raise _damaged(path) from None
    if not same:
        raise StoreError(
            f"params/{path.name} was made under another pseudonym key, so those withdrawn could not be told. "
            "Put that key back from your copy of it."
        )
    return replace(none, tags=tags)


def _content(path: Path) -> dict | None:
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _damaged(path) from None
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"params/{path.name} is damaged: put it back from your copy, so that nobody withdrawn returns."
    )


def _write(path: Path, content: dict) -> None:
    aside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        os.replace(aside, path)
    except OSError as error:
        raise StoreError(f"params/{path.name} cannot be written ({error.strerror}).") from None


def who_text(table: RawTable, columns: Mapping[str, str]) -> pd.DataFrame:
    """The mapped cells of a table that may say who a row is about, under the library's names."""
    who = IDENTIFYING | {"school", NAME.name}
    wanted = {name: text for name, text in columns.items() if name in who and collapse(text) in table.cells}
    text = table_text(table, wanted)
    return text if NAME.name not in text else part_column(table, text, wanted)[0].assign(name=text[NAME.name])


def marks(text: pd.DataFrame, school: str | None) -> pd.DataFrame:
    """What a table's rows say of who they are.

    Parameters
    ----------
    text : DataFrame
        From `who_text`.
    school : str or None
        The school the whole file is for.

    Returns
    -------
    DataFrame
        upn, former, pupil_id, name and school, each "" where the row does not say: a valid pupil number, the number the
        pupil had before ("" also where the table has it beside several numbers, or as another row's own), an identifier,
        both names (in either order) with the parts of the date of birth (in any order), a school's identifier.
    """
    nothing = pd.Series("", index=text.index)
    cells = {
        name: text.get(name, nothing).tolist()
        for name in ("upn", "former_upn", "pupil_id", "forename", "surname", "dob", "school")
    }
    upn = {cell: mark("upn", parse_upn(cell).value) for cell in {*cells["upn"], *cells["former_upn"]}}
    own = {cell: mark("id", parse_identifier(cell).value) for cell in set(cells["pupil_id"])}
    place = {
        cell: mark("school", parse_identifier(cell or school or "").value) for cell in set(cells["school"])
    }
    who = zip(cells["forename"], cells["surname"], cells["dob"], strict=True)
    found = {
        "upn": [upn[cell] for cell in cells["upn"]],
        "former": [upn[cell] for cell in cells["former_upn"]],
        "pupil_id": [own[cell] for cell in cells["pupil_id"]],
        "name": [name_mark(*parts) for parts in who],
        "school": [place[cell] for cell in cells["school"]],
    }
    table = pd.DataFrame(found, index=text.index, dtype="object")
    not_believed = table.groupby("former")["upn"].transform("nunique") > 1
    not_believed |= table["former"].isin(set(table["upn"]))
    return table.assign(former=table["former"].mask(not_believed, ""))


def mark(kind: str, value: str | None) -> str:
    """A mark, or "" where there is no value."""
    return f"{kind}|{value}" if value else ""


def name_mark(forename: str, surname: str, born: str) -> str:
    """Both names in alphabetical order and the date's parts in numerical, years as two figures; "" if one is missing."""
    names = sorted(map(normalise_name, (forename, surname)))
    parts = [_date_part(part) for part in _DATE_PARTS.findall(born.split("T")[0])][:3]
    if not all(names) or len(parts) < 3:
        return ""
    return "|".join(["name", *names, *map(str, sorted(parts))])


def _date_part(part: str) -> int:
    if part.isdigit():
        return int(part) % 100
    month = part[:3].lower()
    return _MONTHS.index(month) + 1 if month in _MONTHS else 0


def turn_away(table: RawTable, gone: pd.Series) -> tuple[RawTable, pd.DataFrame]:
    """The table without the rows that are `gone`, and an issue for each of them."""
    if not gone.any():
        return table, issues_at(pd.DataFrame(), RULE, "row", REASON)
    rows = table.cells.index[gone]
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": rows}
    faults = tuple(fault for fault in table.faults if fault.row not in set(rows))
    listed = issues_at(pd.DataFrame(place, index=rows), RULE, "row", REASON)
    return replace(table, cells=table.cells.drop(index=rows), faults=faults), listed.assign(school="")
