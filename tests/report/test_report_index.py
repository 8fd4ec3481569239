"""The index leads to every page made, names those that were not, and tells outsiders nothing of why."""

from html.parser import HTMLParser
from pathlib import Path

from evaluation.batch.jobs import Outcome
from evaluation.batch.plan import plan_jobs
from evaluation.batch.site import write_indexes
from evaluation.disclose import Release


class Links(HTMLParser):
    """The addresses a page leads to, and its parts' names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.found.append(given["href"] or "")
        if "id" in given:
            self.names.append(given["id"] or "")


def indexes(release: Release, folder: Path) -> tuple[str, str]:
    jobs = plan_jobs(release.meta, Path("notebooks"), [], worked_example=True)
    outcomes = [
        Outcome(job, "failed", 3, "ReportError: cannot be made", 1.0)
        if job.unit == "102"
        else Outcome(job, "ok", None, "", 1.0)
        for job in jobs
    ]
    site = write_indexes(folder, release.meta, outcomes)
    return site.read_text(encoding="utf-8"), (folder / "internal" / "index.html").read_text(encoding="utf-8")


def test_every_page_made_is_linked_and_a_failed_one_is_named(ssif: Release, tmp_path: Path) -> None:
    site, _ = indexes(ssif, tmp_path)
    links = Links(site)
    pages = {address for address in links.found if not address.startswith("#")}
    wanted = {
        job.page
        for job in plan_jobs(ssif.meta, Path("notebooks"), [], worked_example=True)
        if not job.internal and job.unit != "102"
    }
    assert pages == wanted
    assert {address[1:] for address in links.found if address.startswith("#")} <= set(links.names)
    assert "Birchwood Primary School: not made in this run" in site
    assert "Primary, taking part" in site
    assert "Synthetic data" in site


def test_why_a_report_failed_is_for_the_evaluators_alone(ssif: Release, tmp_path: Path) -> None:
    site, internal = indexes(ssif, tmp_path)
    assert "cannot be made" not in site
    assert "cannot be made" in internal
