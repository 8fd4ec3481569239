"""How the schools changed, released: all but one taken from all must not give back the one's mean."""

import numpy as np
import pandas as pd
import pytest

from evaluation.disclose.changes import protect_changes
from evaluation.disclose.precision import Precision
from evaluation.impact.change import COLUMNS

WIDTH = 20.0


def changed(values: list[float], smallest: int) -> pd.DataFrame:
    """The row of schools that changed so."""
    mean, without = np.mean(values), [(sum(values) - one) / (len(values) - 1) for one in values]
    row = dict.fromkeys(COLUMNS, np.nan) | {
        "question": "change", "estimate": mean, "std_error": np.std(values, ddof=1) / np.sqrt(len(values)),
        "without_one_low": min(without), "without_one_high": max(without), "pupil_weighted": mean,
        "n_schools": len(values), "n_smallest": smallest, "method": "t", "reason": "",
    }  # fmt: skip
    return pd.DataFrame([row])


@pytest.mark.parametrize("smallest", [16, 60, 200])
def test_a_school_left_out_is_told_no_finer_than_its_own_mean_may_be(smallest: int) -> None:
    """Schools of one size, but for one pupil's score: what is published is the same for scores twenty points apart, somewhere."""
    values = np.random.default_rng(smallest).normal(2, 6, 8)
    scores = np.linspace(-30, 30, 241)
    said = []
    for score in scores:
        moved = values + np.r_[score / smallest, np.zeros(7)]
        found = protect_changes(changed(list(moved), smallest), Precision({"y": WIDTH}), "y").iloc[0]
        assert "n_smallest" not in found.index
        said.append((found["without_one_low"], found["without_one_high"]))
    same = [str(pair) == str(said[120]) for pair in said]
    assert np.ptp(scores[same]) >= WIDTH


def test_what_is_too_rough_to_tell_anything_is_not_given() -> None:
    rough = protect_changes(changed([2.0, 2.1, 1.9, 2.2], 12), Precision({"y": WIDTH}), "y").iloc[0]
    assert np.isnan(rough["without_one_low"])
    assert rough["estimate"] == pytest.approx(2.05)
    fine = protect_changes(changed([2.0, 9.0, -4.0, 3.0], 200), Precision({"y": WIDTH}), "y").iloc[0]
    assert fine["without_one_low"] == pytest.approx(1 / 3, abs=0.1)
