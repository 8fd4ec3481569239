"""The store: what was taken in, pseudonymous, with where each value came from and what changed."""

from evaluation.store.batches import Batches, parquet_batches
from evaluation.store.changes import change_lines, changes, to_replace
from evaluation.store.content import content_hash
from evaluation.store.schema import check_tables
from evaluation.store.tables import Store, write_store
from evaluation.store.trace import trace

__all__ = [
    "Batches",
    "Store",
    "change_lines",
    "changes",
    "check_tables",
    "content_hash",
    "parquet_batches",
    "to_replace",
    "trace",
    "write_store",
]
