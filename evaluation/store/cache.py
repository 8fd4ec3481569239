"""Cleaned rows kept from one run to the next, so that a file that has not changed is not parsed again.

They hold names, numbers and dates of birth, which linking needs: each entry is one Parquet file, encrypted (AES-256-GCM)
under a key made from the study's pseudonym key, in a folder and files that only their owner may read.
"""

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from evaluation.clean import Cleaned
from evaluation.errors import StoreError

FOLDER = "cleaned"
PACKAGE = Path(__file__).parents[1]
ROOMS = ("study/**/*.py", "ingest/**/*.py", "clean/**/*.py", "store/*.py", "sources.py")
LIBRARIES = ("numpy", "openpyxl", "pandas", "pyarrow", "python-calamine")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was cleaned: its rows and issues, and its line in the table of sources."""

    cleaned: Cleaned
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cache:
    """The cleaned rows of a study's files, by what they were made from.

    Attributes
    ----------
    folder : Path
        The study's folder of what was made from its files.
    key : bytes
        The study's pseudonym key.
    """

    folder: Path
    key: bytes = field(repr=False)

    def name(self, content: bytes, made_with: Mapping[str, Any]) -> str:
        """The entry's name: a keyed hash of the file, of what its rows are made with, and of the code and its libraries."""
        whole = digest({**made_with, "file": digest_bytes(content), "code": code_hash()})
        return hmac.new(self.key, f"cleaned|{whole}".encode(), hashlib.sha256).hexdigest()

    def has(self, name: str) -> bool:
        """Whether there is an entry of that name."""
        return self._path(name).is_file()

    def read(self, name: str) -> Kept | None:
        """The entry, or None when there is none or it is not whole."""
        properties = create_decryption_properties(self._key(name))
        try:
            entry = pq.read_table(self._path(name), decryption_properties=properties).to_pylist()[0]
            rows, issues = (_frame(entry[part]) for part in ("rows", "issues"))
            line = json.loads(entry["line"])
        except (OSError, ValueError, KeyError, IndexError):
            return None
        return Kept(Cleaned(rows, issues, line["rows_in"]), line)

    def write(self, name: str, kept: Kept) -> None:
        """Keep an entry, whole or not at all.

        Raises
        ------
        StoreError
            When it cannot be written.
        """
        parts = {"rows": _bytes(kept.cleaned.rows), "issues": _bytes(kept.cleaned.issues)}
        entry = pa.table({**{part: [held] for part, held in parts.items()}, "line": [json.dumps(kept.line)]})
        properties = create_encryption_properties(self._key(name))
        try:
            self._path(name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, aside = tempfile.mkstemp(
                dir=self._path(name).parent, prefix="."
            )  # readable by its owner alone
            os.close(handle)
            pq.write_table(entry, aside, encryption_properties=properties)
            os.replace(aside, self._path(name))
        except OSError as error:
            raise StoreError(
                f"{FOLDER}: cleaned rows cannot be kept ({error.strerror}). Free some room, or mend its permissions."
            ) from None

    def prune(self, used: Iterable[str]) -> None:
        """Remove every entry but those used."""
        kept = {self._path(name).name for name in used}
        for path in (self.folder / FOLDER).glob("*"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / FOLDER / f"{name}.parquet"

    def _key(self, name: str) -> bytes:
        """A key for this entry alone: GCM asks for one that encrypts nothing else."""
        return hmac.new(self.key, f"key|{name}".encode(), hashlib.sha256).digest()


def digest_bytes(content: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of what can be written as JSON."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def code_hash() -> str:
    """SHA-256 of the code that reads and cleans, and the versions of the libraries it does so with."""
    found = hashlib.sha256(json.dumps({name: version(name) for name in LIBRARIES}).encode())
    for path in sorted(path for room in ROOMS for path in PACKAGE.glob(room)):
        found.update(path.relative_to(PACKAGE).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def _bytes(frame: pd.DataFrame) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pandas(frame)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _frame(content: bytes) -> pd.DataFrame:
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all().to_pandas()
