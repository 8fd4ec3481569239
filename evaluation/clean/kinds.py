"""Clean a source of whatever kind."""

from collections.abc import Collection

from evaluation.clean.issues import Cleaned
from evaluation.clean.marks import clean_marks
from evaluation.clean.records import clean_records
from evaluation.clean.source import clean_source as clean_listing
from evaluation.ingest import RawTable
from evaluation.study import Source, Study
from evaluation.study.records import RECORDS


def clean_source(
    study: Study, source: Source, tables: list[RawTable], schools: Collection[str] | None
) -> Cleaned:
    """Typed rows of a source, and an issue for every cell and row not accepted.

    Parameters and errors are those of `evaluation.clean.source.clean_source`.
    """
    if source.kind in RECORDS:
        return clean_records(study, source, tables, schools)
    clean = clean_marks if source.kind == "marks" else clean_listing
    return clean(study, source, tables, schools)
