"""Execute one job's notebook, and leave in the copy nothing that another run would have otherwise."""

import re
from pathlib import Path

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode

from evaluation.batch.jobs import Job

CELL_FILE = re.compile(r"\S*ipykernel_\d+[/\\]\d+\.py")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]+")


def execute(job: Job, output: Path, manager: type[AsyncKernelManager]) -> NotebookNode:
    """Run the job's notebook in a kernel of its own and keep the executed copy at `output`.

    Raises
    ------
    papermill.exceptions.PapermillExecutionError
        When a cell fails; the copy, as far as it got, is kept all the same.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        papermill.execute_notebook(
            str(job.notebook),
            str(output),
            parameters=job.parameters,
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            kernel_manager_class=manager,
            shutdown_kernel="immediate",
            record_timing=False,
        )
    finally:
        notebook = _tidy(output, job.parameters) if output.exists() else None
    assert notebook is not None
    return notebook


def _tidy(path: Path, parameters: dict[str, str]) -> NotebookNode:
    """Take timings, paths, process numbers and random ids out of an executed notebook."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.papermill = {"parameters": parameters}
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        if {"injected-parameters", "papermill-error-cell-tag"} & set(cell.metadata.tags):
            cell.id = f"{cell.metadata.tags[0]}-{number}"
        for output in cell.get("outputs", []):
            _tidy_output(output)
    nbformat.write(notebook, path)
    return notebook


def _tidy_output(output: NotebookNode) -> None:
    """Take process numbers and memory addresses out of what was printed."""
    if output.output_type == "stream":
        output.text = _anywhere(output.text)
    elif "text/plain" in output.get("data", {}):
        output.data["text/plain"] = _anywhere(output.data["text/plain"])


def _anywhere(text: str) -> str:
    return ADDRESS.sub("at 0x0", CELL_FILE.sub("<cell>", text))
