"""What stands as last published: by the smallest changes that would tell of one pupil, and the largest that still do."""

import pandas as pd
import pytest

from evaluation.disclose import Release
from evaluation.disclose.audit import _bounds
from evaluation.disclose.standing import FIGURES, shown_last, standing_gaps, standing_means, standing_shares

MINIMUM, WIDTH = 10, 20.0
SPLIT = {"level": "cluster", "unit": "North", "split": "disadvantaged", "outcome": "y"}


def means(n: float, mean: float, sd: float, symbol: str = "") -> pd.DataFrame:
    figures = {"n": n, "mean": mean, "sd": sd, "rounded_to": 0.2, "symbol": symbol}
    rows = [{**SPLIT, "group": "d", **figures}, {**SPLIT, "split": "all", "group": "all", **figures}]
    return pd.DataFrame(rows)


def last(**tables: pd.DataFrame) -> Release:
    return Release({"run": "first"}, tables)


@pytest.mark.parametrize(
    ("n", "mean", "sd", "stands"),
    [
        (119, 98.0, 14.0, True),
        (120, 98.0, 14.1, True),  # a score put right shows in the spread alone
        (120, 98.2, 14.0, True),
        (111, 99.4, 14.0, True),
        (110, 98.0, 14.0, False),  # ten pupils
        (120, 99.8, 14.0, False),  # what ten scores could make of the mean
    ],
)
def test_a_figure_stands_while_fewer_than_the_minimum_could_have_changed_it(
    n: float, mean: float, sd: float, stands: bool
) -> None:
    first, now = means(120, 98.0, 14.0), means(n, mean, sd)
    published, told = standing_means(now, last(descriptives=first), MINIMUM, {"y": WIDTH})
    assert published.loc[0, FIGURES].equals((first if stands else now).loc[0, FIGURES])
    assert published.loc[1, FIGURES].equals(now.loc[1, FIGURES]), "of all pupils it is always new"
    assert told == (stands and not now.loc[0].equals(first.loc[0]))


def test_a_row_that_was_not_there_is_new() -> None:
    now = means(120, 98.0, 14.0)
    published, told = standing_means(now, last(descriptives=now.iloc[1:]), MINIMUM, {"y": WIDTH})
    assert published.equals(now)
    assert not told


def share(p: float, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    exact = pd.DataFrame(
        [("proportion of girls", p, 0.5, p - 0.5, n, n, "")],
        columns=["characteristic", "treated", "control", "difference", "n_treated", "n_control", "symbol"],
    )
    return exact, exact.round({"treated": 2, "control": 2, "difference": 2}).drop(
        columns=["n_treated", "n_control"]
    )


@pytest.mark.parametrize(("girls", "stands"), [(581, True), (577, True), (560, False)])
def test_a_share_stands_though_one_pupil_moves_its_last_figure(girls: int, stands: bool) -> None:
    """582 of 1,200 is 0.485, shown as 0.48; one girl less or more is 0.48 or 0.49: a step that twelve pupils make."""
    _, first = share(582.5 / 1200, 1200)
    exact, now = share(girls / 1200, 1200)
    published = standing_shares(now, exact, last(balance=first), MINIMUM)
    assert published["treated"].iloc[0] == (first if stands else now)["treated"].iloc[0]


def test_a_gap_stands_with_its_interval_where_its_means_do() -> None:
    columns = ["level", "unit", "measure", "outcome", "estimate", "ci_low", "ci_high", "n_1", "n_2", "symbol"]
    first = pd.DataFrame(
        [("cluster", "North", "gap", "y", -4.0, -6.0, -2.0, 40.0, 80.0, "")], columns=columns
    )
    wider = first.assign(ci_low=-6.2, ci_high=-1.8)
    assert standing_gaps(wider, last(differences=first)).equals(first)
    other = wider.assign(estimate=-4.4)
    assert standing_gaps(other, last(differences=first)).equals(other)


def test_which_counts_were_shown_last() -> None:
    found = shown_last(
        last(descriptives=pd.concat([means(120, 98.0, 14.0), means(9, 98.0, 14.0, "c").assign(unit="South")]))
    )
    assert {key[1]: shown for key, shown in found.items()} == {"North": True, "South": False}


def test_a_narrower_release_that_repeats_a_standing_count_makes_it_no_more_exact() -> None:
    truth, wide = means(119, 98.0, 14.0), means(120, 98.0, 14.0)
    about = {"minimum_cell": MINIMUM, "audience": "project"}
    releases = [
        Release({**about, "standing": standing}, {"descriptives": wide}) for standing in ("first", "")
    ]
    low, high = _bounds(truth, 2, releases)
    assert (low.tolist(), high.tolist()) == ([111, 120], [129, 120])
