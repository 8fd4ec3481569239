"""A job's parameters, held against the notebook's before anything is started.

papermill only warns of a name the notebook does not have, goes on with the notebook's own default, and so
would print one school's report under another's name.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import papermill

from evaluation.batch.jobs import Job
from evaluation.errors import ReportError, nearest


def check_jobs(jobs: Iterable[Job]) -> None:
    """Refuse jobs that cannot be run as they stand.

    Raises
    ------
    ReportError
        When a notebook is missing, a parameter is missing or unknown, or two jobs would write one page;
        every fault is listed.
    """
    jobs = list(jobs)
    notebooks = {job.notebook for job in jobs}
    faults = [fault for notebook in sorted(notebooks) for fault in _missing(notebook)]
    if not faults:
        declared = {notebook: _declared(notebook) for notebook in notebooks}
        faults = [fault for job in jobs for fault in _mismatches(job, declared[job.notebook])]
    pages = Counter((job.internal, job.audience, job.page) for job in jobs)
    faults += [f"{page}: {n} reports would be written there." for (_, _, page), n in pages.items() if n > 1]
    if faults:
        raise ReportError("\n".join(dict.fromkeys(faults)))


def _missing(notebook: Path) -> Iterator[str]:
    if not notebook.is_file():
        near = nearest(notebook.name, [path.name for path in notebook.parent.glob("*.ipynb")])
        yield f"{notebook.name}: no such notebook.{near}"


def _declared(notebook: Path) -> list[str]:
    """The names that the notebook's `parameters` cell sets, in its order."""
    try:
        return list(papermill.inspect_notebook(notebook))
    except ValueError:
        raise ReportError(
            f"{notebook.name}: not a notebook, or one that names no kernel. "
            "Open it in JupyterLab, choose the Python 3 kernel and save it."
        ) from None


def _mismatches(job: Job, wanted: list[str]) -> Iterator[str]:
    name, given = job.notebook.name, list(job.parameters)
    for parameter in sorted(set(given) - set(wanted)):
        listed = ", ".join(wanted) or "none"
        yield f"{name}: has no parameter {parameter!r}.{nearest(parameter, wanted)} Parameters: {listed}."
    for parameter in sorted(set(wanted) - set(given)):
        yield f"{name}: parameter {parameter!r} is not given.{nearest(parameter, given)}"
