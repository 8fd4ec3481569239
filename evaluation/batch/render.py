"""An executed notebook as one self-contained page, by nbconvert and the project's own template."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from threading import Lock

import nbformat
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from evaluation.batch.jobs import Job, Outcome, notebook_path, page_path

_ONE_AT_A_TIME = Lock()  # an exporter keeps what it is about to write
TEMPLATES = Path(__file__).parents[1] / "report" / "templates"


def render(notebook: NotebookNode, job: Job, alone: bool = False) -> str:
    """The page of an executed notebook.

    The page holds its own style and figures and asks nothing of any host. Warnings and the parameters'
    defaults are never shown; code, and the parameters given, only where the job says so. A section under a
    heading of its own is left out where none of its cells has anything to show in this study.

    Parameters
    ----------
    notebook : NotebookNode
        As executed; it is not changed.
    job : Job
    alone : bool
        Whether the page leaves the site, as in a school's pack: it then leads to no index.

    Returns
    -------
    str
        HTML; the same notebook and job always give the same.
    """
    shown = notebook.copy()
    cells = [cell for section in _sections(notebook.cells) if not _is_empty(section) for cell in section]
    shown.cells = [_without_warnings(cell) for cell in cells if _is_shown(cell, job.show_code)]
    with _ONE_AT_A_TIME:
        html, _ = _exporter(job.show_code).from_notebook_node(shown, resources={"page": _page(job, alone)})
    return html


def render_again(outcomes: Sequence[Outcome], run_folder: Path, audience: str) -> None:
    """Write the pages of reports that were made once more, from their executed notebooks."""
    for outcome in outcomes:
        if outcome.status == "ok":
            notebook = nbformat.read(notebook_path(outcome.job, run_folder), as_version=4)
            page = page_path(outcome.job, run_folder, audience)
            page.write_text(render(notebook, outcome.job), encoding="utf-8", newline="\n")


def _page(job: Job, alone: bool) -> dict[str, str]:
    """What the template may say of the page, `index` being the way from it to the site's index, if there is one."""
    depth = len(PurePosixPath(job.page).parents) - 1
    return {
        "title": job.title,
        "section": job.section,
        "unit": job.unit,
        "unchecked": job.unchecked,
        "index": "" if alone or job.audience else "../" * depth + "index.html",
    }


def _sections(cells: Sequence[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """The cells before the first second-level heading, then those of each; what closes a page, which has no code to show, apart."""
    section: list[NotebookNode] = []
    for cell in cells:
        opens = cell.cell_type == "markdown" and cell.source.startswith("## ")
        if opens or "hide-code" in cell.metadata.get("tags", []):
            yield section
            section = []
        section.append(cell)
    yield section


def _is_empty(section: Sequence[NotebookNode]) -> bool:
    """Whether a heading has nothing under it: cells that show something, every one of them nothing but blanks."""
    outputs = [
        output for cell in section[1:] for output in cell.get("outputs", ()) if output.get("name") != "stderr"
    ]
    return bool(outputs) and section[0].cell_type == "markdown" and not any(map(_says_something, outputs))


def _says_something(output: NotebookNode) -> bool:
    return "data" not in output or any(
        text.strip() for text in output["data"].values() if isinstance(text, str)
    )


def _is_shown(cell: NotebookNode, show_code: bool) -> bool:
    hidden = {"parameters"} if show_code else {"parameters", "injected-parameters"}
    return not hidden & set(cell.metadata.get("tags", []))


def _without_warnings(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type != "code":
        return cell
    kept = [output for output in cell.outputs if output.get("name") != "stderr"]
    return NotebookNode({**cell, "outputs": kept})


@cache  # it compiles its templates, which takes longer than a page
def _exporter(show_code: bool) -> HTMLExporter:
    return HTMLExporter(
        template_name="notebook",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=not show_code,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
        skip_svg_encoding=True,
    )
