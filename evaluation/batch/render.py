"""An executed notebook as one self-contained page, by nbconvert and the project's own template."""

from pathlib import Path, PurePosixPath

from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode

from evaluation.batch.jobs import Job

TEMPLATES = Path(__file__).parents[1] / "report" / "templates"


def render(notebook: NotebookNode, job: Job) -> str:
    """The page of an executed notebook.

    The page holds its own style and figures and asks nothing of any host. Warnings and the parameters'
    defaults are never shown; code, and the parameters given, only where the job says so.

    Parameters
    ----------
    notebook : NotebookNode
        As executed; it is not changed.
    job : Job

    Returns
    -------
    str
        HTML; the same notebook and job always give the same.
    """
    shown = notebook.copy()
    shown.cells = [_without_warnings(cell) for cell in notebook.cells if _is_shown(cell, job.show_code)]
    html, _ = _exporter(job.show_code).from_notebook_node(shown, resources={"page": _page(job)})
    return html


def _page(job: Job) -> dict[str, str]:
    """What the template may say of the page, `index` being the way from it to the site's index."""
    depth = len(PurePosixPath(job.page).parents) - 1
    return {
        "title": job.title,
        "section": job.section,
        "unit": job.unit,
        "index": "" if job.audience else "../" * depth + "index.html",
    }


def _is_shown(cell: NotebookNode, show_code: bool) -> bool:
    hidden = {"parameters"} if show_code else {"parameters", "injected-parameters"}
    return not hidden & set(cell.metadata.get("tags", []))


def _without_warnings(cell: NotebookNode) -> NotebookNode:
    if cell.cell_type != "code":
        return cell
    kept = [output for output in cell.outputs if output.get("name") != "stderr"]
    return NotebookNode({**cell, "outputs": kept})


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
