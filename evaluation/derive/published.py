"""The published files that a study names, as tables of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from evaluation.clean.issues import gather
from evaluation.ingest.published import Published, read_published
from evaluation.ingest.table import Fault
from evaluation.study import Study

COLUMNS = ["source", "kind", "year", "row", "level", "rectype", "laestab", "urn", "urn_ac", "open_ac"]
COLUMNS += ["name", "phase", "type", "closed", "la"]


@dataclass(frozen=True)
class PublishedTables:
    """What a study's published files hold.

    Attributes
    ----------
    tables : dict of str to DataFrame
        Nothing when the study names no file. Otherwise `published`: source, row, key, measure, value, reason, one row a
        row of a file and measure; `published_schools`: `COLUMNS`, one row a school or area; `published_links`: source,
        row, urn, linked_urn, linked_name, link_type, date.
    issues : DataFrame
        Rows that were not understood, and notes.
    sources : list of dict
        A line of the table of sources for each file.
    """

    tables: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    sources: list[dict[str, Any]]


def published_tables(study: Study, folder: Path) -> PublishedTables:
    """Read the published files of a study, in its folder of raw files.

    Raises
    ------
    SourceError
        When a file is missing, cannot be read or is not of its kind.
    """
    read = {item.name: read_published(folder / item.path, item.kind, item.path) for item in study.published}
    if not read:
        return PublishedTables({}, gather([]), [])
    tables = spread_out(read, {item.name: item.year or "" for item in study.published})
    issues = gather(_issues(name, found) for name, found in read.items())
    return PublishedTables(tables, issues, [_line(name, found) for name, found in read.items()])


def spread_out(read: Mapping[str, Published], years: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Files by name, and the academic year of each ("" for none), as the tables of `PublishedTables`."""
    return {
        "published": _stacked([_measures(name, found) for name, found in read.items()]),
        "published_schools": pd.concat(
            [_schools(name, years[name], found) for name, found in read.items()], ignore_index=True
        ),
        "published_links": pd.concat(
            [found.links.reset_index().assign(source=name) for name, found in read.items()], ignore_index=True
        ),
    }


def _measures(name: str, found: Published) -> pd.DataFrame:
    long = found.measures
    source = pd.Categorical.from_codes([0] * len(long), pd.Index([name], dtype="str"))
    return pd.concat([pd.Series(source, name="source"), long], axis=1)


def _stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames one below the other, their categories united rather than spread out as text."""
    columns = {
        name: union_categoricals([part[name] for part in parts])
        if isinstance(parts[0][name].dtype, pd.CategoricalDtype)
        else pd.concat([part[name] for part in parts], ignore_index=True)
        for name in parts[0]
    }
    return pd.DataFrame(columns)


def _schools(name: str, year: str, found: Published) -> pd.DataFrame:
    """The schools of a file, then its areas; texts are "" where they do not apply."""
    rows = pd.concat([found.schools.assign(level="school"), found.areas]).reset_index()
    rows = rows.assign(source=name, kind=found.kind, year=year).reindex(columns=COLUMNS)
    texts = [column for column in COLUMNS if column not in ("row", "open_ac", "closed")]
    typed = {"row": "int64", "open_ac": "datetime64[us]", "closed": "boolean"}
    return rows.fillna(dict.fromkeys(texts, "")).astype({**dict.fromkeys(texts, "str"), **typed})


def _issues(name: str, found: Published) -> pd.DataFrame:
    faults = [*found.faults, *_remarks(found)]
    return pd.DataFrame([asdict(fault) for fault in faults]).assign(source=name, file=found.file, sheet="")


def _remarks(found: Published) -> list[Fault]:
    """Notes on what was read, on what the file does not have, and on codes that nobody has told us of."""
    lacking = [measure for measure, there in found.expected.items() if not there]
    unknown = found.codes.loc[found.codes["meaning"] == "", "reason"].tolist()
    remarks = (
        ("measures", f"The file does not have: {', '.join(lacking)}.", lacking),
        ("codes", f"Codes of unknown meaning, kept as reasons: {', '.join(unknown)}.", unknown),
    )
    summary = Fault(None, "", "summary", "note", " ".join(found.summary()[:2]))
    return [summary, *(Fault(None, "", rule, "note", reason) for rule, reason, listed in remarks if listed)]


def _line(name: str, found: Published) -> dict[str, Any]:
    listed = len(found.not_understood)
    return {
        "source": name,
        "kind": f"published {found.kind}",
        "file": found.file,
        "sheets": 1,
        "sha256": found.sha256,
        "rows_in": found.rows_in,
        "rows_accepted": found.rows_in - listed,
        "rows_listed": listed,
    }
