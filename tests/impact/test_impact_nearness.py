"""Distance and clusters: kilometres by hand, known truth, and nothing worked out from too few."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_tables import EFFECTS, simulated

from evaluation.disclose.nearness import protect_points
from evaluation.disclose.precision import Precision
from evaluation.impact.nearness import cluster_points, clusters_differ, distance, nearest_km
from evaluation.models import fit
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
NONE = dict.fromkeys(EFFECTS, 0.0)


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def test_kilometres_by_hand() -> None:
    """A 3-4-5 triangle, a school far off, and one without a place."""
    schools = pd.DataFrame(
        {
            "school": list("abcde"),
            "easting": [0, 3000, 3000, 3000, np.nan],
            "northing": [0, 4000, 4500, 24500, 0],
        }
    )
    assert nearest_km(schools).to_dict() == pytest.approx({"a": 5.0, "b": 0.5, "c": 0.5, "d": 20.0})
    assert nearest_km(schools[:1]).empty


def along_a_road(pupils: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Treated schools in pairs, each pair twice as far apart as the one before; and each school's doublings."""
    treated = sorted(pupils.loc[pupils["treated"] == 1, "school"].unique())
    doublings = pd.Series({school: float(at // 2) for at, school in enumerate(treated)})
    east = {school: (at // 2) * 1e6 + (at % 2) * 1000 * 2 ** (at // 2) for at, school in enumerate(treated)}
    schools = pd.DataFrame({"school": sorted(pupils["school"].unique())})
    schools = schools.assign(easting=schools["school"].map(east).fillna(5.0), northing=0.0)
    return schools, doublings


def test_what_a_doubling_goes_with_is_found(study: Study) -> None:
    pupils = simulated(1, NONE, noise=0.05)
    schools, doublings = along_a_road(pupils)
    grown = pupils.assign(endline=pupils["endline"] - 2 * pupils["school"].map(doublings).fillna(0))
    found = distance(study, grown, schools).iloc[0]
    assert found["estimate"] == pytest.approx(-2, abs=0.2)
    assert found["ci_low"] < -2 < found["ci_high"]
    assert (found["km_low"], found["km_high"], found["n_schools"]) == (1, 32, 12)
    away = schools.assign(northing=schools["northing"] - 7e5)
    pd.testing.assert_frame_equal(distance(study, grown, away), distance(study, grown, schools), rtol=1e-6)


def test_three_schools_or_all_as_far_have_no_figures(study: Study) -> None:
    pupils = simulated(2, schools=12)
    schools, _ = along_a_road(pupils)
    treated = pupils.loc[pupils["treated"] == 1, "school"].unique()
    three = schools.assign(easting=schools["easting"].where(~schools["school"].isin(treated[3:])))
    found = distance(study, pupils, three).iloc[0]
    assert "fewer than four" in found["reason"]
    assert np.isnan(found["estimate"])
    even = schools.assign(easting=schools["school"].map({s: at * 1000.0 for at, s in enumerate(treated)}))
    assert np.isnan(distance(study, pupils, even)["estimate"].iloc[0])


def test_nothing_of_distance_where_pupils_of_a_school_are_compared(study: Study) -> None:
    inside = study.model_copy(update={"comparison": study.comparison.model_copy(update={"unit": "class"})})
    pupils = simulated(3, schools=6)
    assert distance(inside, pupils, along_a_road(pupils)[0]).empty


def in_clusters(pupils: pd.DataFrame, count: int) -> pd.DataFrame:
    treated = sorted(pupils.loc[pupils["treated"] == 1, "school"].unique())
    names = {school: f"cluster {at % count}" for at, school in enumerate(treated)}
    return pupils.assign(cluster=pupils["school"].map(names).fillna(""))


def test_clusters_that_differ_are_seen_to_and_those_alike_are_not(study: Study) -> None:
    pupils = in_clusters(simulated(4, NONE), 4)
    alike = clusters_differ(study, pupils).iloc[0]
    assert alike["p_value"] > 0.05
    assert alike["df_num"] == 3
    moved = pupils["endline"] + 12.0 * (pupils["cluster"] == "cluster 2")
    assert clusters_differ(study, pupils.assign(endline=moved))["p_value"].iloc[0] < 0.05


def test_three_clusters_are_points_alone_and_none_is_nothing(study: Study) -> None:
    pupils = simulated(5, schools=18)
    found = clusters_differ(study, in_clusters(pupils, 3)).iloc[0]
    assert np.isnan(found["p_value"])
    assert "fewer than four clusters" in found["reason"]
    assert clusters_differ(study, pupils.assign(cluster="")).empty


def test_points_are_each_clusters_own_lead(study: Study) -> None:
    """Without noise each cluster's planted lead comes back; one school's is nobody's to see."""
    pupils = in_clusters(simulated(6, NONE, noise=0.02), 3)
    lone = pupils.loc[pupils["cluster"] == "cluster 2", "school"].iloc[0]
    pupils["cluster"] = pupils["cluster"].where(pupils["school"] != lone, "alone")
    leads = {"cluster 0": 3.0, "cluster 1": -1.0, "cluster 2": 0.0, "alone": 9.0}
    pupils["endline"] += pupils["cluster"].map(leads).fillna(0.0)
    found = cluster_points(study, pupils).set_index("cluster")
    assert set(found.index) == set(leads)
    for name in ("cluster 0", "cluster 1", "cluster 2"):
        assert found.loc[name, "estimate"] == pytest.approx(leads[name], abs=0.2)
    assert np.isnan(found.loc["alone", "estimate"])
    assert "fewer than two schools" in found.loc["alone", "reason"]
    assert found["n_schools"].to_dict() == {"cluster 0": 4, "cluster 1": 4, "cluster 2": 3, "alone": 1}
    assert not {"ci_low", "std_error", "p_value"} & set(found)
    assert cluster_points(study, pupils.assign(cluster="")).empty


def test_with_two_clusters_alike_in_size_points_average_to_the_whole(study: Study) -> None:
    """The clusters' points less one another are the interaction of the headline's model."""
    pupils = in_clusters(simulated(7), 2)
    found = cluster_points(study, pupils).set_index("cluster")["estimate"]
    inside = pupils.assign(other=pupils["treated"] * (pupils["cluster"] == "cluster 1"))
    formula = study.analysis.models["headline"].formula
    interaction = fit(f"{formula} + other", inside).coefficients.loc["other", "estimate"]
    assert found["cluster 1"] - found["cluster 0"] == pytest.approx(interaction, rel=1e-6)


def test_points_are_as_rough_as_the_smallest_school(study: Study) -> None:
    table = pd.DataFrame({"cluster": ["a", "b", "c"], "estimate": [1.26, 2.5, np.nan], "n_schools": [2, 3, 1],
                          "n_smallest": [40, 9, 50], "reason": ["", "", "one"]})  # fmt: skip
    shown = protect_points(table, Precision({"endline": 20.0}), "endline", 10)
    assert shown["estimate"].tolist() == pytest.approx([1.5, np.nan, np.nan], nan_ok=True)
    assert shown["symbol"].tolist() == ["", "c", ""]
    assert "n_smallest" not in shown
