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
from evaluation.disclose import Release, protect
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


def test_a_score_far_out_of_the_scale_changes_no_byte_published(whole: Run, project: Path) -> None:
    """1,000,000 where 69 to 141 is possible: as if it were blank, but for the run's name and the store's hash."""
    before = read(whole)
    write_canary(project, scored(1_000_000))
    try:
        after = run(load_study("canary", project), project, OTHERS, 1, silent)
    finally:
        write_canary(project, scored(""))
    assert after.folder != whole.folder
    assert read(after) == before


def read(finished: Run) -> dict[str, str]:
    """Every byte of site and release but the run's name and the store's hash."""
    release = json.loads((finished.folder / "release/project/release.json").read_text(encoding="utf-8"))[
        "meta"
    ]
    files = [
        path
        for place in ("site", "release")
        for path in (finished.folder / place).rglob("*")
        if path.is_file()
    ]
    return {
        path.relative_to(finished.folder).as_posix(): path.read_text(encoding="utf-8")
        .replace(release["run"], "RUN")
        .replace(release["store"], "STORE")
        for path in files
    }


def released(project: Path, score: object) -> Release:
    write_canary(project, scored(score))
    study = load_study("canary", project)
    return protect(study, answer(study, take_in(study, project, silent)), "run", "store")


@pytest.mark.parametrize("edge", [69, 141])
def test_a_score_at_the_end_of_the_scale_changes_only_figures_its_pupil_is_in(
    project: Path, edge: int
) -> None:
    """Other schools' and clusters' own figures, and whatever is withheld, are the same to the last digit."""
    middle, ends = released(project, 100), released(project, edge)
    changed = 0
    for name in ("descriptives", "differences", "flow"):
        one, other = middle.tables[name], ends.tables[name]
        apart = ~((one["level"] == "project") | one["unit"].isin([SCHOOL, "Valley"]))
        assert apart.any()
        pd.testing.assert_frame_equal(one[apart], other[apart])
        changed += not one.equals(other)
    assert changed, "the pupil's own school's figures do change"
    for name, table in middle.tables.items():
        if "symbol" in table:
            pd.testing.assert_series_equal(table["symbol"], ends.tables[name]["symbol"])
    for name, table in ends.tables.items():
        assert float(edge) not in table.select_dtypes("number").to_numpy().ravel(), name
