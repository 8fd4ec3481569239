"""A pack: one school's or cluster's report, figures and rows of the release, and how to object, as a zip.

The same run gives the same bytes on every machine: nothing is compressed, and every file has the same date.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

from evaluation.batch.build import latest
from evaluation.batch.jobs import Job, notebook_path
from evaluation.batch.manifest import Written, read_manifest
from evaluation.batch.plan import Wanted, choose, plan_jobs
from evaluation.batch.render import render
from evaluation.disclose import Release, read_release, release_files
from evaluation.disclose.leaks import refuse_leaks, search_file, what_is_sought
from evaluation.errors import ReportError
from evaluation.handing.readme import readme
from evaluation.study import Study

EARLIEST = (1980, 1, 1, 0, 0, 0)
READ_ONLY = 0o444 << 16
ON_UNIX = 3


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was written: whose, of which run, where, and its SHA-256."""

    level: str
    unit: str
    name: str
    run: str
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class LatestRun:
    """The latest run of a study, opened: its folder, releases and manifest, and the reports that packs are made of.

    `releases` has one for each level: that of the level's own audience where the study makes packs for it, else the site's.
    """

    folder: Path
    releases: Mapping[str, Release]
    manifest: Written
    jobs: Sequence[Job]


def open_latest(study: Study, root: Path) -> LatestRun:
    """The latest run and its reports for schools and clusters.

    Raises
    ------
    ReportError
        When there is no run yet.
    StoreError
        When the run is not whole.
    """
    folder = latest(root / "reports" / study.study)
    audiences, packs = study.reports.audiences, study.reports.packs
    made_for = {level: level if level in packs else "" for level in ("school", "cluster")}
    releases = {
        level: read_release(folder / "release" / (audience or audiences[0]))
        for level, audience in made_for.items()
    }
    jobs = plan_jobs(
        releases["school"].meta, root / "notebooks", (), worked_example=False, audiences=audiences
    )
    units = [
        job
        for job in jobs
        if job.section in ("schools", "clusters") and job.audience == made_for[level_of(job)]
    ]
    return LatestRun(folder, releases, read_manifest(folder), units)


def write_packs(
    study: Study, root: Path, schools: Sequence[str], clusters: Sequence[str], contact: str
) -> list[Pack]:
    """Write the packs of the schools and clusters named, of all when none is, under the latest run's `packs/`.

    Parameters
    ----------
    contact : str
        Whom the pack says to tell; "" for whoever sent it.

    Raises
    ------
    ReportError
        When there is no run yet, the run has no such report, or the report could not be made.
    DisclosureError
        When a pack would hold what must not leave; none is written then.
    """
    run = open_latest(study, root)
    jobs = choose(list(run.jobs), Wanted(tuple(schools), tuple(clusters)))
    made = [(job, pack_path(run.folder, job), _zipped(_content(run, job, contact))) for job in jobs]
    sought = what_is_sought(root, study.study)
    # All or none: every pack is searched before any stands under its name.
    refuse_leaks(
        [
            leak
            for _, path, zipped in made
            for leak in search_file(path.relative_to(run.folder).as_posix(), zipped, sought)
        ]
    )
    return [_write(run, job, path, zipped) for job, path, zipped in made]


def pack_path(folder: Path, job: Job) -> Path:
    """Where a report's pack is in its run: `packs/<slug>.zip`, a cluster's in a folder of its own."""
    name = Path(job.page).with_suffix(".zip").name
    return folder / "packs" / (f"clusters/{name}" if job.section == "clusters" else name)


def level_of(job: Job) -> str:
    """What a report is about: "school" or "cluster"."""
    return job.section.removesuffix("s")


def _content(run: LatestRun, job: Job, contact: str) -> dict[str, bytes]:
    """The files of a pack, by their names."""
    outcome = run.manifest.outcome(job)
    if outcome is None or outcome.status != "ok":
        raise ReportError(
            f"{level_of(job)} {job.unit}: its report was not made in run {run.folder.name}, so there is nothing to hand "
            "over. The internal index says why."
        )
    notebook = nbformat.read(notebook_path(job, run.folder), as_version=4)
    asked = replace(job, unchecked=f"For the {level_of(job)} to check")
    release = run.releases[level_of(job)]
    meta, part = release.meta, release.of_unit(level_of(job), job.unit)
    return {
        "README.txt": readme(meta, level_of(job), job.title, contact).encode(),
        "report.html": render(notebook, asked, alone=True).encode(),
        **{f"figures/figure-{number}.png": png for number, png in enumerate(_figures(notebook), 1)},
        **{f"data/{name}": content for name, content in release_files(part).items()},
    }


def _figures(notebook: Mapping[str, Any]) -> list[bytes]:
    """The pictures of an executed notebook, in its order."""
    marker = "data:image/png;base64,"
    pages = [
        "".join(output["data"]["text/html"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    return [base64.b64decode(part.split('"', 1)[0]) for page in pages for part in page.split(marker)[1:]]


def _write(run: LatestRun, job: Job, path: Path, zipped: bytes) -> Pack:
    """Write a pack whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}")
    aside.write_bytes(zipped)
    aside.replace(path)
    digest = hashlib.sha256(zipped).hexdigest()
    return Pack(level_of(job), job.unit, job.title, run.folder.name, path, digest)


def _zipped(content: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, held in sorted(content.items()):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system, entry.external_attr = ON_UNIX, READ_ONLY
            archive.writestr(entry, held)
    return stream.getvalue()
