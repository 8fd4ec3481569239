"""A written run audited by the command; and a score out of the scale or at its end, which changes nothing it should not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from canary_study import CANARIES, Raw, raw_files, run_here, write_canary
from pipeline_pages import silent
from typer.testing import CliRunner

from evaluation.batch.plan import Wanted
from evaluation.cli import app
from evaluation.disclose import Release, protect, read_release
from evaluation.disclose.cells import KEY
from evaluation.disclose.rounding import COUNT_BASE, FINEST
from evaluation.errors import DisclosureError
from evaluation.impact.answer import answer
from evaluation.intake import take_in
from evaluation.pipeline import Run, run
from evaluation.study import load_study

RAW = raw_files()
SCHOOL, OTHERS = "9992000", Wanted(schools=("9992000",))
PUPIL = 3  # the row of a pupil of that school


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))
        patch.chdir(root)
        run_here(patch)
        yield root


@pytest.fixture(scope="module")
def whole(project: Path) -> Run:
    """A run of the study in which one pupil's last score is blank."""
    write_canary(project, scored(""))
    return run(load_study("canary", project), project, OTHERS, 1, silent)


def scored(score: object) -> Raw:
    last = RAW["last"].astype({"Score": object})
    last.loc[PUPIL, "Score"] = score
    return {**RAW, "last": last}


def audited(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", *words])
    code = done.exception.exit_code if isinstance(done.exception, DisclosureError) else done.exit_code
    return code, done.output + str(done.exception or "")


def test_a_clean_run_is_found_so_by_name_and_by_folder(whole: Run, project: Path) -> None:
    code, said = audited(whole.folder.name)
    assert code == 0
    assert "name (84)" in said
    assert "Nothing was found" in said
    code, said = audited(str(whole.folder), "--json")
    assert code == 0
    found = json.loads(said)
    assert found["leaks"] == []
    assert found["files"] == sum(
        1 for path in whole.folder.rglob("*") if path.is_file() and "internal" not in path.parts
    )
    assert found["sought"]["pupil number"] == len(RAW["pupils"])


@pytest.mark.parametrize("canary", CANARIES)
def test_a_leak_written_into_a_run_afterwards_is_found_with_its_place_and_not_shown(
    whole: Run, canary: str
) -> None:
    page = whole.folder / "site" / "project" / "schools" / f"{SCHOOL}.html"
    kept = page.read_text(encoding="utf-8")
    page.write_text(kept.replace("</main>", f"<p>{canary}</p>\n</main>"), encoding="utf-8")
    try:
        code, said = audited(whole.folder.name)
    finally:
        page.write_text(kept, encoding="utf-8")
    assert code == 7
    line = kept[: kept.index("</main>")].count("\n") + 1
    assert f"site/project/schools/{SCHOOL}.html: " in said
    assert f"line {line}" in said
    assert canary not in said


def test_without_the_data_the_audit_says_what_it_could_not_seek(whole: Run, project: Path) -> None:
    (project / "data").rename(project / "away")
    try:
        code, said = audited(whole.folder.name)
    finally:
        (project / "away").rename(project / "data")
    assert code == 0
    assert "names and dates of birth were not sought" in said


def test_a_run_there_is_not_is_answered_with_the_nearest(whole: Run) -> None:
    done = CliRunner().invoke(app, ["audit", whole.folder.name[:-1]])
    assert f"Did you mean {whole.folder.name!r}?" in str(done.exception)


def test_a_score_far_out_of_the_scale_changes_no_byte_published(whole: Run, tmp_path: Path) -> None:
    """1,000,000 where 69 to 141 is possible: as if it were blank, but for the run's name and the store's hash.

    In a project of its own, for a release says which run was before it.
    """
    write_canary(tmp_path, scored(1_000_000))
    after = run(load_study("canary", tmp_path), tmp_path, OTHERS, 1, silent)
    assert after.folder.name != whole.folder.name
    assert read(after) == read(whole)


def read(finished: Run) -> dict[str, str]:
    """Every byte of site and release but the run's name and the store's hash."""
    meta = read_release(finished.folder / "release" / "project").meta
    files = [
        path
        for place in ("site", "release")
        for path in (finished.folder / place).rglob("*")
        if path.is_file()
    ]
    assert len(files) > 10
    return {
        path.relative_to(finished.folder).as_posix(): path.read_text(encoding="utf-8")
        .replace(meta["run"].rpartition("-")[2], "RUN")
        .replace(meta["store"], "STORE")
        for path in files
    }


def released(project: Path, score: object) -> tuple[Release, pd.DataFrame]:
    """The release when that is the pupil's score, and the means and counts at full precision."""
    write_canary(project, scored(score))
    study = load_study("canary", project)
    results = answer(study, take_in(study, project, silent))
    return protect(study, results, "run", "store"), results.tables["descriptives"]


@pytest.fixture(scope="module")
def in_the_middle(project: Path) -> tuple[Release, pd.DataFrame]:
    return released(project, 100)


@pytest.mark.parametrize("edge", [69, 141])
def test_a_score_at_the_end_of_the_scale_changes_only_figures_its_pupil_is_in(
    in_the_middle: tuple[Release, pd.DataFrame], project: Path, edge: int
) -> None:
    """Of other schools and clusters the truth is the same, what is withheld is, and every figure to what it is rounded to."""
    (middle, known), (ends, truth) = in_the_middle, released(project, edge)
    pd.testing.assert_frame_equal(known[elsewhere(known)], truth[elsewhere(truth)])
    for name, table in middle.tables.items():
        if "symbol" in table:
            pd.testing.assert_series_equal(table["symbol"], ends.tables[name]["symbol"])
    for name, column, means in (("descriptives", "mean", 1), ("differences", "estimate", 2)):
        one, other = (item.tables[name][elsewhere(item.tables[name])] for item in (middle, ends))
        steps = one["rounded_to"] + other["rounded_to"]
        apart = (one[column] - other[column]).abs().dropna()
        assert len(apart) > 0
        assert (
            apart <= means * steps[apart.index] / 2 + 1e-9
        ).all()  # each is half a step a mean from the truth
        alike = one["rounded_to"] == other["rounded_to"]
        if name == "descriptives":
            pd.testing.assert_frame_equal(one[alike], other[alike])
        assert not middle.tables[name].equals(ends.tables[name]), "the pupil's own school's figures do change"
    for name, table in ends.tables.items():
        assert float(edge) not in table.select_dtypes("number").to_numpy().ravel(), name


def elsewhere(table: pd.DataFrame) -> pd.Series:
    """Figures that the pupil is in neither by school nor by cluster nor as one of the project."""
    return ~((table["level"] == "project") | table["unit"].isin([SCHOOL, "Valley"]))


@pytest.mark.parametrize("score", [100, 69, 141])
def test_figures_by_disadvantage_are_about_the_truth_and_drawn_anew(
    in_the_middle: tuple[Release, pd.DataFrame], project: Path, score: int
) -> None:
    """A count is a multiple of five beside it; a mean strays by few of the changes that one pupil's score could make."""
    release, truth = released(project, score)
    rows = release.table("descriptives", symbol="")
    both = rows[rows["split"].str.contains("disadvantaged")].merge(truth, on=KEY, suffixes=("", "_true"))
    assert len(both) > 10
    assert (both["n"] % COUNT_BASE == 0).all()
    assert ((both["n"] - both["n_true"]).abs() < COUNT_BASE).all()
    strays = (both["mean"] - both["mean_true"]).abs() - FINEST / 2
    assert (strays < 5 * score_step(release, truth) / both["n_true"]).all()
    first = in_the_middle[0].table("descriptives", symbol="").set_index(KEY)["n"]
    drawn = both.set_index(KEY)["n"]
    assert (drawn == first[drawn.index]).all() == (score == 100)


def score_step(release: Release, truth: pd.DataFrame) -> pd.Series:
    """By row shown by disadvantage, twenty standardised points in the outcome's own."""
    whole = truth[(truth["level"] == "project") & (truth["split"] == "all")].set_index("outcome")["sd"]
    rows = release.table("descriptives", symbol="")
    outcomes = rows.loc[rows["split"].str.contains("disadvantaged"), "outcome"]
    return (20 * outcomes.map(whole) / 15).reset_index(drop=True)
