"""Yes/no outcomes that cannot carry a method: an error that says what to do, or a reason beside the methods that apply."""

import re

import numpy as np
import pandas as pd
import pytest
from yes_no import from_counts, simulate

from evaluation.errors import ModelError
from evaluation.models.proportions.difference import LINEAR_CR2, LINEAR_KENWARD_ROGER, proportion_difference

pytestmark = pytest.mark.filterwarnings("error")
NUMBERS = ["estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high"]

DATA = simulate(5).assign(
    score=lambda d: d["baseline"],
    points=lambda d: 100 + 15 * d["baseline"],
    constant=1,
    text=lambda d: np.where(d["reached"] == 1, "yes", "no"),
    everyone=lambda d: d["reached"].where(d["treated"] == 0, 1),
    nobody=lambda d: d["reached"].where(d["disadvantaged"] == 0, 0),
    twice=lambda d: 1 - 2 * d["treated"],
    only="one",
    first=lambda d: (d["school"] == 1).astype(int),
    arm=lambda d: d["treated"].map({0: "a", 1: "b"}),
    dose=lambda d: d["treated"] * d["school"],
    region=lambda d: pd.Categorical(np.array(["x", "y", "z"])[d["class"] + d["disadvantaged"]]),
)


@pytest.mark.parametrize(
    ("formula", "term", "words"),
    [
        ("score ~ treated + (1 | school)", "treated", "'score' must hold 0 and 1"),
        ("text ~ treated + (1 | school)", "treated", "'text' must hold 0 and 1.* 2 other values"),
        ("constant ~ treated + (1 | school)", "treated", "is 1 in every row"),
        ("reachd ~ treated + (1 | school)", "treated", "Did you mean 'reached'"),
        ("log(reached) ~ treated + (1 | school)", "treated", "must be a column of the data"),
        ("reached ~ treated", "treated", r"no clusters: add a random term such as \(1 \| school\)"),
        ("reached ~ treated + (1 | only)", "treated", "only has 1 group"),
        ("reached ~ treated + twice + (1 | school)", "twice", "'twice' was dropped as collinear"),
        ("reached ~ treated + (1 | school)", "treatd", "Did you mean 'treated'"),
        ("reached ~ treated + (1 | school)", "Intercept", "choose from treated"),
        ("reached ~ 0 + arm + (1 | school)", "arm[b]", "no intercept"),
        ("treated ~ arm + (1 | school)", "arm[T.b]", "no residual variance"),
    ],
)
def test_named_error(formula: str, term: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        proportion_difference(formula, DATA, term)


@pytest.mark.parametrize(
    ("formula", "term", "words"),
    [
        ("everyone ~ treated + (1 | school)", "treated", "is 1 in all {n} rows with treated = 1"),
        (
            "nobody ~ treated * disadvantaged + (1 | school)",
            "treated:disadvantaged",
            "is 0 in all .* disadvantaged = 1",
        ),
        ("nobody ~ treated + disadvantaged + (1 | school)", "treated", "log odds are infinite"),
        ("reached ~ baseline + (1 | school)", "baseline", "'baseline' takes other values than 0 and 1"),
        ("reached ~ dose + (1 | school)", "dose", "'dose' takes other values"),
        ("reached ~ treated * points + (1 | school)", "treated", "put centred values in a column"),
        (
            "reached ~ treated + I(treated * baseline) + (1 | school)",
            "treated",
            "changes together with other terms",
        ),
        (
            "reached ~ treated + disadvantaged + I(treated * disadvantaged) + (1 | school)",
            "I(treated * disadvantaged)",
            "not made from one column",
        ),
        ("reached ~ region:baseline + (1 | school)", "region[x]:baseline", "other values than 0 and 1"),
    ],
)
def test_reason_for_no_logistic_row(formula: str, term: str, words: str) -> None:
    found = proportion_difference(formula, DATA, term)
    assert found.methods.index.tolist() == [LINEAR_CR2, LINEAR_KENWARD_ROGER]
    assert np.isfinite(found.methods[NUMBERS].to_numpy(dtype=float)).all()
    pattern = words.format(n=int((DATA["treated"] == 1).sum()))
    assert re.search(pattern, found.reason)
    assert "logistic" not in found.proportions


def test_one_treated_school_leaves_kenward_roger() -> None:
    found = proportion_difference("reached ~ first + (1 | school)", DATA, "first")
    assert found.method == LINEAR_KENWARD_ROGER
    assert found.methods.index.tolist() == [LINEAR_KENWARD_ROGER]
    assert found.reason.count("rests on one cluster alone") == 2
    two = DATA.assign(first=(DATA["school"] < 2).astype(int))
    assert proportion_difference("reached ~ first + (1 | school)", two, "first").method == LINEAR_CR2


def test_schools_that_do_not_differ_leave_kenward_roger() -> None:
    data = from_counts([7, 7, 7, 4, 4, 4], [10] * 6, [1, 1, 1, 0, 0, 0])
    found = proportion_difference("reached ~ treated + (1 | school)", data, "treated")
    assert found.methods.index.tolist() == [LINEAR_KENWARD_ROGER]
    assert found.estimate == pytest.approx(30)
    assert found.reason.count("very same proportions") == 2


def test_a_school_with_all_and_one_with_none_are_no_obstacle() -> None:
    data = from_counts([20, 15, 11, 0, 9, 12], [20, 25, 30, 15, 22, 28], [1, 1, 1, 0, 0, 0])
    found = proportion_difference("reached ~ treated + (1 | school)", data, "treated")
    assert (found.reason, len(found.methods)) == ("", 3)
