"""The synthetic population against the figures it is meant to have, and the true values against brute force."""

import time

import numpy as np
import pandas as pd
import pytest

from evaluation.simulate import Truth, analysis_data, estimands
from evaluation.simulate.schools import SCHOOLS, TAKING_PART
from evaluation.simulate.truth import recorded_mean

SEEDS = 40


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    """The comparison pupils of many studies, their schools and classes told apart."""
    studies = [analysis_data(seed).assign(seed=seed) for seed in range(SEEDS)]
    pupils = pd.concat(studies, ignore_index=True)
    return pupils[pupils["role"] == "comparison"]


def variance_shares(pupils: pd.DataFrame, score: str) -> tuple[float, float, float]:
    """School and class shares of the variance, and the total, from nested analysis of variance (unequal sizes).

    Equates the sums of squares between schools, between classes within schools and within classes to their
    expectations (Searle, Casella and McCulloch 1992, Variance Components).
    """
    data = pupils.dropna(subset=[score])
    by_class = data.groupby(["seed", "school", "class"])[score].agg(["sum", "size"])
    by_school = by_class.groupby(["seed", "school"]).sum()
    n = len(data)
    squares = float((data[score] ** 2).sum())
    classes = float((by_class["sum"] ** 2 / by_class["size"]).sum())
    schools = float((by_school["sum"] ** 2 / by_school["size"]).sum())
    whole = float(data[score].sum() ** 2 / n)
    within_school = float(
        ((by_class["size"] ** 2).groupby(["seed", "school"]).sum() / by_school["size"]).sum()
    )
    class_squares, school_squares = ((table["size"] ** 2).sum() / n for table in (by_class, by_school))
    pupil = (squares - classes) / (n - len(by_class))
    room = ((classes - schools) - (len(by_class) - len(by_school)) * pupil) / (n - within_school)
    school = ((schools - whole) - room * (within_school - class_squares) - (len(by_school) - 1) * pupil) / (
        n - school_squares
    )
    total = school + room + pupil
    return school / total, room / total, total


@pytest.mark.parametrize("wave", ["baseline", "endline"])
def test_variance_shares_are_the_calibrated_ones(many: pd.DataFrame, wave: str) -> None:
    school, room, total = variance_shares(many, wave)
    assert school == pytest.approx(0.09, abs=0.02)
    assert room == pytest.approx(0.04, abs=0.008)
    assert np.sqrt(total) == pytest.approx(15, abs=0.6)


def test_correlation_of_baseline_and_endline(many: pd.DataFrame) -> None:
    assert 0.6 < many["baseline"].corr(many["endline"]) < 0.7


@pytest.mark.parametrize("wave", ["baseline", "midpoint", "endline"])
def test_gap_in_schools_not_taking_part(many: pd.DataFrame, wave: str) -> None:
    scores = many.dropna(subset=[wave])
    by_school = scores.groupby(["seed", "school", "disadvantaged"])[wave].mean().unstack("disadvantaged")
    gap = (by_school[1.0] - by_school[0.0]).mean() / 15
    assert -0.45 < gap < -0.35


def test_missing_outcomes_are_a_few_per_cent(many: pd.DataFrame) -> None:
    assert 0.03 < many["endline"].isna().mean() < 0.05


def test_taking_part_schools_begin_a_little_lower() -> None:
    pupils = pd.concat([analysis_data(seed) for seed in range(SEEDS)])
    means = pupils.groupby("role")["baseline"].mean()
    assert -4 < means["taking part"] - means["comparison"] < -1


def test_recorded_mean_is_that_of_a_rounded_and_bounded_score() -> None:
    draws = np.random.default_rng(0).normal(93, 16, 2_000_000)
    assert recorded_mean(93, 16, 70, 130) == pytest.approx(np.clip(np.rint(draws), 70, 130).mean(), abs=0.03)


def test_true_values_are_what_the_same_pupils_would_score_without_the_project() -> None:
    """The same seeds with and without an effect: the difference, pupil by pupil, is the effect on each."""
    without = Truth(effect=0.0, gap_change=0.0)
    effects = []
    for seed in range(SEEDS):
        table = analysis_data(seed)
        table["gain"] = table["endline"] - analysis_data(seed, without)["endline"]
        effects.append(table[table["role"] == TAKING_PART])
    pupils = pd.concat(effects).dropna(subset=["gain"])
    by_group = pupils.groupby("disadvantaged")["gain"].mean()
    true = estimands(Truth())
    assert pupils["gain"].mean() == pytest.approx(true.headline, abs=0.03)
    assert by_group[1.0] - by_group[0.0] == pytest.approx(true.gap_change, abs=0.06)
    assert 0.12 < true.headline / 15 < 0.17
    assert 0.04 < true.gap_change / 15 < 0.06


def test_the_same_seed_gives_the_same_table_and_another_does_not() -> None:
    pd.testing.assert_frame_equal(analysis_data(3), analysis_data(3))
    assert not analysis_data(3)["endline"].equals(analysis_data(4)["endline"])


def test_an_analysis_table_takes_milliseconds() -> None:
    analysis_data(0)
    start = time.process_time()
    for seed in range(10):
        analysis_data(seed)
    assert (time.process_time() - start) / 10 < 0.03


def test_the_project_has_its_shape() -> None:
    counts = (
        pd.DataFrame([(s.role, s.phase) for s in SCHOOLS], columns=["role", "phase"]).value_counts().to_dict()
    )
    assert counts == {
        ("taking part", "primary"): 5,
        ("taking part", "secondary"): 3,
        ("supporting", "primary"): 2,
        ("comparison", "primary"): 13,
        ("comparison", "secondary"): 7,
    }
    assert len({s.laestab for s in SCHOOLS}) == len({s.slug for s in SCHOOLS}) == 30
    assert all(s.laestab.startswith("999") and len(s.laestab) == 7 for s in SCHOOLS)


def test_clusters_are_three_near_schools_and_one_primary_is_far_from_all() -> None:
    def distance(a: int, b: int) -> float:
        return float(
            np.hypot(SCHOOLS[a].easting - SCHOOLS[b].easting, SCHOOLS[a].northing - SCHOOLS[b].northing)
        )

    clusters: dict[str, list[int]] = {}
    for place, school in enumerate(SCHOOLS):
        clusters.setdefault(school.cluster, []).append(place)
    alone = [place for place in clusters.pop("") if SCHOOLS[place].role == TAKING_PART]
    assert [len(places) for places in clusters.values()] == [3, 3, 3]
    assert max(distance(a, b) for places in clusters.values() for a in places for b in places) < 5_000
    assert len(alone) == 1
    assert min(distance(alone[0], other) for other in range(len(SCHOOLS)) if other != alone[0]) > 40_000
