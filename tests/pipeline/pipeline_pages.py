"""What a run published, to compare."""

import hashlib
from pathlib import Path


def silent(*_: object) -> None:
    """A step that says nothing."""


def published(folder: Path) -> dict[str, str]:
    """The hash of every file of a run but its manifest's timings: site, release and internal pages."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "manifest.json"]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def pages(folder: Path) -> dict[str, str]:
    """The same of the site's pages."""
    return {name: digest for name, digest in published(folder).items() if name.startswith("site/")}
