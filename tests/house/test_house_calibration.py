"""The calibration harness draws what it says and counts as it says; its page says what its results say."""

import importlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from evaluation.models import fit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def calibration() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("calibration")


@pytest.mark.slow
def test_neither_jobs_nor_blocks_matter(calibration: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [calibration.CELLS[1], calibration.CELLS[-1]]
    alone = calibration.simulate(cells, 7, 1)
    monkeypatch.setattr(calibration, "BLOCK", 3)
    pd.testing.assert_frame_equal(alone, calibration.simulate(cells, 7, 2))
    assert (alone["studies"] == 7).all()


def test_a_study_is_as_its_cell_says(calibration: ModuleType) -> None:
    cell = calibration.Cell(40, 0.3, 0)
    studies = [pd.DataFrame(calibration.draw(cell, number)) for number in range(60)]
    sizes = np.concatenate([study["school"].value_counts() for study in studies])
    assert set(sizes) == set(calibration.UNEQUAL)
    assert np.mean(calibration.UNEQUAL) == calibration.EQUAL
    rest = [study["score"] - calibration.BASELINE * study["baseline"] for study in studies]
    within = [part.groupby(study["school"]).var() for part, study in zip(rest, studies, strict=True)]
    assert np.mean(np.concatenate(within)) == pytest.approx(0.7, rel=0.03)
    assert np.var(np.concatenate(rest)) == pytest.approx(1, rel=0.05)
    assert np.var(np.concatenate([study["baseline"] for study in studies])) == pytest.approx(1, rel=0.05)
    assert all(study.groupby("school")["treated"].first().sum() == 20 for study in studies)
    assert not studies[0].equals(studies[1])


@pytest.mark.parametrize("name", ["6-0.3-unequal", "10-0.05-24", "20-0.15-unequal"])
def test_rejections_are_those_of_p_values_with_the_effect_in_the_data(
    calibration: ModuleType, name: str
) -> None:
    cell = next(cell for cell in calibration.CELLS if cell.name == name)
    counted = calibration.block(cell, 0, 12)
    for number, found in enumerate(counted):
        study = pd.DataFrame(calibration.draw(cell, number))
        for column, effect in enumerate((0.0, calibration.EFFECT)):
            shifted = study.assign(score=study["score"] + effect * study["treated"])
            p, df = p_and_df(calibration, shifted, number)
            assert (found[:, column] == (p < 0.05)).all(), (number, effect, p)
            np.testing.assert_allclose(found[:, 2], df, rtol=1e-6)


def p_and_df(calibration: ModuleType, study: pd.DataFrame, number: int) -> tuple[np.ndarray, np.ndarray]:
    """By every method, from the rows, in the harness's order."""
    result = fit(calibration.MAIN, study)
    tables = [result.inference(method) for method in ("wald", "satterthwaite", "kenward-roger", "cr2")]
    x = np.column_stack([np.ones(len(study)), study["baseline"], study["treated"]])
    x[:, 1:] -= x[:, 1:].mean(axis=0)  # as the engine's: which draw a cluster has depends on it
    y = study["score"].to_numpy()
    rows = [np.flatnonzero(study["school"] == school) for school in study["school"].unique()]
    wild = calibration.wild_bootstrap(
        np.array([x[own].T @ x[own] for own in rows]),
        np.array([x[own].T @ y[own] for own in rows]),
        np.array([0.0, 0.0, 1.0]),
        n=len(study),
        seed=number,
        draws=calibration.DRAWS,
    )
    p = [*(table.loc["treated", "p_value"] for table in tables), wild.p_value]
    return np.array(p), np.array([*(table.loc["treated", "df"] for table in tables), np.nan])


def test_the_slope_goes_to_the_gap_alone(calibration: ModuleType) -> None:
    """Kenward-Roger with the slope, from the rows; without a slope in the truth nothing else about the study changes."""
    without, with_slope = (calibration.Cell(8, 0.15, 24, sd) for sd in (0.0, 0.4))
    study = pd.DataFrame(calibration.draw(with_slope, 3))
    assert study.groupby("school")["disadvantaged"].sum().tolist() == [8] * 8
    found = calibration.analyse(with_slope, 3)
    for (pieces, df, _), (formula, method) in zip(
        found,
        [
            (calibration.INTERCEPT, "kenward-roger"),
            (calibration.SLOPE, "kenward-roger"),
            (calibration.INTERCEPT, "cr2"),
        ],
        strict=True,
    ):
        row = fit(formula, study).inference(method).loc["treated:disadvantaged"]
        assert [*pieces[0], df] == pytest.approx([row["ci_low"], row["ci_high"], row["df"]], rel=1e-8)
    assert without.term == with_slope.term == "treated:disadvantaged"


@pytest.mark.r
def test_kenward_roger_is_pbkrtest_s(calibration: ModuleType) -> None:
    packages = "stopifnot(requireNamespace('lme4', quietly=TRUE), requireNamespace('pbkrtest', quietly=TRUE))"
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    if subprocess.run(["Rscript", "-e", packages], capture_output=True, check=False).returncode:
        pytest.skip("R lacks lme4 or pbkrtest")
    compared = calibration.compare(calibration.CELLS[:4], 3)
    assert compared["pbkrtest_difference"].max() < 1e-5
    assert len(compared) == 4


def test_the_page_says_what_the_results_say() -> None:
    """Each verdict again, by hand: the rates against 5% give or take three times 0.218%."""
    results = pd.read_csv(ROOT / "docs" / "calibration.csv")
    main = results[results["term"] == "treated"]
    assert len(main) == 32 * 5
    assert (main["studies"] == 10_000).all()
    own = main[main["method"] == "kenward-roger"]
    rates = own["rejected"].to_numpy()
    ample = (own["schools"] > 6).to_numpy() & (own["correlation"] > 0.1).to_numpy()
    verdicts = [
        (rates <= 0.05654).all(),
        ((rates >= 0.04346) & (rates <= 0.05654))[ample].all(),
        (own["pbkrtest_difference"] <= 1e-5).all() and (own["pbkrtest_studies"] == 50).all(),
    ]
    text = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    table = text.split("## What Kenward-Roger is held to")[1].split("##")[0]
    said = [line.split("|")[2].strip() for line in table.strip().splitlines()[2:]]
    assert said == ["yes" if holds else "**no**" for holds in verdicts]


def test_the_page_is_drawn_from_the_results(calibration: ModuleType) -> None:
    page = importlib.import_module("calibration_page")
    drawn = page.page(*page.read_results(), calibration.FACTS)
    kept = page.PAGE.read_text(encoding="utf-8")
    assert kept.rpartition("Drawn with")[0] == drawn.rpartition("Drawn with")[0]
