"""The study's files, each read and cleaned once: from what was kept of it, or anew where file, plan or code has changed."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from evaluation.clean import Cleaned, clean_source
from evaluation.clean.issues import gather
from evaluation.clean.rules.named_in_text import without_names
from evaluation.clean.schools import Names
from evaluation.errors import StoreError
from evaluation.ingest import RawTable, read_source, read_tables
from evaluation.ingest.contents import read_bytes
from evaluation.store.cache import Cache, Kept, digest
from evaluation.store.withdrawn import Withdrawals, turn_away, who_text
from evaluation.study import Source, Study
from evaluation.study.records import RECORDS

# Parts of the study file that what is read from a source does not rest on; any part not named here counts.
NO_PART = {
    "about", "analysis", "comparison", "disclosure", "layouts", "reports", "seed", "sources", "synthetic", "title", "words",
}  # fmt: skip
# A second process takes two seconds to start, about fifty lists' worth of reading.
SHARED_FROM = 100
PROCESSES = 2
AT_A_TIME = 8


class Step(Protocol):
    """Told what is being done and, on counted work, how much of how much is done."""

    def __call__(self, what: str, done: int | None = None, total: int | None = None) -> None: ...


def take_norms(study: Study, folder: Path) -> dict[str, RawTable]:
    """The publishers' tables of norms, by instrument."""
    paths = {item.name: item.norms for item in study.instruments if item.norms is not None}
    tables = {
        name: read_tables(folder / path, path, name, ["raw", "standardised"]) for name, path in paths.items()
    }
    return {name: next(table for table in found if table.header_row) for name, found in tables.items()}


@dataclass(frozen=True)
class Reader:
    """All that reading one source rests on, besides the source: small, so that it can be sent to another process."""

    study: Study
    folder: Path
    schools: Names | None
    withdrawn: Withdrawals
    cache: Cache

    def basis(self) -> str:
        """A hash of what every source's rows are made from besides its file."""
        plan = self.study.model_dump(mode="json", exclude=NO_PART)
        schools = None if self.schools is None else sorted(self.schools.items())
        return digest({"plan": plan, "schools": schools, "withdrawn": self.withdrawn.hash()})

    def name(self, source: Source, basis: str) -> str:
        """The name under which a source's rows are kept."""
        made_with = {
            "source": source.model_dump(mode="json"),
            "columns": list(self.study.columns(source).items()),
            "basis": basis,
        }
        return self.cache.name(read_bytes(self.folder / source.path, source.path), made_with)

    def keep(self, named: tuple[str, Source]) -> None:
        """Read and clean a source, and keep its rows."""
        name, source = named
        tables = read_source(self.folder, self.study, source)
        left, turned = self._turned_away(source, tables)
        cleaned = clean_source(self.study, source, left, self.schools)
        number = sum(len(table.cells) for table in tables)
        rows, texts = self._nobody_withdrawn(source, cleaned.rows)
        if len(turned) or texts:
            cleaned = Cleaned(rows, gather([cleaned.issues, turned, *texts]), number)
        self.cache.write(name, Kept(cleaned, line(source.name, source.kind, tables, cleaned)))

    def _nobody_withdrawn(
        self, source: Source, rows: pd.DataFrame
    ) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
        """Rows of records, nobody withdrawn named in their texts, and an issue for each text that did."""
        if source.kind not in RECORDS or not self.withdrawn.tags:
            return rows, []
        headings = self.study.columns(source)
        columns = {
            item.name: pd.Series(headings.get(item.name, ""), rows.index)
            for item in RECORDS[source.kind].items
        }
        return without_names(source.kind, rows, self.withdrawn.knows, columns)

    def _turned_away(self, source: Source, tables: list[RawTable]) -> tuple[list[RawTable], Any]:
        """The tables without the rows of those withdrawn, and those rows as issues."""
        columns = self.study.columns(source)
        parts = [
            turn_away(table, self.withdrawn.tells(who_text(table, columns), source.school))
            for table in tables
            if table.header_row
        ]
        passed_over = [table for table in tables if not table.header_row]
        return [*(table for table, _ in parts), *passed_over], gather(listed for _, listed in parts)


def take_sources(reader: Reader, step: Step) -> Iterator[Kept]:
    """Each source's rows, in the order of the study file; what is not kept yet is read first, by two processes if there is much.

    Raises
    ------
    SourceError
        When a file is missing or cannot be read.
    """
    basis = reader.basis()
    named = [(reader.name(source, basis), source) for source in reader.study.sources]
    wanting = [item for item in named if not reader.cache.has(item[0])]
    for number, (_, source) in enumerate(_kept(reader, wanting)):
        step(f"reading {source.path}", number, len(wanting))
    reader.cache.prune(name for name, _ in named)
    for name, source in named:
        yield reader.cache.read(name) or _again(reader, name, source)


def _kept(reader: Reader, wanting: Sequence[tuple[str, Source]]) -> Iterator[tuple[str, Source]]:
    """Each source of these, as it has been kept."""
    if len(wanting) < SHARED_FROM:
        for item in wanting:
            yield item
            reader.keep(item)
        return
    alone = replace(reader, study=reader.study.model_copy(update={"sources": ()}))
    # Started afresh, for a fork would copy the locks of pyarrow's threads; Ctrl-C is this process's alone to heed.
    context, ignore = multiprocessing.get_context("spawn"), (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(PROCESSES, context, signal.signal, ignore) as pool:
        done = pool.map(partial(Reader.keep, alone), wanting, chunksize=AT_A_TIME)
        try:
            for item, _ in zip(wanting, done, strict=True):
                yield item
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _again(reader: Reader, name: str, source: Source) -> Kept:
    """What was kept is damaged: read the file again."""
    reader.keep((name, source))
    kept = reader.cache.read(name)
    if kept is None:
        raise StoreError(f"{source.path}: its rows cannot be kept. Check the disk and its free room.")
    return kept


def line(source: str, kind: str, tables: list[RawTable], cleaned: Cleaned | None) -> dict[str, Any]:
    """A line of the table of sources: a source is one file, of one sheet or several. Norms are used whole."""
    rows_in = cleaned.rows_in if cleaned else len(tables[0].cells)
    accepted = len(cleaned.rows) if cleaned else rows_in
    return {
        "source": source,
        "kind": kind,
        "file": tables[0].file,
        "sheets": len({table.sheet.removesuffix(f"[{table.under}]") for table in tables}),
        "sha256": tables[0].sha256,
        "rows_in": rows_in,
        "rows_accepted": accepted,
        "rows_listed": rows_in - accepted,
    }
