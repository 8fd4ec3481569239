"""Open what a notebook reads: a release, or, to re-fit a model, the study's analysis table."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.disclose import Release, read_meta, read_release
from evaluation.errors import ReportError, nearest
from evaluation.store import Store
from evaluation.study import AUDIENCES, Study, find_root, load_study

RUN_FOLDER = "EVALUATION_RUN_FOLDER"
NO_SCHOOL = "School not known"


def open_release(study: str, run: str = "", audience: str = "") -> Release:
    """Open a release of a run: of the latest one, unless a run is named; for the site's audience, unless one is named.

    Inside a run the folder comes from the environment variable EVALUATION_RUN_FOLDER.

    Raises
    ------
    ReportError
        When there is no such run or no release for the audience, or the release is of another study or run than the one
        asked for.
    """
    release = read_release(_audience_folder(run_folder(study, run), audience))
    _check_asked(release.meta, study, run)
    return release


def _check_asked(meta: Mapping[str, Any], study: str, run: str) -> None:
    for what, wanted in (("study", study), ("run", run)):
        if wanted and meta[what] != wanted:
            raise ReportError(f"The release is of {what} {meta[what]!r}, not {wanted!r}.")


def run_folder(study: str, run: str = "") -> Path:
    """The folder of a run of a study: the one being made, the one named, or the latest.

    Raises
    ------
    ReportError
        When there is no such run; the message names the nearest.
    """
    if given := os.environ.get(RUN_FOLDER):
        return Path(given)
    runs = find_root() / "reports" / study
    latest = runs / "latest"
    if not run and not latest.is_file():
        raise ReportError(f"No run of {study!r} yet. Make one with `evaluation run {study}`.")
    folder = runs / (run or latest.read_text(encoding="utf-8").strip())
    if not folder.is_dir():
        known = sorted(item.name for item in runs.glob("*") if item.is_dir())
        raise ReportError(f"No run {folder.name!r} of {study!r}.{nearest(folder.name, known)}")
    return folder


def load_analysis(study: str, run: str = "") -> pd.DataFrame:
    """The pupils a study's models are about, one row a pupil, to re-fit the models with.

    Raises
    ------
    ReportError
        When the store has changed since the run was made.
    """
    table = _store(study, run).read("analysis")
    return table[table["in_population"]].reset_index(drop=True)


@dataclass(frozen=True)
class Quality:
    """What the store says of the quality of the data received: of one school, or of all.

    Attributes
    ----------
    study : Study
    school : str
        The school; "" for all.
    names : mapping of str to str
        Every school's name, by identifier.
    issues, review : DataFrame
        Every row and cell that cleaning did not accept, and, in the same columns, the records that linking leaves to a
        person.
    linkage : DataFrame
        From `evaluation.derive.linkage_table`.
    moves : DataFrame
        From `evaluation.derive.moves_table`.
    conflicts : DataFrame
        From `fix_disadvantage`, with the file, sheet and row of the pupil's first listing.
    """

    study: Study
    school: str
    names: Mapping[str, str]
    issues: pd.DataFrame
    review: pd.DataFrame
    linkage: pd.DataFrame
    moves: pd.DataFrame
    conflicts: pd.DataFrame

    def called(self, school: str) -> str:
        """A school as a page names it, one that no register names, or that is not known at all, too."""
        return self.names.get(school) or (f"School {school}" if school else NO_SCHOOL)


def load_quality(study: str, run: str = "", school: str = "") -> Quality:
    """What the data quality page is about: of one school, or of all when `school` is empty.

    Raises
    ------
    ReportError
        When the store has changed since the run was made.
    """
    store = _store(study, run)
    listed = store.read("pupils", ["pupil", "file", "sheet", "row"]).drop_duplicates("pupil")
    tables = {
        "issues": store.read("issues"),
        "review": store.read("review").assign(column="", rule="review", severity="review"),
        "linkage": store.read("linkage"),
        "conflicts": store.read("conflicts").merge(listed, on="pupil", how="left"),
    }
    moves = store.read("moves")
    if school:
        tables = {
            name: table[table["school"] == school].reset_index(drop=True) for name, table in tables.items()
        }
        moves = moves[(moves["from_school"] == school) | (moves["to_school"] == school)]
    register = store.read("schools", ["school", "name"])
    names = dict(zip(register["school"], register["name"], strict=True))
    return Quality(load_study(study), school, names, **tables, moves=moves)


def school_facts(release: Release, school: str) -> dict[str, str]:
    """What the release says of a school that has a report: name, phase, role, cluster, slug.

    Raises
    ------
    ReportError
        When the release has no report for such a school; the message names the nearest.
    """
    reported = release.meta["reported_schools"]
    if school not in reported:
        raise ReportError(f"No report for school {school!r} in this release.{nearest(school, reported)}")
    return next(item for item in release.meta["schools"] if item["school"] == school)


def cluster_facts(release: Release, cluster: str) -> dict[str, Any]:
    """What the release says of a cluster: its name, its slug and its schools.

    Raises
    ------
    ReportError
        When the release has no such cluster; the message names the nearest.
    """
    found = {item["cluster"]: item for item in release.meta["clusters"]}
    if cluster not in found:
        raise ReportError(f"No cluster {cluster!r} in this release.{nearest(cluster, list(found))}")
    return found[cluster]


def _audience_folder(folder: Path, audience: str) -> Path:
    """The release for an audience; the widest of a run's audiences is the site's."""
    found = [name for name in AUDIENCES if (folder / "release" / name).is_dir()]
    if not found:
        raise ReportError(f"{folder.name} has no release. Run `evaluation run` again.")
    if audience and audience not in found:
        raise ReportError(
            f"{folder.name} has no release for audience {audience!r}; it has one for {' and '.join(found)}. "
            "The study file says whom packs are made for (reports: packs)."
        )
    return folder / "release" / (audience or found[0])


def _store(study: str, run: str) -> Store:
    """The study's store, provided that it is still the one the run was made from."""
    store = Store(find_root() / "data" / "processed" / study)
    meta = read_meta(_audience_folder(run_folder(study, run), ""))
    _check_asked(meta, study, run)
    if store.hash != meta["store"]:
        raise ReportError(
            f"data/processed/{study} has changed since this run was made. Make a new run with `evaluation run {study}`."
        )
    return store
