from pathlib import Path


def redraw(results: Path) -> None:
    pass
