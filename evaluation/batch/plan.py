"""Which reports a run has, from what its release says of the schools and clusters."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.batch.jobs import Job, Section
from evaluation.errors import ReportError, nearest

REVIEW = (
    ("10_design", "review/design.html", "Design and data"),
    ("20_impact", "review/impact.html", "Results, with their code"),
)
WORKED_EXAMPLE = (
    "90_worked_example",
    "review/worked_example.html",
    "The method, worked through on real data",
)


@dataclass(frozen=True)
class Wanted:
    """Which reports to make: nothing named means all."""

    schools: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()


def plan_jobs(
    meta: Mapping[str, Any],
    notebooks: Path,
    with_issues: Collection[str],
    worked_example: bool,
    unchecked: Collection[tuple[str, str]] = (),
    audiences: Sequence[str] = (),
) -> list[Job]:
    """Every report of a run, in the order of the index.

    Parameters
    ----------
    meta
        The release's.
    notebooks
        The folder of notebooks.
    with_issues
        Schools with a page of their own on data quality, since there is something to put right.
    worked_example
        Whether the worked example is among them; it needs the data of `star`.
    unchecked
        Level and unit of the schools and clusters that have not signed their report off.
    audiences
        The site's, then those that get packs of their own: "cluster", "school". None stands for the site's alone.
    """
    run = {"study": meta["study"], "run": meta["run"]}

    def job(notebook: str, page: str, title: str, section: Section, unit: str = "", **parameters: str) -> Job:
        path = notebooks / f"{notebook}.ipynb"
        level = section.removesuffix("s")
        asked = f"Not yet checked by the {level}" if (level, unit) in unchecked else ""
        return Job(
            path,
            parameters,
            page,
            title,
            section,
            unit,
            section == "review",
            section == "internal",
            unchecked=asked,
        )

    jobs = [
        job("00_data_quality", "data_quality.html", "Data quality: all schools", "internal", school="", **run)
    ]
    for item in meta["schools"]:
        school, page = item["school"], f"schools/{item['slug']}.html"
        if school in with_issues:
            title = f"Data quality: {item['name']}"
            jobs.append(job("00_data_quality", page, title, "internal", school, school=school, **run))
    jobs += [job(*report, "review", **run) for report in REVIEW]
    jobs += [job(*WORKED_EXAMPLE, "review")] if worked_example else []
    packs = {"clusters": "cluster", "schools": "school"}
    for audience in ("", *audiences[1:]):
        jobs += [
            replace(item, audience=audience, parameters={**item.parameters, "audience": audience})
            for item in _units(job, meta, run)
            if not audience or packs[item.section] == audience
        ]
    return jobs


def _units(job: Callable[..., Job], meta: Mapping[str, Any], run: Mapping[str, str]) -> Iterator[Job]:
    """The reports of clusters and of schools."""
    for item in meta["clusters"]:
        cluster, page = item["cluster"], f"clusters/{item['slug']}.html"
        yield job("40_cluster_report", page, cluster, "clusters", cluster, cluster=cluster, **run)
    for item in meta["schools"]:
        school, page = item["school"], f"schools/{item['slug']}.html"
        yield job("50_school_report", page, item["name"], "schools", school, school=school, **run)


def choose(jobs: list[Job], wanted: Wanted) -> list[Job]:
    """The jobs wanted.

    Raises
    ------
    ReportError
        When a school, cluster or notebook is named that no job has; the nearest is named.
    """
    for what, named, known in (
        ("school", wanted.schools, [job.unit for job in jobs if job.section == "schools"]),
        ("cluster", wanted.clusters, [job.unit for job in jobs if job.section == "clusters"]),
        ("notebook", wanted.notebooks, sorted({job.notebook.stem for job in jobs})),
    ):
        for name in named:
            if name not in known:
                listed = (
                    f" There are: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}."
                    if known
                    else " There are none."
                )
                raise ReportError(
                    f"No {what} {name!r} has a report in this run.{nearest(name, known)}{listed}"
                )
    units = {("schools", name) for name in wanted.schools} | {("clusters", name) for name in wanted.clusters}
    chosen = [job for job in jobs if not wanted.notebooks or job.notebook.stem in wanted.notebooks]
    return [job for job in chosen if not units or (job.section, job.unit) in units]
