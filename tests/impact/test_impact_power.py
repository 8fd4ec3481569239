"""What the design can detect: by the published formula before there are data, by the estimate's own precision after."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from evaluation.cli import app
from evaluation.errors import ModelError
from evaluation.impact.power import ANALYSED, PLANNED, detectable
from evaluation.models import mdes
from evaluation.power import Detectable
from evaluation.study import Study, load_study
from evaluation.study.plan import Expected

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def estimated(std_error: float, df: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A headline of 28 schools; no gap model."""
    rows = pd.DataFrame(
        [
            ("headline", "treated", std_error, df, 1690, 28),
            ("gap_slope", "treated:disadvantaged", std_error, df, 1690, 28),
        ],
        columns=["model", "term", "std_error", "df", "n_pupils", "n_schools"],
    )
    sizes = pd.DataFrame(
        [("headline", 14.0, ""), ("gap_slope", 14.0, "")], columns=["model", "denominator", "reason"]
    )
    return rows, sizes


def test_as_planned_it_is_the_published_formula_s(study: Study) -> None:
    found = detectable(study, None, None).set_index("question")
    assert list(found["stage"]) == [PLANNED, PLANNED]
    for question, expected in study.analysis.power.items():
        assert found.loc[question, "mdes"] == pytest.approx(mdes(expected.design, **expected.quantities))
        assert found.loc[question, "mdes_units"] == pytest.approx(found.loc[question, "mdes"] * 15)


def test_as_analysed_four_in_five_such_studies_would_find_it(study: Study) -> None:
    """Simulated: estimates about the effect, their standard errors known but for the degrees of freedom."""
    found = detectable(study, *estimated(1.2, 20.0))
    row = found[(found["question"] == "headline") & (found["stage"] == ANALYSED)].iloc[0]
    generator = np.random.default_rng(1)
    errors = 1.2 * np.sqrt(generator.chisquare(20, 200_000) / 20)
    ratio = (row["mdes_units"] + 1.2 * generator.standard_normal(200_000)) / errors
    assert np.mean(np.abs(ratio) > stats.t.ppf(0.975, 20)) == pytest.approx(0.8, abs=0.01)
    assert row["mdes"] == row["mdes_units"] / 14


@pytest.mark.parametrize(("std_error", "df"), [(np.nan, 20.0), (1.2, 0.9)])
def test_without_an_interval_there_is_a_reason(study: Study, std_error: float, df: float) -> None:
    found = detectable(study, *estimated(std_error, df))
    row = found[found["stage"] == ANALYSED].iloc[0]
    assert np.isnan(row["mdes"])
    assert row["reason"] == "too few schools for an interval"


def test_a_design_that_does_not_exist_is_named_with_the_nearest(study: Study) -> None:
    plan = study.analysis
    wrong = plan.power["headline"].model_copy(update={"design": "cra22"})
    other = study.model_copy(update={"analysis": plan.model_copy(update={"power": {"headline": wrong}})})
    with pytest.raises(
        ModelError, match=r"ssif_maths\.yml: analysis\.power\.headline: .*Did you mean 'cra2'"
    ):
        detectable(other, None, None)


def test_the_command_says_it_of_a_study_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "params").mkdir()
    text = (ROOT / "params" / "ssif_maths.yml").read_text()
    (tmp_path / "params" / "ssif_maths.yml").write_text(text)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["power", "ssif_maths"])
    assert done.exit_code == 0
    assert "main effect, as planned: 0.29 standard deviations or 4.3 standardised points" in done.output
    assert "four studies in five" in done.output
    star = (ROOT / "params" / "star.yml").read_text()
    (tmp_path / "params" / "star.yml").write_text(star)
    refused = CliRunner().invoke(app, ["power", "star"])
    assert "analysis: power: headline" in str(refused.exception)


def alone(study: Study, **power: dict[str, object]) -> Study:
    """The study with nobody to compare with, and what it expects."""
    expected = {name: Expected.model_validate(item) for name, item in power.items()}
    plan = study.analysis.model_copy(update={"models": {}, "power": expected})
    comparison = study.comparison.model_copy(update={"kind": "norm"})
    return study.model_copy(update={"comparison": comparison, "analysis": plan})


OF_CHANGES = {"design": "change", "quantities": {"J": 8, "sd_change": 0.2}}
OF_GROUPS = {"design": "cra2", "quantities": {"n": 60, "J": 28, "icc": 0.12}}


def test_without_a_comparison_it_is_that_of_one_sample_of_schools(study: Study) -> None:
    row = {"question": "change", "std_error": 1.2, "df": 7, "n_pupils": 700, "n_schools": 8}
    gap = {"question": "change_in_gap", "std_error": np.nan, "df": 2, "n_pupils": np.nan, "n_schools": 3}
    changes = pd.DataFrame([row, gap])
    planned, analysed, few = detectable(alone(study, headline=OF_CHANGES), None, None, changes).to_dict(
        "records"
    )
    assert (planned["question"], planned["stage"], planned["df"]) == ("change", PLANNED, 7)
    assert planned["mdes"] == pytest.approx(0.2312, rel=0.003), "R's power.t.test of one sample"
    assert planned["mdes_units"] == pytest.approx(planned["mdes"] * 15)
    assert analysed["stage"] == ANALYSED
    assert analysed["mdes_units"] == pytest.approx(1.2 * np.sqrt(8) * 0.2312 / 0.2, rel=0.003)
    assert np.isnan(few["mdes_units"])
    assert few["reason"] == "too few schools for an interval"


@pytest.mark.parametrize("kind", ["norm", "matched"])
def test_a_design_that_does_not_fit_the_comparison_is_answered_with_a_reason(study: Study, kind: str) -> None:
    asked = alone(study, headline=OF_GROUPS if kind == "norm" else OF_CHANGES)
    asked = asked.model_copy(update={"comparison": study.comparison.model_copy(update={"kind": kind})})
    row = detectable(asked, None, None).iloc[0]
    assert np.isnan(row["mdes"])
    assert ("nobody to compare with" in row["reason"]) == (kind == "norm")
    assert ("has a comparison" in row["reason"]) == (kind == "matched")


def test_without_a_size_the_command_does_not_speak_of_one(study: Study) -> None:
    def said(asked: Study) -> str:
        return " ".join(Detectable("alone", detectable(asked, None, None), "points").lines())

    assert "this size" not in said(alone(study))
    assert "no first test" in said(alone(study))
    assert "this size" not in said(alone(study, headline=OF_GROUPS))
    found = said(alone(study, headline=OF_CHANGES))
    assert (
        "change from the first test to the last, as planned: 0.23 standard deviations or 3.5 points" in found
    )
    assert "A true change of this size" in found
    assert "effect" not in found
    assert "sd_change" in found
