"""What each audience was last shown, kept beside the runs, for a run may be removed and what it published is out all the same."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from evaluation.disclose.release import Release, read_release, write_release
from evaluation.errors import StoreError

FOLDER = "published"


def last_published(runs: Path, audience: str) -> Release | None:
    """What an audience was last shown; None when it was shown nothing, or that can no longer be read.

    Parameters
    ----------
    runs
        The study's folder of runs.
    audience
        Whose.
    """
    try:
        return read_release(runs / FOLDER / audience)
    except StoreError:
        return None


def keep_published(runs: Path, releases: Sequence[Release]) -> None:
    """Keep the releases of a run as what their audiences were last shown, each whole or not at all."""
    for release in releases:
        place = runs / FOLDER / release.meta["audience"]
        aside, old = (place.with_name(f".{place.name}-{what}-{os.getpid()}") for what in ("new", "old"))
        write_release(release, aside)
        if place.exists():
            place.rename(old)
        aside.rename(place)
        shutil.rmtree(old, ignore_errors=True)
