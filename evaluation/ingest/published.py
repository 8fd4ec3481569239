"""The department's published files: key stage 2 and 4 tables, the schools register and its links, of any year and area."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from evaluation.errors import SourceError, nearest
from evaluation.ingest.codes import meaning
from evaluation.ingest.layouts import EXPECTED, HALLMARKS, LAYOUTS, Kind
from evaluation.ingest.measures import Measures
from evaluation.ingest.results import result_rows
from evaluation.ingest.schools import link_rows, register_rows
from evaluation.ingest.table import Fault
from evaluation.ingest.wide import Wide, read_wide


@dataclass(frozen=True)
class Published:
    """A published file as it was read. Frames are indexed by the file's row number.

    Attributes
    ----------
    kind : str
    file : str
        As messages name it.
    sha256 : str
        Hash of the file's bytes.
    rows_in : int
        Rows below the headings: schools, areas, links and `not_understood` together.
    rectypes : mapping of str to int
        How many of them there are of each record type, understood or not, but for rows too long to be read in columns.
    schools : DataFrame
        rectype, laestab, urn, urn_ac, open_ac, name, phase, type, closed: texts "" where not given.
    areas : DataFrame
        rectype, level (local authority, or England of which schools), la, name.
    links : DataFrame
        urn, linked_urn, linked_name, link_type, date.
    table : Measures
        The measures of schools and areas.
    faults : tuple of Fault
        Rows that were not understood (severity "row"), and notes on the file.
    """

    kind: Kind
    file: str
    sha256: str
    rows_in: int
    rectypes: Mapping[str, int]
    schools: pd.DataFrame
    areas: pd.DataFrame
    links: pd.DataFrame
    table: Measures
    faults: tuple[Fault, ...]

    @cached_property
    def keys(self) -> pd.Series:
        """What each row is about, by row number: a LAESTAB (or "URN 123456"), a local authority's number, or England."""
        urns = "URN " + self.schools["urn"]
        schools = self.schools["laestab"].where(self.schools["laestab"] != "", urns)
        areas = self.areas["la"].where(self.areas["la"] != "", self.areas["level"])
        return pd.concat([schools, areas]).astype("str").sort_index()

    @property
    def measures(self) -> pd.DataFrame:
        """Every measure of every row, spread out: row, key, measure, value, reason."""
        return self.table.long(self.keys.tolist())

    def value(self, measure: str) -> pd.Series:
        """A measure as a column, by row number; NaN where `reason(measure)` says why. In any case and spelling.

        Raises
        ------
        DataError
            When the table does not have the measure.
        """
        return self.table.value(measure)

    def reason(self, measure: str) -> pd.Series:
        """Why a measure has no value, as published; "" where it has one.

        Raises
        ------
        DataError
            When the table does not have the measure.
        """
        return self.table.reason(measure)

    @property
    def not_understood(self) -> pd.DataFrame:
        """The rows that are neither a school, an area nor a link: row, rule, reason."""
        listed = [(item.row, item.rule, item.reason) for item in self.faults if item.severity == "row"]
        return pd.DataFrame(listed, columns=["row", "rule", "reason"])

    @cached_property
    def codes(self) -> pd.DataFrame:
        """The reasons met where there is no value: reason, cells, meaning ("" for a code that is not known)."""
        met = self.table.codes().reset_index()
        return met.assign(meaning=[meaning(code) or "" for code in met["reason"]])

    @property
    def expected(self) -> dict[str, bool]:
        """Whether the file has each of the measures that the project's questions rest on."""
        return {name: self.table.named(name) is not None for name in EXPECTED[self.kind]}

    def summary(self) -> list[str]:
        """What was read, in lines for a person."""
        unknown = self.codes[self.codes["meaning"] == ""]
        lacking = [name for name, there in self.expected.items() if not there]
        counts = ", ".join(
            f"{count:,} of record type {name}" for name, count in self.rectypes.items() if name
        )
        codes = ", ".join(f"{code} {count:,}" for code, count, _ in self.codes.itertuples(index=False))
        refused = len(self.not_understood)
        lines = [
            f"{self.file}: {self.rows_in:,} rows{': ' if counts else ''}{counts}. Schools {len(self.schools):,}, areas "
            f"{len(self.areas)}, links {len(self.links):,}, not understood {refused:,}. Measures {len(self.table.names)}.",
            f"Cells without a value, by reason: {codes or 'none'}.",
            f"Measures looked for and not there: {', '.join(lacking) or 'none'}.",
        ]
        if len(unknown):
            lines.append(f"Codes not known, kept as they stand: {', '.join(unknown['reason'])}.")
        return lines + [item.reason for item in self.faults if item.severity == "note"]


def read_published(path: Path, kind: Kind, shown: str | None = None) -> Published:
    """Read a published file; nothing but its kind needs to be said of it.

    Parameters
    ----------
    path : Path
        A CSV file (UTF-8 or cp1252, any of the usual separators) or a workbook, as downloaded or saved again.
    kind : {"ks2", "ks4", "schools", "links"}
        Key stage 2 or 4 performance tables; Get Information About Schools, or an extract of it; its links between schools.
    shown : str, optional
        The file as messages name it; its name when absent.

    Raises
    ------
    SourceError
        When the kind is not known, or the file cannot be read or is not of that kind.
    """
    if kind not in LAYOUTS:
        raise SourceError(f"No kind of published file is called {kind!r}.{nearest(kind, list(LAYOUTS))}")
    shown = shown or path.name
    wide = read_wide(path, shown, LAYOUTS[kind])
    _check_key_stage(wide, kind, shown)
    text = _fields(wide, kind)
    schools, areas, refused = result_rows(text if kind in HALLMARKS else _no_rows("ks2"), kind)
    links, unlinked = link_rows(text if kind == "links" else _no_rows("links"))
    if kind == "schools":
        schools, refused = register_rows(text)
    rows = schools.index.union(areas.index).to_numpy("int64")
    table = Measures(wide.cells.part(rows, wide.measures))
    rectypes = dict(sorted(Counter(text["rectype"]).items())) if "rectype" in text else {}
    found = tuple(sorted([*wide.faults, *refused, *unlinked], key=lambda item: item.row or 0))
    return Published(kind, shown, wide.sha256, wide.rows_in, rectypes, schools, areas, links, table, found)


def _check_key_stage(wide: Wide, kind: Kind, shown: str) -> None:
    other: Kind = "ks4" if kind == "ks2" else "ks2"
    if kind in HALLMARKS and HALLMARKS[kind] not in wide.measures and HALLMARKS[other] in wide.measures:
        raise SourceError(
            f"{shown}: read as kind {kind!r}, but it has no column {HALLMARKS[kind]} and a column {HALLMARKS[other]}: "
            f"is it of kind {other!r}?"
        )


def _no_rows(kind: Kind) -> pd.DataFrame:
    index = pd.Index([], dtype="int64", name="row")
    return pd.DataFrame(index=index, columns=list(LAYOUTS[kind].fields), dtype="str")


def _fields(wide: Wide, kind: Kind) -> pd.DataFrame:
    """The fields of the layout as stripped text by row number, "" throughout for one the file lacks."""
    index = pd.Index(wide.cells.rows, name="row")
    known = {
        field: wide.cells.text(wide.fields[field]) if field in wide.fields else ""
        for field in LAYOUTS[kind].fields
    }
    return pd.DataFrame(known, index=index, dtype="str")
