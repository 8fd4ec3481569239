"""Make all the reports of a run, some at a time; one that fails does not stop the others."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError

from evaluation.batch.execute import execute
from evaluation.batch.jobs import Job, Outcome, notebook_path, page_path
from evaluation.batch.kernels import Launcher, kernel_manager
from evaluation.batch.parameters import check_jobs
from evaluation.batch.render import render
from evaluation.batch.warm import imported_modules
from evaluation.errors import EvaluationError
from evaluation.study import find_root

Progress = Callable[[Outcome], None]
Failure = tuple[int | None, str]


def run_jobs(
    jobs: Sequence[Job],
    run_folder: Path,
    audience: str,
    workers: int,
    launcher: Launcher = "warm",
    progress: Progress | None = None,
) -> list[Outcome]:
    """Execute every job's notebook and write its page.

    Parameters
    ----------
    jobs : sequence of Job
    run_folder : Path
        The folder of the run being built, somewhere under the project folder.
    audience : str
        Whom the site is for: pages go to `site/<audience>/`, those of internal jobs to `internal/`, and
        every executed notebook to `internal/notebooks/`.
    workers : int
        How many reports are made at a time.
    launcher : str
        "warm" or "ordinary": see `kernels.kernel_manager`. The pages are the same.
    progress : callable, optional
        Called, in the caller's thread, with each outcome as it comes.

    Returns
    -------
    list of Outcome
        One a job, in the order of `jobs`.

    Raises
    ------
    ReportError
        Before anything is started, when a job cannot be run as it stands.
    """
    check_jobs(jobs)
    modules = imported_modules(job.notebook for job in jobs)
    # Inside out: when this is interrupted the kernels end first, so no thread is left waiting for one.
    with (
        _quiet(),
        ThreadPoolExecutor(workers) as pool,
        kernel_manager(launcher, modules, find_root(run_folder), run_folder) as manager,
    ):
        futures = [pool.submit(_run_job, job, run_folder, audience, manager) for job in jobs]
        _watch(futures, progress)
    return [future.result() for future in futures]


def _watch(futures: Sequence[Future[Outcome]], progress: Progress | None) -> None:
    try:
        for future in as_completed(futures):
            if progress is not None:
                progress(future.result())
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _run_job(job: Job, run_folder: Path, audience: str, manager: type[AsyncKernelManager]) -> Outcome:
    start = time.monotonic()
    cell, error = None, ""
    try:
        notebook = execute(job, notebook_path(job, run_folder), manager)
        page = page_path(job, run_folder, audience)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render(notebook, job), encoding="utf-8", newline="\n")
    except Exception as failure:  # whatever it was, the other reports are still to be made
        cell, error = _describe(failure, job)
    return Outcome(job, "failed" if error else "ok", cell, error, time.monotonic() - start)


def _describe(failure: Exception, job: Job) -> Failure:
    """The cell that failed and what may be said of the error: only our own messages identify nobody."""
    if isinstance(failure, PapermillExecutionError):
        own = failure.ename in {kind.__name__ for kind in _kinds(EvaluationError)}
        said = f"{failure.ename}: {failure.evalue}" if own else failure.ename
        return _cell_on_disk(failure.cell_index, job.notebook), said
    if isinstance(failure, EvaluationError):
        return None, f"{type(failure).__name__}: {failure}"
    return None, type(failure).__name__


def _cell_on_disk(index: int, notebook: Path) -> int:
    """The place, from 1, of an executed cell in the notebook as it stands: papermill adds a cell of its own."""
    cells = nbformat.read(notebook, as_version=4).cells
    tagged = [place for place, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", [])]
    return index + 1 - (bool(tagged) and index > tagged[0])


def _kinds(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds(kind)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the libraries' logs, which hold tracebacks and cells: a failure is told by its outcome."""
    loggers = [logging.getLogger(name) for name in ("papermill", "traitlets")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
