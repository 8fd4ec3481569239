"""Suppression for one audience; the only maker of a Release."""

from evaluation.disclose.protect import protect
from evaluation.disclose.release import NOT_APPLICABLE, WITHHELD, Release, read_release, write_release

__all__ = ["NOT_APPLICABLE", "WITHHELD", "Release", "protect", "read_release", "write_release"]
