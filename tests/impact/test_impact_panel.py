"""The plan's answers by every method: each with the allocation that the study's comparison names."""

from pathlib import Path

import pandas as pd
import pytest

from evaluation.impact.panel import panel
from evaluation.impact.plan import fit_plan
from evaluation.intake import take_in
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, pd.DataFrame]:
    """STAR cut to five schools, its plan as it is."""
    study = load_study("star", ROOT)
    root = tmp_path_factory.mktemp("star")
    (root / "data").mkdir()
    (root / "data" / "raw").symlink_to(ROOT / "data" / "raw", target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        analysis = take_in(study, root, lambda *_: None)["analysis"]
    first = sorted(analysis["school"].unique())[:5]
    return study, analysis[analysis["school"].isin(first)].reset_index(drop=True)


def notes(study: Study, analysis: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    found = panel(study, fit_plan(study, analysis))
    return found, found[found["question"] == "headline"].set_index("method")["note"]


def test_classes_drawn_by_lot_within_schools_are_dealt_anew_within_them(star) -> None:
    study, analysis = star
    found, said = notes(study, analysis)
    assert said["randomisation"].startswith("randomisation test over all ")
    assert "allocations of school:class within school" in said["randomisation"]
    assert "may mark a further arm" not in said["randomisation"], "the classes with an aide keep theirs"
    assert "varies within a school" in said["group-means"]
    headline = found[(found["question"] == "headline") & (found["method"] == "kenward-roger")].iloc[0]
    fitted = fit_plan(study, analysis)["headline"].coefficients.loc["small"]
    assert headline["estimate"] == fitted["estimate"]
    assert headline["p_value"] == fitted["p_value"]
    assert set(found["question"]) == {"headline", "gap_change"}


def test_where_nothing_was_drawn_by_lot_it_is_called_a_placebo_test(star) -> None:
    study, analysis = star
    compared = study.comparison.model_copy(update={"kind": "matched"})
    _, said = notes(study.model_copy(update={"comparison": compared}), analysis)
    assert said["randomisation"].startswith("placebo test")
