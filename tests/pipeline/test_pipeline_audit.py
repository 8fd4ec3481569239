"""A written run audited by the command; and a score out of the scale or at its end, which changes nothing it should not."""

import json
from pathlib import Path

import pandas as pd
import pytest
from canary_study import CANARIES, Raw, audited, raw_files, write_canary
from pipeline_pages import silent
from typer.testing import CliRunner

from evaluation.audit import find_run
from evaluation.batch.plan import Wanted
from evaluation.cli import app
from evaluation.disclose import Release, protect, read_release
from evaluation.disclose.cells import KEY
from evaluation.impact.answer import answer
from evaluation.intake import take_in
from evaluation.pipeline import Run, run
from evaluation.study import load_study

RAW = raw_files()
SCHOOL, OTHERS = "9992000", Wanted(schools=("9992000",))
PUPIL = 3  # the row of a pupil of that school


@pytest.fixture(scope="module")
def whole(canary_root: Path) -> Run:
    """A run of the study in which one pupil's last score is blank."""
    write_canary(canary_root, scored(""))
    return run(load_study("canary", canary_root), canary_root, OTHERS, 1, silent)


def scored(score: object) -> Raw:
    last = RAW["last"].astype({"Score": object})
    last.loc[PUPIL, "Score"] = score
    return {**RAW, "last": last}


def test_a_clean_run_is_found_so_by_name_and_by_folder(whole: Run, canary_root: Path) -> None:
    code, said = audited(whole.folder.name)
    assert code == 0
    assert "name (85)" in said  # 84 pupils and one member of staff
    assert "Nothing was found" in said
    assert find_run("canary") == find_run(whole.folder.name) == whole.folder.resolve()
    code, said = audited(str(whole.folder), "--json")
    assert code == 0
    found = json.loads(said)
    assert found["leaks"] == []
    files = [path.relative_to(whole.folder) for path in whole.folder.rglob("*") if path.is_file()]
    executed = [path for path in files if path.parts[:3] == ("internal", "notebooks", "site")]
    assert len(executed) == 1  # the school's page's
    assert found["files"] == len([path for path in files if "internal" not in path.parts] + executed)
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


def test_without_the_data_the_audit_says_what_it_could_not_seek(whole: Run, canary_root: Path) -> None:
    (canary_root / "data").rename(canary_root / "away")
    try:
        code, said = audited(whole.folder.name)
    finally:
        (canary_root / "away").rename(canary_root / "data")
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


Released = tuple[Release, pd.DataFrame]


def released(canary_root: Path, score: object) -> Released:
    """The release when that is the pupil's score, and the means and counts at full precision."""
    write_canary(canary_root, scored(score))
    study = load_study("canary", canary_root)
    results = answer(study, take_in(study, canary_root, silent))
    return protect(study, results, "run", "store"), results.tables["descriptives"]


@pytest.fixture(scope="module")
def in_the_middle(canary_root: Path) -> Released:
    return released(canary_root, 100)


@pytest.fixture(scope="module")
def at_the_ends(canary_root: Path) -> dict[int, Released]:
    return {edge: released(canary_root, edge) for edge in (69, 141)}


@pytest.mark.parametrize("edge", [69, 141])
def test_a_score_at_the_end_of_the_scale_changes_only_figures_its_pupil_is_in(
    in_the_middle: Released, at_the_ends: dict[int, Released], edge: int
) -> None:
    """Of other schools and clusters the truth is the same, what is withheld is, and every figure to what it is rounded to."""
    (middle, known), (ends, truth) = in_the_middle, at_the_ends[edge]
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


@pytest.mark.parametrize("edge", [69, 141])
def test_figures_by_disadvantage_are_exact_but_for_their_rounding(
    at_the_ends: dict[int, Released], edge: int
) -> None:
    release, truth = at_the_ends[edge]
    rows = release.table("descriptives", symbol="").dropna(subset=["n"])
    both = rows[rows["split"].str.contains("disadvantaged")].merge(truth, on=KEY, suffixes=("", "_true"))
    assert len(both) > 10
    assert (both["n"] == both["n_true"]).all()
    assert ((both["mean"] - both["mean_true"]).abs() <= both["rounded_to"] / 2 + 1e-9).all()
