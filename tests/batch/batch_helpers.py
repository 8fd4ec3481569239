"""What the batch's tests share."""

from collections.abc import Callable
from pathlib import Path

from evaluation.batch import Job

WriteNotebook = Callable[..., Path]
MakeJob = Callable[..., Job]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
