"""Whom to forget, as a person says it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from evaluation.clean.parse import parse_identifier
from evaluation.errors import DataError, SourceError
from evaluation.ingest import collapse


@dataclass(frozen=True, slots=True)
class Asked:
    """Pupils by unique pupil number or identifier, schools by identifier, or everything."""

    pupils: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    everything: bool = False


def asked(pupils: Iterable[str], file: Path | None, schools: Iterable[str], everything: bool) -> Asked:
    """Those named, with the numbers a text file holds, one a line.

    Raises
    ------
    SourceError
        When the file cannot be read as text.
    DataError
        When nobody is named, or someone besides everything.
    """
    lines = [] if file is None else _read(file).splitlines()
    numbers = [parse_identifier(collapse(text)).value for text in (*pupils, *lines) if text.strip()]
    found = Asked(tuple(numbers), tuple(map(collapse, schools)), everything)
    if everything == bool(found.pupils or found.schools):
        raise DataError("Say whom to forget: --pupil, --upn-file FILE or --school ID, or else --all.")
    return found


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise SourceError(f"{file.name}: cannot be read as UTF-8 text of one number a line.") from None
