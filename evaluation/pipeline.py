"""A run, composed of the rooms below: raw files to the store, the store to a release, a release to pages."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.batch.build import building, latest
from evaluation.batch.jobs import Job, Outcome
from evaluation.batch.manifest import Manifest, code_hash, place, read_manifest, run_id, write_manifest
from evaluation.batch.plan import WORKED_EXAMPLE, Wanted, choose, plan_jobs
from evaluation.batch.run import run_jobs
from evaluation.batch.site import write_indexes
from evaluation.disclose import Release, protect, read_release, write_release
from evaluation.errors import ReportError
from evaluation.exchange.review import write_review
from evaluation.impact.answer import answer
from evaluation.intake import Step, Tables, take_in
from evaluation.store import change_lines, changes, write_store
from evaluation.study import Study


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its index page, how each of its reports went, and what differs from the store before it."""

    folder: Path
    index: Path
    outcomes: tuple[Outcome, ...]
    changes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return tuple(item for item in self.outcomes if item.status == "failed")


def run(study: Study, root: Path, wanted: Wanted, workers: int, step: Step) -> Run:
    """Everything: take the files in, store them, answer the questions, protect the answers, make the reports wanted.

    The run is built aside and moved into place whole, so an interruption leaves the previous run as it was.

    Raises
    ------
    EvaluationError
        When a file, the plan or the data stand in the way; nothing is published then.
    """
    tables = take_in(study, root, step, ask=lambda pairs: write_review(study, root, pairs))
    step("fitting the models")
    results = answer(study, tables)
    store = root / "data" / "processed" / study.study
    changed = changes(store, tables)
    stored = write_store(store, tables, changed)
    manifest = _manifest(study, root, tables, stored)
    release = protect(study, results, manifest.run, stored)
    with_issues = {*tables["issues"]["school"], *tables["review"]["school"]}
    worked_example = (root / "data" / "raw" / "star").is_dir()
    jobs = choose(plan_jobs(release.meta, root / "notebooks", with_issues, worked_example), wanted)
    runs = root / "reports" / study.study
    with building(runs, manifest.run) as folder:
        write_release(release, folder / "release" / release.meta["audience"])
        lists = ("issues", "review", "notes", "characteristics", "censored", "scales")
        _write_internal(folder, {**results.tables, **{name: tables[name] for name in lists}})
        outcomes = _make(jobs, folder, release, workers, step)
        write_manifest(folder, manifest, outcomes)
        index = write_indexes(folder, release.meta, outcomes).relative_to(folder)
    return Run(
        runs / manifest.run, runs / manifest.run / index, tuple(outcomes), tuple(change_lines(changed))
    )


def report(study: Study, root: Path, wanted: Wanted, workers: int, step: Step) -> Run:
    """Make reports again from the latest run's release, all or those wanted; the others stay as they are.

    Raises
    ------
    ReportError
        When there is no run yet, the plan or the code is no longer the run's, or a report is asked for that the run
        does not have.
    """
    runs = root / "reports" / study.study
    whole = latest(runs)
    earlier = read_manifest(whole)
    if (earlier.manifest.plan, earlier.manifest.code) != (_plan_hash(study), code_hash(root)):
        raise ReportError(
            f"The study file, the code or a notebook has changed since run {whole.name} was made, and a run never changes. "
            f"Make a new one with `evaluation run {study.study}`."
        )
    release = read_release(whole / "release" / study.reports.audience)
    with_issues, worked_example = earlier.schools_with_issues(), (root / "data" / "raw" / "star").is_dir()
    jobs = plan_jobs(
        release.meta, root / "notebooks", with_issues, worked_example or earlier.has(WORKED_EXAMPLE[1])
    )
    chosen = choose(jobs, wanted)
    with building(runs, whole.name) as folder:
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        made = {place(item.job): item for item in _make(chosen, folder, release, workers, step)}
        known = [made.get(place(job)) or earlier.outcome(job) for job in jobs]
        outcomes = [item for item in known if item is not None]
        write_manifest(folder, earlier.manifest, outcomes)
        index = write_indexes(folder, release.meta, outcomes).relative_to(folder)
    return Run(whole, whole / index, tuple(made.values()))


def _plan_hash(study: Study) -> str:
    return hashlib.sha256(study.model_dump_json().encode()).hexdigest()


def _manifest(study: Study, root: Path, tables: Tables, stored: str) -> Manifest:
    """What the run is made from; its name is derived from the raw files, the plan and the code."""
    files = tables["sources"].drop_duplicates("file")
    data = dict(zip(files["file"], files["sha256"], strict=True))
    withdrawals = root / "params" / f"{study.study}.withdrawn.json"
    if withdrawals.is_file():
        data[f"params/{withdrawals.name}"] = hashlib.sha256(withdrawals.read_bytes()).hexdigest()
    plan, code = _plan_hash(study), code_hash(root)
    return Manifest(study.study, run_id(study.study, data, plan, code), data, plan, code, stored)


def _make(jobs: list[Job], folder: Path, release: Release, workers: int, step: Step) -> list[Outcome]:
    done = 0

    def progress(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        step(f"making reports: {outcome.job.title}", done, len(jobs))

    step("starting the notebooks", 0, len(jobs))
    return run_jobs(jobs, folder, release.meta["audience"], workers, progress=progress)


def _write_internal(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Results at full precision and the lists of issues, for the evaluators alone."""
    place = folder / "internal" / "tables"
    place.mkdir(parents=True)
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False, lineterminator="\n")
