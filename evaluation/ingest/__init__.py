"""One reader a format: bytes to tables of text, with file hash, sheet and row number."""

from evaluation.ingest.read import read_source, read_tables
from evaluation.ingest.table import Fault, RawTable, collapse

__all__ = ["Fault", "RawTable", "collapse", "read_source", "read_tables"]
