"""Refuse to commit raw data that data/SOURCES.md does not list: pupil data stay out of the repository."""

import subprocess
import sys
from pathlib import Path


def unlisted(paths: list[str], sources: str) -> list[str]:
    """Paths under data/raw/ that the text of SOURCES.md does not name."""
    return [path for path in paths if path.startswith("data/raw/") and f"`{path}`" not in sources]


def main() -> int:
    """Check every tracked or staged file; print what to do about those not listed."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "data/raw"], capture_output=True, text=True, check=True
    ).stdout
    found = unlisted(tracked.split("\0"), Path("data/SOURCES.md").read_text(encoding="utf-8"))
    for path in found:
        sys.stderr.write(
            f"{path}: not listed in data/SOURCES.md. Only public, de-identified data may be committed.\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
