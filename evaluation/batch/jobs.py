"""A job is one report to make; an outcome is how making it went."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

Section = Literal["schools", "clusters", "review", "project", "internal", "packs"]


@dataclass(frozen=True)
class Job:
    """One report: a notebook, what to run it with, and the page it becomes.

    Attributes
    ----------
    notebook : Path
        The notebook to execute; it is read, never changed.
    parameters : dict of str to str
        Exactly the names of the notebook's `parameters` cell.
    page : str
        Where the page goes, inside the site (or inside `internal/`): "schools/28.html".
    title : str
        The page's title, and its name in the index.
    section : str
        The part of the index it is listed under.
    unit : str
        The school, cluster or "" the report is about.
    show_code : bool
        Whether the page shows the code of its cells.
    internal : bool
        Whether the page is for the evaluators alone: it is then kept outside the site.
    audience : str
        Whose release the page is made from, and whose folder of `site/` it goes to; empty for the site's own.
    unchecked : str
        What the page and its index say while those it is about have not signed it off; "" once they have.
    """

    notebook: Path
    parameters: dict[str, str]
    page: str
    title: str
    section: Section
    unit: str
    show_code: bool
    internal: bool
    audience: str = ""
    unchecked: str = ""


@dataclass(frozen=True)
class Outcome:
    """How one report went.

    Attributes
    ----------
    job : Job
    status : str
        "ok" or "failed".
    cell : int or None
        The cell that failed: its place in the notebook as it stands on disk, counted from 1, text cells
        included. None when nothing failed, or when no single cell did.
    error : str
        "" when ok. The error's name and message when the project raised it (those messages identify
        nobody); of any other error the name alone, since its message may quote the data.
    seconds : float
        How long the report took.
    """

    job: Job
    status: Literal["ok", "failed"]
    cell: int | None
    error: str
    seconds: float


def site_folder(run_folder: Path, audience: str) -> Path:
    """The folder of a run that may be published to one audience."""
    return run_folder / "site" / audience


def page_path(job: Job, run_folder: Path, audience: str) -> Path:
    """Where a job's page is written."""
    folder = run_folder / "internal" if job.internal else site_folder(run_folder, job.audience or audience)
    return folder / PurePosixPath(job.page)


def notebook_path(job: Job, run_folder: Path) -> Path:
    """Where a job's executed notebook is kept: never in the site."""
    folder = run_folder / "internal" / "notebooks" / ("internal" if job.internal else job.audience or "site")
    return (folder / PurePosixPath(job.page)).with_suffix(".ipynb")
