"""A project folder to run in, and small notebooks written on the spot."""

from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest
from batch_helpers import MakeJob, WriteNotebook
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evaluation.batch import Job

PARAMETERS = 'school = "none"  # the default, which no report may show\nrun = ""'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project folder, its path free of links."""
    root = (tmp_path / "project").resolve()
    (root / "params").mkdir(parents=True)
    (root / "notebooks").mkdir()
    return root


@pytest.fixture
def write_notebook(project: Path) -> WriteNotebook:
    """Write a notebook: a title (cell 1), a parameters cell (cell 2), then the given code cells (3, 4, ...)."""

    def write(name: str, *cells: str, parameters: str = PARAMETERS) -> Path:
        tagged = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        notebook = new_notebook(
            cells=[new_markdown_cell("# A report"), tagged, *map(new_code_cell, cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        for number, cell in enumerate(notebook.cells):
            cell.id = f"cell-{number}"
        path = project / "notebooks" / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def make_job() -> MakeJob:
    """A school's job, unless told otherwise."""

    def make(notebook: Path, school: str = "28", **changes: object) -> Job:
        usual: Mapping[str, object] = {
            "notebook": notebook,
            "parameters": {"school": school, "run": "star-1a2b3c4d5e"},
            "page": f"schools/{school}.html",
            "title": f"School {school}",
            "section": "schools",
            "unit": school,
            "show_code": False,
            "internal": False,
        }
        return Job(**{**usual, **changes})  # type: ignore[arg-type]

    return make
