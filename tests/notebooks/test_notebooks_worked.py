"""The worked example's stored outputs are what its cells give today."""

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from evaluation.study import find_root

PATH = find_root(Path(__file__).parent) / "notebooks" / "90_worked_example.ipynb"
PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")


def told(notebook: nbformat.NotebookNode) -> dict[str, list[dict[str, str]]]:
    """What each cell displays; pictures by their alternative text, since their bytes follow the font library."""
    return {
        cell.id: [
            {kind: PICTURE.sub("", "".join(text)) for kind, text in output["data"].items()}
            for output in cell.outputs
        ]
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def test_stored_outputs_are_fresh() -> None:
    stored, fresh = nbformat.read(PATH, 4), nbformat.read(PATH, 4)
    NotebookClient(fresh, timeout=120, resources={"metadata": {"path": str(PATH.parent)}}).execute()
    assert told(fresh) == told(stored)
    assert all(told(stored)[name] for name in told(stored) if name != "load")
