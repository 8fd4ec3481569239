"""Scales by hand and beside scipy; re-applied, refused, kept; and published facts of key stage scaled scores."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluation.derive.scales import (
    EXPECTED,
    HIGH,
    Paper,
    Scale,
    as_kept,
    equipercentile_scale,
    kept_scale,
    mean_sd_scale,
    norm_scale,
    read_scales,
    scaled_standard,
    scales_table,
)
from evaluation.errors import DataError
from evaluation.store import Store, write_store
from evaluation.study.check_measures import SCALED_HIGHEST, SCALED_LOWEST
from evaluation.study.measures import KeptScale

PAPER = Paper("ptm", "2019", "4", "autumn")
WHO = "comparison"
REAL = Path(os.environ.get("EVALUATION_SHARED", Path(__file__).parents[2].parent / "shared")) / "real"
MAKE = [mean_sd_scale, equipercentile_scale]
SCORES = st.lists(st.integers(0, 60), min_size=2, max_size=40).filter(lambda scores: len(set(scores)) > 1)


def test_mean_and_standard_deviation_by_hand() -> None:
    scale = mean_sd_scale(PAPER, WHO, np.array([5.0, 1, 3, np.nan, 2, 4]))
    assert scale is not None
    assert (scale.n, scale.method) == (5, "mean_sd")
    # Mean 3, standard deviation the root of 10 / 4.
    assert scale.apply(np.array([3.0, 5, 8, np.nan]), PAPER) == pytest.approx(
        [100, 100 + 15 * 2 / 2.5**0.5, 100 + 15 * 5 / 2.5**0.5, np.nan], nan_ok=True
    )


def test_equal_percentiles_by_hand() -> None:
    scale = equipercentile_scale(PAPER, WHO, np.array([3.0, 2, 2, 1]))
    assert scale is not None
    # Percentiles 12.5, 50 and 87.5; qnorm(0.875) = 1.150349 in R. Between points a line, beyond the ends the end.
    high = 100 + 15 * 1.150349
    expected = [100 - 15 * 1.150349, 100, (100 + high) / 2, high, high]
    assert scale.apply(np.array([0.0, 2, 2.5, 3, 99]), PAPER) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(SCORES)
def test_beside_scipy(scores: list[int]) -> None:
    raw = np.array(scores, dtype="float64")
    line, curve = mean_sd_scale(PAPER, WHO, raw), equipercentile_scale(PAPER, WHO, raw)
    assert line is not None
    assert curve is not None
    assert line.apply(raw, PAPER) == pytest.approx(100 + 15 * stats.zscore(raw, ddof=1))
    share = (stats.rankdata(raw, method="average") - 0.5) / len(raw)
    assert curve.apply(raw, PAPER) == pytest.approx(100 + 15 * stats.norm.ppf(share))


@settings(max_examples=40, deadline=None)
@given(SCORES, st.floats(0.1, 50), st.floats(-100, 100), st.randoms(use_true_random=False))
def test_rescaling_and_row_order_change_nothing(scores: list[int], times: float, plus: float, random) -> None:
    raw = np.array(scores, dtype="float64")
    mixed = np.array(random.sample(scores, len(scores)), dtype="float64")
    for make in MAKE:
        scale, other, again = (
            make(PAPER, WHO, raw),
            make(PAPER, WHO, times * raw + plus),
            make(PAPER, WHO, mixed),
        )
        assert scale is not None
        assert other is not None
        assert again == scale
        assert other.apply(times * raw + plus, PAPER) == pytest.approx(scale.apply(raw, PAPER), abs=1e-6)
        assert (np.diff(scale.apply(np.arange(-5.0, 70), PAPER)) >= 0).all()


@pytest.mark.parametrize("scores", [[], [3.0], [3.0, 3.0], [np.nan, 4.0, np.nan]])
def test_without_variation_there_is_no_scale(scores: list[float]) -> None:
    for make in MAKE:
        assert make(PAPER, WHO, np.array(scores, dtype="float64")) is None


def test_norms_are_a_line_through_the_publisher_s_mean() -> None:
    # T scores: mean 50, standard deviation 10.
    scale = norm_scale(PAPER, 50, 10)
    assert scale.apply(np.array([50.0, 60, 35]), PAPER) == pytest.approx([100, 115, 77.5])
    assert norm_scale(PAPER, 100, 15).apply(np.array([69.0, 141]), PAPER) == pytest.approx([69, 141])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"edition": "2023"}, ["edition '2019'", "edition '2023'"]),
        ({"edition": ""}, ["edition '2019'", "edition 'not stated'"]),
        ({"instrument": "puma"}, ["test 'ptm'", "test 'puma'"]),
        ({"year_group": "5"}, ["year group '4'", "year group '5'"]),
        ({"wave": "summer"}, ["wave 'autumn'", "wave 'summer'"]),
    ],
)
def test_a_scale_is_refused_to_other_scores_by_name(change: dict[str, str], words: list[str]) -> None:
    scale = mean_sd_scale(PAPER, WHO, np.array([1.0, 2]))
    assert scale is not None
    with pytest.raises(DataError) as caught:
        scale.apply(np.array([1.0]), replace(PAPER, **change))
    assert all(word in str(caught.value) for word in words)


def scales() -> list[Scale]:
    raw = np.array([1.0, 4, 4, 7, 9.5])
    other = Paper("puma", "", "2", "summer")
    made = [mean_sd_scale(PAPER, WHO, raw), equipercentile_scale(other, WHO, raw / 3)]
    return [
        *[scale for scale in made if scale],
        norm_scale(replace(PAPER, wave="spring"), 50, 10),
        Scale(replace(PAPER, year_group="5"), "none", "none: the scores as they stand"),
    ]


def test_scales_come_back_from_the_store_and_the_study_file_as_they_were(tmp_path: Path) -> None:
    write_store(tmp_path, {"scales": scales_table(scales())})
    assert list(read_scales(Store(tmp_path).read("scales"))) == scales()
    text = as_kept(scales())
    kept = [kept_scale(KeptScale.model_validate(item)) for item in yaml.safe_load(text)["kept"]]
    assert kept == scales()[:2]  # those made from scores
    assert read_scales(scales_table([])) == ()


def test_standards_of_key_stage_scaled_scores() -> None:
    """Scores go from 80 to 120; 100 is the expected standard (gov.uk, Understanding scaled scores), 110 high."""
    scores = pd.Series([80.0, 99, 100, 109, 110, 120, np.nan])
    assert scaled_standard(scores).tolist() == ["below", "below", "expected", "expected", "high", "high", ""]
    assert (SCALED_LOWEST, SCALED_HIGHEST, EXPECTED, HIGH) == (80, 120, 100, 110)


@pytest.mark.parametrize("year", ["2016-2017", "2018-2019"])
def test_published_averages_agree_with_the_standards(year: str) -> None:
    """Each school's average is one its shares of pupils at the two standards allow, figures rounded as published."""
    path = REAL / f"{year}_850_ks2final.csv"
    if not path.is_file():
        pytest.skip(f"needs the published table {path.name} (EVALUATION_SHARED)")
    names = ["MAT_AVERAGE", "PTMAT_EXP", "PTMAT_HIGH"]
    table = pd.read_csv(path, dtype=str, keep_default_na=False)[names].apply(
        lambda column: column.str.rstrip("%")
    )
    mean, expected, high = table.apply(pd.to_numeric, errors="coerce").dropna().to_numpy().T
    assert len(mean) > 250
    assert mean.min() >= SCALED_LOWEST
    assert mean.max() <= SCALED_HIGHEST
    expected, high = expected / 100, high / 100
    least = SCALED_LOWEST + (EXPECTED - SCALED_LOWEST) * expected + (HIGH - EXPECTED) * high
    rounding = 0.5 + 0.005 * (HIGH - SCALED_LOWEST)
    assert (mean + rounding >= least).all()
    assert mean[expected == 1].min() >= EXPECTED
