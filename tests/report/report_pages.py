"""Render a project notebook on a release in this process: what a batch does, without its kernels."""

import ast
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from evaluation.batch.jobs import Job
from evaluation.batch.render import render
from evaluation.study import find_root

NOTEBOOKS = find_root(Path(__file__).parent) / "notebooks"
FROM_RELEASE = ("10_design", "40_cluster_report", "50_school_report")


def page(name: str, parameters: dict[str, str], title: str) -> str:
    """The HTML page of a notebook run with the parameters given."""
    job = Job(
        NOTEBOOKS / f"{name}.ipynb", parameters, f"schools/{title}.html", title, "schools", "", False, False
    )
    return render(executed(job.notebook, parameters), job)


def shown(name: str, parameters: dict[str, str]) -> list[Any]:
    """What each cell of a notebook displays."""
    notebook, items = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4), []
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            items.append(_run(cell.source, names))
            if "parameters" in cell.metadata.get("tags", []):
                names.update(parameters)
    return [item for item in items if item is not None]


def executed(path: Path, parameters: dict[str, str]) -> NotebookNode:
    """The notebook with the outputs its cells give."""
    notebook = nbformat.read(path, 4)
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        item = _run(cell.source, names)
        if item is not None:
            data = {"text/html": item._repr_html_(), "text/plain": repr(item)}
            cell.outputs = [new_output("execute_result", data, execution_count=1)]
        if "parameters" in cell.metadata.get("tags", []):
            names.update(parameters)
    return notebook


def _run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; give back the value of its last line when that is an expression."""
    *body, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([*body, last], []), "cell", "exec"), names)
        return None
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
