"""Few treated units among many: R's lm and clubSandwich, cases worked by hand, refits of every set, and simulated truth."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb, inf, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ModelError
from evaluation.models import DifferenceInChanges, difference_in_changes
from evaluation.models.changes.placebo import placebo
from evaluation.models.changes.sets import untreated_sets
from evaluation.models.changes.spread import spread_by_size

SCRIPT = Path(__file__).with_name("changes.R")


def units(seed: int, n: int = 12, treated: int = 2, sizes: tuple[float, float] = (6, 120)) -> pd.DataFrame:
    """Units of unequal size in two strata, the treated ones in both; no effect."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.uniform(*np.log(sizes), n)).round()
    level = rng.normal(100, 4, n)
    noise = rng.normal(0, 1, n) + rng.normal(0, 12, n) / np.sqrt(size)
    return pd.DataFrame(
        {
            "change": 0.5 - 0.2 * (level - 100) + noise,
            "treated": (np.arange(n) < treated).astype(int),
            "stratum": np.where(np.arange(n) % 2, "juniors", "primaries"),
            "level": level,
            "size": size,
        }
    )


Ask = dict[str, Any]
ASKS: dict[str, tuple[Ask, str]] = {
    "alone": ({"size": "size"}, "change ~ treated"),
    "matched and adjusted": (
        {"size": "size", "stratum": "stratum", "adjust": ["level"]},
        "change ~ stratum + level + treated",
    ),
    "weighted": ({"size": "size", "weighted": True, "adjust": ["level"]}, "change ~ level + treated"),
    "weighted and matched": (
        {"size": "size", "weighted": True, "stratum": "stratum"},
        "change ~ stratum + treated",
    ),
}


@pytest.fixture(scope="module")
def in_r(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], dict[str, float]]:
    """What R makes of each way to ask, with one, two and three treated units."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    wanted = "stopifnot(all(sapply(c('clubSandwich', 'jsonlite'), requireNamespace, quietly = TRUE)))"
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True, check=False).returncode:
        pytest.skip("R lacks clubSandwich or jsonlite")
    folder = tmp_path_factory.mktemp("changes")
    cases = {(name, k): ask for name, (_, ask) in ASKS.items() for k in (1, 2, 3)}
    for name, k in cases:
        options, frame = ASKS[name][0], units(k, treated=k)
        weight = frame["size"] / frame["size"].mean() if "weighted" in options else 1.0
        stratum = frame["stratum"] if "stratum" in options else "all"
        frame = frame.assign(w=weight, stratum=stratum)
        matched = frame["stratum"].isin(frame.loc[frame["treated"] == 1, "stratum"])
        frame[matched].to_csv(folder / f"{name}{k}.csv", index=False)
    asked = [
        {"csv": f"{name}{k}.csv", "formula": formula if k > 1 else formula.replace("stratum + ", "")}
        for (name, k), formula in cases.items()
    ]
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    run = subprocess.run(["Rscript", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return dict(zip(cases, json.loads((folder / "answers.json").read_text(encoding="utf-8")), strict=True))


@pytest.mark.r
@pytest.mark.parametrize("treated", [1, 2, 3])
@pytest.mark.parametrize("name", ASKS)
def test_r_finds_the_same(name: str, treated: int, in_r: dict[tuple[str, int], dict[str, float]]) -> None:
    """Estimate, CR2 and its df, Ferman and Pinto's variance, every set's turn and p: by lm and clubSandwich, one fit at a time."""
    theirs, ours = (
        in_r[name, treated],
        difference_in_changes(units(treated, treated=treated), "change", "treated", **ASKS[name][0]),
    )
    assert ours.estimate == pytest.approx(theirs["estimate"], rel=1e-9)
    if treated == 1:
        assert isnan(ours.cr2.std_error)
        assert "rests on one" in ours.cr2.reason
    else:
        assert ours.cr2.std_error == pytest.approx(theirs["cr2_se"], rel=1e-6)
        assert ours.cr2.df == pytest.approx(theirs["cr2_df"], rel=1e-6)
        assert ours.cr2.p_value == pytest.approx(theirs["cr2_p"], rel=1e-6)
    assert ours.placebo.sets == ours.placebo.compared == theirs["sets"]
    assert ours.placebo.p_value == pytest.approx(theirs["p"], rel=1e-12)
    assert ours.spread is not None
    if min(theirs["between"], theirs["within"]) > 0:
        assert (ours.spread.between, ours.spread.within) == pytest.approx(
            (theirs["between"], theirs["within"]), rel=1e-6
        )
        assert ours.placebo_by_size.p_value == pytest.approx(theirs["p_by_size"], rel=1e-12)


def refitted(
    frame: pd.DataFrame, places: Sequence[int], columns: list[np.ndarray], weight: np.ndarray
) -> np.ndarray:
    """The weight of each unit's change in the estimate of a set, from the normal equations of its own regression."""
    indicator = np.isin(np.arange(len(frame)), places).astype(float)
    x = np.column_stack([*columns, indicator])
    return np.linalg.solve(x.T @ (weight[:, None] * x), x.T * weight)[-1]


@pytest.mark.parametrize("weighted", [False, True])
def test_every_set_refitted_gives_the_interval(weighted: bool) -> None:
    """A value is in the interval when the placebo p of the estimate less that value, from refits, is above one in twenty."""
    frame = units(5, n=13, treated=2)
    ours = difference_in_changes(frame, "change", "treated", adjust=["level"], size="size", weighted=weighted)
    assert ours.spread is not None
    weight = frame["size"].to_numpy() if weighted else np.ones(len(frame))
    variance = ours.spread.variance(frame["size"].to_numpy())
    own = refitted(frame, [0, 1], [np.ones(13), frame["level"].to_numpy()], weight)
    estimate, error = own @ frame["change"], np.sqrt(own**2 @ variance)
    others = frame[2:].reset_index(drop=True)
    columns = [np.ones(11), others["level"].to_numpy()]
    turns = []
    for places in combinations(range(11), 2):
        parts = refitted(others, places, columns, weight[2:])
        turns.append((parts @ others["change"], np.sqrt(parts**2 @ variance[2:])))
    raw, errors = np.array(turns).T
    assert (ours.placebo.sets, ours.placebo.smallest_p) == (comb(11, 2), 1 / 56)
    for found, one, many in (
        (ours.placebo, estimate, raw),
        (ours.placebo_by_size, estimate / error, raw / errors),
    ):
        scale = estimate / one
        assert found.p_value == pytest.approx((1 + (abs(many) >= abs(one)).sum()) / 56)
        ends = np.array([found.ci_low, found.ci_high])
        for value, inside in zip(
            [ends[0] + 1e-7, ends[1] - 1e-7, ends[0] - 1e-7, ends[1] + 1e-7],
            [True, True, False, False],
            strict=True,
        ):
            p = (1 + (abs(many) >= abs(estimate - value) / scale).sum()) / 56
            assert (p > 0.05) == inside


def test_one_state_among_thirty_nine() -> None:
    """California's rank, first of 39 states: 1/39 = 0.026, as Abadie, Diamond and Hainmueller print it (JASA 105:503, 2010)."""
    frame = pd.DataFrame({"change": [-9.0, *np.linspace(-4, 4, 38)], "treated": [1] + [0] * 38})
    found = difference_in_changes(frame, "change", "treated").placebo
    assert round(found.p_value, 3) == 0.026
    assert found.p_value == found.smallest_p == 1 / 39
    assert (found.sets, found.exact) == (38, True)


def test_a_case_worked_by_hand() -> None:
    """One treated unit of change 5; the others' -2, 0, 1 and 4, each less the mean of the remaining three, are -11/3, -1, 1/3, 13/3.

    The estimate is 5 - 3/4. Of the four 13/3 = 4.33 alone is as large: p = 2/5. Four units cannot reject anything at 5%.
    """
    frame = pd.DataFrame({"change": [5.0, -2.0, 0.0, 1.0, 4.0], "treated": [1, 0, 0, 0, 0]})
    found = difference_in_changes(frame, "change", "treated")
    assert found.estimate == pytest.approx(4.25)
    assert (found.placebo.p_value, found.placebo.smallest_p) == (0.4, 0.2)
    assert (found.placebo.ci_low, found.placebo.ci_high) == (-inf, inf)


def test_the_interval_ends_at_an_order_statistic() -> None:
    """Of 19 turns the largest rejects at 1/20, which is not above 5%; of 39 the second largest, at 2/40."""
    for count, reach in ((18, inf), (19, 19.0), (38, 38.0), (39, 38.0), (58, 57.0), (59, 57.0)):
        found = placebo(100.0, 2.0, np.arange(1.0, count + 1), sets=count, exact=True)
        assert (found.ci_low, found.ci_high) == (100 - 2 * reach, 100 + 2 * reach)


def test_an_undefined_turn_counts_against_the_finding() -> None:
    found = placebo(5.0, 1.0, np.array([1.0, nan, 2.0]), sets=3, exact=True)
    assert (found.p_value, found.smallest_p, found.undefined) == (0.5, 0.5, 1)
    frame = units(3).assign(only=[0] * 11 + [1])
    assert difference_in_changes(frame[1:], "change", "treated", adjust=["only"]).placebo.undefined == 1


def changed(frame: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, float, float]]:
    """The same units told otherwise: by how much the estimate is shifted, and multiplied."""
    treated = frame["treated"] == 1
    strata = frame["stratum"].map({"juniors": 30.0, "primaries": -7.0})
    return {
        "rows in another order": (frame.sample(frac=1, random_state=3), 0, 1),
        "another unit": (frame.assign(change=100 * frame["change"]), 0, 100),
        "an effect": (frame.assign(change=frame["change"] + 4 * treated), 4, 1),
        "strata far apart": (frame.assign(change=frame["change"] + strata), 0, 1),
        "the covariate's slope": (frame.assign(change=frame["change"] + 3 * frame["level"]), 0, 1),
        "sizes in tens": (frame.assign(size=frame["size"] / 10), 0, 1),
        "a row with nothing in it": (pd.concat([frame, frame[:1].assign(change=nan)]), 0, 1),
        "strata with nobody treated": (pd.concat([frame, frame.assign(treated=0, stratum="special")]), 0, 1),
    }


@pytest.mark.parametrize("told", list(changed(units(0))))
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans())
def test_the_same_units_told_otherwise(told: str, seed: int, weighted: bool) -> None:
    frame = units(seed, n=24, treated=3)
    other, shift, factor = changed(frame)[told]

    def asked(rows: pd.DataFrame) -> DifferenceInChanges:
        options: Ask = {"adjust": ["level"], "stratum": "stratum", "size": "size", "weighted": weighted}
        return difference_in_changes(rows, "change", "treated", **options, limit=100, draws=300)

    first, second = asked(frame), asked(other)
    expected, found = [], []
    for one, two in (
        (first.placebo, second.placebo),
        (first.placebo_by_size, second.placebo_by_size),
        (first.cr2, second.cr2),
    ):
        expected += [factor * (one.ci_low + shift), factor * (one.ci_high + shift)]
        found += [two.ci_low, two.ci_high]
    if told != "an effect":
        expected += [first.placebo.p_value, first.placebo_by_size.p_value, first.cr2.p_value]
        found += [second.placebo.p_value, second.placebo_by_size.p_value, second.cr2.p_value]
    assert second.estimate == pytest.approx(factor * (first.estimate + shift), rel=1e-6, abs=1e-6)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_all_sets_and_none_twice() -> None:
    strata = np.array([0, 1, 0, 1, 1, 0, 0, 1])
    every = untreated_sets(strata, {0: 1, 1: 2}, seed=0)
    assert (every.count, every.exact, len({frozenset(row) for row in every.places.tolist()})) == (
        24,
        True,
        24,
    )
    assert {tuple(sorted(strata[row])) for row in every.places} == {(0, 1, 1)}
    assert untreated_sets(strata, {0: 4, 1: 1}, seed=0).count == 0


@pytest.mark.parametrize(("units_there", "wanted"), [(40, 2), (8, 5)], ids=["drawn again", "ordered"])
def test_draws_are_sets_each_as_likely(units_there: int, wanted: int) -> None:
    """How often each unit, and each pair of them, is drawn: within five standard errors of its share."""
    draws = 20_000
    found = untreated_sets(np.zeros(units_there, dtype=int), {0: wanted}, limit=1, draws=draws, seed=4)
    assert not found.exact
    assert found.count == comb(units_there, wanted)
    assert found.places.shape == (draws, wanted)
    held = np.zeros((draws, units_there))
    np.put_along_axis(held, found.places, 1, axis=1)
    assert (held.sum(axis=1) == wanted).all()
    pairs = held.T @ held / draws
    for share, counted in (
        (wanted / units_there, np.diag(pairs)),
        (
            comb(units_there - 2, wanted - 2) / comb(units_there, wanted),
            pairs[np.triu_indices(units_there, 1)],
        ),
    ):
        assert abs(counted - share).max() < 5 * np.sqrt(share * (1 - share) / draws)


def test_the_spread_is_found_again() -> None:
    """From 40,000 units of known variance; what would come out negative is left out."""
    rng = np.random.default_rng(8)
    size = np.exp(rng.uniform(np.log(5), np.log(150), 40_000))
    noise = rng.normal(size=len(size))
    found = spread_by_size(noise * np.sqrt(2 + 90 / size), size)
    assert (found.between, found.within) == pytest.approx((2, 90), rel=0.1)
    growing = spread_by_size(noise * np.sqrt(size), size)
    assert growing.within == 0
    assert growing.between == pytest.approx(np.mean(noise**2 * size), rel=1e-9)
    falling = spread_by_size(noise / size, size)
    assert falling.between == 0


@pytest.mark.slow
def test_small_treated_units_need_their_size() -> None:
    """400 studies without an effect, one small unit treated among 150 (4 pupils beside 5 to 150): at 5% the plain test
    rejects far more, and the one by size about as it should. With a large one it is the other way about."""
    rejected = {"small": np.zeros(2), "large": np.zeros(2)}
    for seed in range(400):
        for which, size in (("small", 4.0), ("large", 400.0)):
            frame = units(seed, n=150, treated=1, sizes=(5, 150))
            rng = np.random.default_rng([seed, int(size)])
            own = rng.normal(0, 1) + rng.normal(0, 12) / np.sqrt(size)
            frame.loc[0, ["change", "size"]] = own, size
            frame.loc[1:, "change"] += 0.2 * (frame.loc[1:, "level"] - 100) - 0.5
            found = difference_in_changes(frame, "change", "treated", size="size")
            rejected[which] += [found.placebo.p_value <= 0.05, found.placebo_by_size.p_value <= 0.05]
    plain, by_size = rejected["small"] / 400
    assert plain > 0.2
    assert 0.02 < by_size < 0.085
    plain, by_size = rejected["large"] / 400
    assert plain < 0.015
    assert 0.02 < by_size < 0.085


Spoil = Callable[[pd.DataFrame], tuple[pd.DataFrame, Ask]]
REASONS: dict[str, tuple[Spoil, str]] = {
    "nobody treated": (lambda f: (f.assign(treated=0), {}), "No treated unit has the values"),
    "the treated without values": (
        lambda f: (f.assign(change=f["change"].where(f["treated"] == 0)), {}),
        "No treated unit",
    ),
    "nobody to compare with": (
        lambda f: (f.assign(stratum=np.where(f.index == 0, "own", "all")), {"stratum": "stratum"}),
        "1 of 2 treated units have no untreated unit in their stratum",
    ),
    "a covariate that is the treatment": (
        lambda f: (f.assign(level=f["treated"]), {"adjust": ["level"]}),
        "determines which",
    ),
    "more covariates than units": (
        lambda f: (f[:4], {"adjust": ["level", "size"]}),
        "too few untreated units",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_reason_instead_of_an_estimate(case: str) -> None:
    spoil, reason = REASONS[case]
    frame, options = spoil(units(1))
    found = difference_in_changes(frame, "change", "treated", **options)
    assert isnan(found.estimate)
    assert reason in found.reason


def test_a_reason_instead_of_a_p() -> None:
    frame = units(1)
    assert "sizes are not given" in difference_in_changes(frame, "change", "treated").placebo_by_size.reason
    few = difference_in_changes(frame[:4], "change", "treated", size="size")
    assert few.estimate == pytest.approx(frame["change"][:2].mean() - frame["change"][2:4].mean())
    assert "no more untreated units than treated" in few.placebo.reason
    assert isnan(few.placebo.p_value)
    still = frame.assign(change=0.0)
    assert (
        "do not vary" in difference_in_changes(still, "change", "treated", size="size").placebo_by_size.reason
    )
    assert "nothing to explain" in difference_in_changes(still, "change", "treated").cr2.reason
    for explained in (still, frame.assign(change=0.1 * frame["level"] - 3)):
        found = difference_in_changes(explained, "change", "treated", adjust=["level"], size="size")
        assert (found.estimate, found.placebo.p_value) == (0, 1)
        assert "do not vary" in found.placebo_by_size.reason


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("treated", [2] * 12, "must hold 0 and 1 alone"),
        ("change", ["much"] * 12, "'change' must hold numbers"),
        ("size", [0] * 12, "'size' must be above zero"),
    ],
)
def test_a_column_that_will_not_do_is_named(column: str, values: list[Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        difference_in_changes(units(1).assign(**{column: values}), "change", "treated", size="size")


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"'chagne'\. Did you mean 'change'"):
        difference_in_changes(units(1), "chagne", "treated")
    with pytest.raises(ModelError, match="by their size only if"):
        difference_in_changes(units(1), "change", "treated", weighted=True)
