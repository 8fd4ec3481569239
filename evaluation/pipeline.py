"""A run, composed of the rooms below: raw files to the store, the store to a release, a release to pages."""

import hashlib
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.batch.build import building, latest
from evaluation.batch.jobs import Job, Outcome
from evaluation.batch.made_from import write_made_from
from evaluation.batch.manifest import Manifest, code_hash, place, read_manifest, run_id, write_manifest
from evaluation.batch.plan import WORKED_EXAMPLE, Wanted, choose, plan_jobs
from evaluation.batch.render import render_again
from evaluation.batch.run import run_jobs
from evaluation.batch.site import write_indexes
from evaluation.disclose import (
    Release,
    protect,
    read_release,
    revealed_line,
    with_revealed,
    write_release,
)
from evaluation.disclose.audit import refuse_told, told
from evaluation.disclose.leaks import leaks_of, refuse_leaks, scan, what_is_sought
from evaluation.disclose.published import keep_published, last_published
from evaluation.disclose.release import PACKAGE
from evaluation.errors import ReportError, StoreError
from evaluation.exchange.handed_over import unsigned
from evaluation.exchange.review import write_review
from evaluation.impact import Results
from evaluation.impact.answer import answer
from evaluation.intake import take_in
from evaluation.sources import Step
from evaluation.store import change_lines, changes, write_store
from evaluation.store.held import Tables
from evaluation.study import Study, registration
from evaluation.study.lock import lock_path


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its index page, how each report went, and what differs from the store and release before it."""

    folder: Path
    index: Path
    outcomes: tuple[Outcome, ...]
    changes: tuple[str, ...] = ()
    revealed: str = ""

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
    registered = registration(study, root)
    tables = take_in(study, root, step, ask=lambda pairs: write_review(study, root, pairs))
    step("fitting the models")
    results = answer(study, tables, registered)
    store = root / "data" / "processed" / study.study
    changed = changes(store, tables)
    stored = write_store(store, tables, changed)
    manifest = _manifest(study, root, tables, stored)
    runs = root / "reports" / study.study
    step("protecting the results")
    releases = [
        with_revealed(item, _release_before(runs, manifest.run, item.meta["audience"]))
        for item in releases_for(study, results, manifest.run, stored, runs)
    ]
    release = releases[0]
    with_issues = {school for name in ("issues", "review", "conflicts") for school in tables[name]["school"]}
    worked_example = (root / "data" / "raw" / "star").is_dir()
    unchecked = unsigned(study, root, release.meta)
    jobs = plan_jobs(
        release.meta, root / "notebooks", with_issues, worked_example, unchecked, study.reports.audiences
    )
    jobs = choose(jobs, wanted)
    with building(runs, manifest.run) as folder:
        for item in releases:
            write_release(item, folder / "release" / item.meta["audience"])
        sought = what_is_sought(root, study.study)
        # Before any figure is drawn: pixels cannot be searched, and what is drawn comes from the release.
        refuse_leaks(scan(folder, (folder / "release").rglob("*"), sought, step))
        lists = ("issues", "review", "notes", "characteristics", "censored", "scales")
        _write_internal(folder, {**results.tables, **{name: tables[name] for name in lists}})
        write_made_from(folder, study, root)
        outcomes = _make(jobs, folder, release, workers, step)
        write_manifest(folder, manifest, outcomes)
        revealed = revealed_line(release)
        index = write_indexes(folder, release.meta, outcomes, revealed).relative_to(folder)
        refuse_leaks(leaks_of(folder, sought, step))
    keep_published(runs, releases)
    made = runs / manifest.run
    return Run(made, made / index, tuple(outcomes), tuple(change_lines(changed)), revealed)


def _release_before(runs: Path, run: str, audience: str) -> Release | None:
    """The release that the audience was given last, this run's own apart; None when there is none that can be read."""
    written = [
        path for path in runs.glob(f"[!.]*/release/{audience}/{PACKAGE}") if path.parents[2].name != run
    ]
    for path in sorted(written, key=lambda path: (path.stat().st_mtime_ns, str(path)), reverse=True):
        try:
            return read_release(path.parent)
        except StoreError:
            continue
    return None


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
    return _again(
        study,
        root,
        whole,
        lambda jobs, folder, release: _make(choose(jobs, wanted), folder, release, workers, step),
        step,
    )


def show_again(study: Study, root: Path, units: Collection[tuple[str, str]]) -> Run:
    """Render pages of the latest run again, from what their notebooks gave, and the indexes: they may have been signed off.

    `units` says whose: the level and unit of schools and clusters.

    Raises
    ------
    ReportError
        When there is no run yet.
    """
    whole = latest(root / "reports" / study.study)
    earlier = read_manifest(whole)

    def remake(jobs: list[Job], folder: Path, release: Release) -> list[Outcome]:
        meant = [job for job in jobs if (job.section.removesuffix("s"), job.unit) in units]
        made = [item for item in map(earlier.outcome, meant) if item is not None]
        render_again(made, folder, release.meta["audience"])
        return made

    return _again(study, root, whole, remake, lambda *_: None)


def _again(
    study: Study,
    root: Path,
    whole: Path,
    make: Callable[[list[Job], Path, Release], list[Outcome]],
    step: Step,
) -> Run:
    """A run with some of its reports made again, by `make`; the others stay as they are."""
    earlier = read_manifest(whole)
    release = read_release(whole / "release" / study.reports.audience)
    worked_example = (root / "data" / "raw" / "star").is_dir() or earlier.has(WORKED_EXAMPLE[1])
    jobs = plan_jobs(
        release.meta,
        root / "notebooks",
        earlier.schools_with_issues(),
        worked_example,
        unsigned(study, root, release.meta),
        study.reports.audiences,
    )
    with building(root / "reports" / study.study, whole.name) as folder:
        shutil.copytree(whole, folder, dirs_exist_ok=True)
        made = {place(item.job): item for item in make(jobs, folder, release)}
        known = [made.get(place(job)) or earlier.outcome(job) for job in jobs]
        outcomes = [item for item in known if item is not None]
        write_manifest(folder, earlier.manifest, outcomes)
        index = write_indexes(folder, release.meta, outcomes, revealed_line(release)).relative_to(folder)
        refuse_leaks(leaks_of(folder, what_is_sought(root, study.study), step))
    return Run(whole, whole / index, tuple(made.values()))


def releases_for(study: Study, results: Results, run: str, store: str, runs: Path) -> list[Release]:
    """A release for each audience, the widest first: whoever has a narrower one has the wider ones too.

    `runs` is the study's folder of runs, with what was published before.

    Raises
    ------
    DisclosureError
        When an attack on them tells a count that they withhold.
    """
    made: list[Release] = []
    for audience in study.reports.audiences:
        held, last = made[-1] if made else None, last_published(runs, audience)
        made.append(protect(study, results, run, store, audience, held, last))
    policies = [study.policy(audience) for audience in study.reports.audiences]
    refuse_told(told(results.tables["descriptives"], results.tables["atoms"], made, policies))
    return made


def _plan_hash(study: Study) -> str:
    return hashlib.sha256(study.model_dump_json().encode()).hexdigest()


def _manifest(study: Study, root: Path, tables: Tables, stored: str) -> Manifest:
    """What the run is made from; its name is derived from the raw files, the plan and the code."""
    files = tables["sources"].drop_duplicates("file")
    data = dict(zip(files["file"], files["sha256"], strict=True))
    for beside in (root / "params" / f"{study.study}.withdrawn.json", lock_path(study, root)):
        if beside.is_file():
            data[f"params/{beside.name}"] = hashlib.sha256(beside.read_bytes()).hexdigest()
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
    place.parent.mkdir(mode=0o700)
    place.mkdir()
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False, lineterminator="\n")
