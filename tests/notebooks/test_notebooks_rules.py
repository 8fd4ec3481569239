"""Every notebook keeps the house's anatomy, so that each reads as a report and runs as a batch."""

import ast
import re
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from evaluation.study import find_root

PATHS = sorted((find_root(Path(__file__).parent) / "notebooks").glob("*.ipynb"))
WORKED = "90_worked_example"
PARAMETERS = {
    "00_data_quality": ["study", "run", "school"],
    "10_design": ["study", "run"],
    "20_impact": ["study", "run"],
    "40_cluster_report": ["study", "run", "cluster", "audience"],
    "50_school_report": ["study", "run", "school", "audience"],
    "60_explore": ["study", "outcome", "by", "formula"],
    WORKED: [],
}
MOST_LINES = 6
NOT_ALLOWED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.For, ast.While, ast.With, ast.If,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(path: Path) -> NotebookNode:
    return nbformat.read(path, 4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def test_the_notebooks_are_the_planned_ones() -> None:
    assert [path.stem for path in PATHS] == list(PARAMETERS)


def test_it_is_valid_and_its_cells_have_fixed_readable_names(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"[a-z][a-z0-9-]*", name) and not re.fullmatch(r"[0-9a-f]{8}", name) for name in names
    )


def test_it_opens_with_a_title(notebook: NotebookNode) -> None:
    first = notebook.cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    later = [cell.source for cell in notebook.cells[1:] if cell.cell_type == "markdown"]
    assert not any(re.search(r"^# ", source, re.M) for source in later)


def test_parameters_are_one_cell_annotated_and_commented(path: Path, notebook: NotebookNode) -> None:
    wanted = PARAMETERS[path.stem]
    assert len(tagged(notebook, "parameters")) == bool(wanted)
    found = papermill.inspect_notebook(path)
    assert list(found) == wanted
    assert all(item["inferred_type_name"] == "str" and item["help"] for item in found.values())
    for cell in tagged(notebook, "parameters"):
        assert cell.source.startswith("# ")
        assert code(notebook)[0] is cell


def test_one_cell_loads_and_alone_imports_from_evaluation_alone(notebook: NotebookNode) -> None:
    importing = [cell for cell in code(notebook) if re.search(r"^\s*(import|from)\s", cell.source, re.M)]
    assert [cell.id for cell in importing] == ["load"]
    for node in ast.walk(ast.parse(importing[0].source)):
        assert not isinstance(node, ast.Import)
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] == "evaluation"


def test_cells_are_short_and_only_call(notebook: NotebookNode) -> None:
    for cell in code(notebook):
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.id
        tree = ast.parse(cell.source)
        assert not [node for node in ast.walk(tree) if isinstance(node, NOT_ALLOWED)], cell.id
        assert sum(isinstance(node, ast.Expr) for node in tree.body) <= 1, cell.id
        assert not cell.source.lstrip().startswith(("%", "!")), cell.id


def test_no_outputs_are_kept_but_the_worked_example_s(path: Path, notebook: NotebookNode) -> None:
    if path.stem == WORKED:
        assert all(cell.outputs for cell in code(notebook) if cell.id != "load")
        assert all(cell.execution_count is not None for cell in code(notebook))
        return
    assert all(not cell.outputs and cell.execution_count is None for cell in code(notebook))


def test_nothing_in_it_tells_when_or_where_it_was_run(notebook: NotebookNode) -> None:
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert dict(notebook.metadata.language_info) == {"name": "python"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
