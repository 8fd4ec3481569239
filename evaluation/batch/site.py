"""The index pages: one that leads to every page of the site, one for what is internal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from evaluation.batch.jobs import Outcome, site_folder
from evaluation.batch.render import TEMPLATES

SECTIONS = {
    "project": "The project",
    "clusters": "Clusters",
    "schools": "Schools",
    "review": "For reviewers",
    "internal": "For the evaluators",
    "packs": "Packs, each for its own school or cluster alone",
}


def write_indexes(
    run_folder: Path,
    meta: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    revealed: str = "",
) -> Path:
    """Write the index of the site and, outside it, the index of the internal pages.

    A report that failed is listed, with no link. What went wrong is said in the internal index alone.

    Parameters
    ----------
    run_folder : Path
    meta : mapping
        The release's: its title, about, synthetic, audience and run are used.
    outcomes : sequence of Outcome
        In the order the pages are listed in.
    revealed : str
        What the release newly reveals, in one line, for the internal index.

    Returns
    -------
    Path
        The site's index page.
    """
    shown = [item for item in outcomes if not item.job.internal and not item.job.audience]
    packs = [_as_pack(item) for item in outcomes if item.job.audience]
    own = [*(item for item in outcomes if item.job.internal), *packs]
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    site = site_folder(run_folder, meta["audience"]) / "index.html"
    _write(site, study=meta, sections=_sections(shown), failed=[], internal=False, revealed="")
    _write(
        run_folder / "internal" / "index.html",
        study=meta,
        sections=_sections(own),
        failed=failed,
        internal=True,
        revealed=revealed,
    )
    return site


def _as_pack(outcome: Outcome) -> Outcome:
    """A page of a school's or a cluster's own pack, as the internal index lists it."""
    page = f"../site/{outcome.job.audience}/{outcome.job.page}"
    return replace(outcome, job=replace(outcome.job, page=page, section="packs"))


def _sections(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    """The sections that have pages, in the index's order, each with its outcomes."""
    grouped = [
        (title, [item for item in outcomes if item.job.section == name]) for name, title in SECTIONS.items()
    ]
    return [(title, items) for title, items in grouped if items]


def _write(path: Path, **content: Any) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("index.html.j2").render(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page + "\n", encoding="utf-8", newline="\n")
