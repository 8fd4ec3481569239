"""DuckDB over Parquet: the few statements the store is read with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.errors import StoreError


def selection(
    paths: Sequence[Path], columns: Sequence[str], where: Mapping[str, Any]
) -> tuple[str, list[Any]]:
    tests, values = _conditions(where)
    query = f"SELECT {', '.join(map(quoted, columns))} FROM read_parquet(?, file_row_number = true)"
    return query + tests, [list(map(str, paths)), *values]


def unreadable(paths: Sequence[Path]) -> StoreError:
    return StoreError(
        f"{', '.join(path.name for path in paths)} cannot be read as Parquet files of one shape."
    )


def _conditions(where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    tests: list[str] = []
    values: list[Any] = []
    for column, value in where.items():
        several = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
        tests.append(f"{quoted(column)} IN ({', '.join('?' * len(several))})" if several else "false")
        values += [item.item() if isinstance(item, np.generic) else item for item in several]
    return (f" WHERE {' AND '.join(tests)}" if tests else ""), values


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
