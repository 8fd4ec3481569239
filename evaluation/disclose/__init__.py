"""Suppression for one audience; the only maker of a Release."""

from evaluation.disclose.protect import protect
from evaluation.disclose.release import Release, read_meta, read_release, release_files, write_release
from evaluation.disclose.revealed import revealed_line, with_revealed
from evaluation.disclose.symbols import NOT_APPLICABLE, WITHHELD

__all__ = [
    "NOT_APPLICABLE",
    "WITHHELD",
    "Release",
    "protect",
    "read_meta",
    "read_release",
    "release_files",
    "revealed_line",
    "with_revealed",
    "write_release",
]
