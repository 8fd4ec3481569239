"""Sums over batches: however the rows are divided, one fit; and nothing of a single row is kept."""

import gc
import multiprocessing
import pickle
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ModelError
from evaluation.models import CrossProducts, FittedModel, cross_products, fit
from evaluation.models.sums.crossproducts import unpack

N = 600
FORMULAS = [
    "score ~ x * treated + (1 | school/class)",
    "score ~ x + sex * band + (1 + x | school)",
    "score ~ C(wave, contr.sum) + late + I(x ** 2) + (1 | school) + (0 + x | school)",
    "score ~ band + age + (0 + half | school)",
    "log(score) ~ region:x + sex + (1 | school) + (1 | school:band)",
    "score ~ x + sex",
]


def data() -> pd.DataFrame:
    """Every kind of column, most with some values missing; rows of one school, sex, band or wave stand side by side."""
    rng = np.random.default_rng(4)
    school = np.sort(rng.integers(0, 14, N))
    frame = pd.DataFrame(
        {
            "school": pd.array([f"s{number:02d}" for number in school], dtype="str"),
            "class": rng.integers(0, 3, N).astype("int8"),
            "region": np.array(["south", "north", "east"], dtype=object)[school % 3],
            "trust": school // 4,
            "treated": pd.array(school % 2, dtype="Int64"),
            "sex": pd.Series(np.repeat(["M", "F", "X"], N // 3), dtype="str"),
            "band": pd.Categorical(
                np.repeat(["mid", "high", "low", "mid"], N // 4), ["low", "mid", "high", "none"], ordered=True
            ),
            "wave": pd.array(np.repeat([3, 1, 2], N // 3), dtype="Int8"),
            "half": rng.choice(["left", "right"], N),
            "late": pd.array(rng.random(N) < 0.3, dtype="boolean"),
            "age": rng.integers(70, 120, N).astype("int8"),
            "x": rng.normal(50, 10, N),
            "weight": rng.uniform(0.5, 2, N),
            "expected": rng.normal(0, 3, N),
        }
    )
    effects = rng.normal(0, [3.0, 0.2], (14, 2))[school]
    frame["score"] = 100 + effects[:, 0] + (0.4 + effects[:, 1]) * frame["x"] + rng.normal(0, 5, N)
    for column in ("score", "x", "sex", "band", "wave", "late", "treated", "school", "weight", "expected"):
        frame.loc[rng.choice(N, 3, replace=False), column] = None
    return frame


FRAME = data()


@lru_cache
def whole(formula: str) -> FittedModel:
    return fit(formula, FRAME)


def divided(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Uneven batches: none without gaps in its levels, some without rows or without complete ones."""
    bounds = [0, 0, 1, 60, 61, 61, 200, 400, 560, N]
    batches = [frame.iloc[start:stop] for start, stop in pairwise(bounds)]
    return [*batches[:3], frame[frame["score"].isna()].head(1).assign(school="nowhere"), *batches[3:]]


def same(one: FittedModel, other: FittedModel, tolerance: float = 1e-10) -> None:
    a, b = one.inference("wald"), other.inference("wald")
    assert a.index.tolist() == b.index.tolist()
    assert one.dropped_terms == other.dropped_terms
    assert np.abs((a["estimate"] - b["estimate"]) / a["std_error"]).max() < tolerance
    assert a["std_error"].tolist() == pytest.approx(b["std_error"].tolist(), rel=tolerance)
    assert (one.n, one.n_groups) == (other.n, other.n_groups)
    assert one.estimate.criterion == pytest.approx(other.estimate.criterion, rel=1e-12)
    for group in one.n_groups:
        assert set(one.group_effects(group)["level"]) == set(other.group_effects(group)["level"])


@pytest.mark.parametrize("formula", FORMULAS)
def test_batches_give_the_frame_s_fit_in_any_order(formula: str) -> None:
    batches = divided(FRAME)
    batched = fit(formula, batches)
    same(batched, whole(formula))
    same(fit(formula, batches[::-1]), whole(formula))
    assert batched.n_dropped == whole(formula).n_dropped + 1  # the row added, of no school


@pytest.mark.parametrize("formula", FORMULAS[:2])
def test_weights_and_offsets_in_batches(formula: str) -> None:
    options = {"weights": "weight", "offset": "expected"}
    framed, batched = fit(formula, FRAME, **options), fit(formula, divided(FRAME), **options)
    same(batched, framed)
    assert batched.n_dropped == framed.n_dropped + 1
    assert framed.n < whole(formula).n  # a weight or an offset that is missing leaves its row out


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from(FORMULAS),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, N), max_size=8),
)
def test_no_division_of_the_rows_changes_a_fit(formula: str, seed: int, cuts: list[int]) -> None:
    shuffled = FRAME.sample(frac=1, random_state=seed)
    bounds = [0, *sorted(cuts), N]
    batches = [shuffled.iloc[start:stop] for start, stop in pairwise(bounds)]
    same(fit(formula, batches), whole(formula), 1e-9)


def test_sums_made_in_another_process_give_the_frame_s_fit() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for formula in FORMULAS[:2]:
            same(fit(cross_products(formula, divided(FRAME), map=pool.map)), whole(formula))


def test_nothing_but_map_opens_a_batch() -> None:
    """So that a batch may be a path, or a future: here it is a number."""
    batches = divided(FRAME)

    def opened(apply: Callable[[pd.DataFrame], CrossProducts], numbers: list[int]) -> Iterator[CrossProducts]:
        return (apply(batches[number]) for number in numbers)

    same(fit(cross_products(FORMULAS[1], range(len(batches)), map=opened)), whole(FORMULAS[1]))


@pytest.mark.parametrize(
    "kind", ["object", "str", "string", "string[pyarrow]", "large_string[pyarrow]", "category"]
)
def test_text_of_any_kind_is_the_same_text(kind: str) -> None:
    formula = "score ~ x + region + (1 | school)"
    frame = FRAME.assign(region=FRAME["region"].astype(kind), school=FRAME["school"].astype(kind))
    same(fit(formula, frame), whole(formula))
    same(fit(formula, [FRAME.iloc[:400], frame.iloc[400:]]), whole(formula))


def test_small_whole_numbers_do_not_overflow() -> None:
    """A square of 120 is beyond an 8-bit number, and 7 digits are not enough for sums of squares."""
    formula = "score ~ age + I(age ** 2) + (1 | school)"
    wide = FRAME.assign(age=FRAME["age"].astype(float))
    same(fit(formula, FRAME), fit(formula, wide))
    same(fit(formula, FRAME.assign(age=FRAME["age"].astype("UInt8"))), fit(formula, wide))
    assert "C(treated)[T.1]" in fit("score ~ age + C(treated)", FRAME).coefficients.index


def test_cells_hold_the_products_of_their_rows() -> None:
    formula = "score ~ x + treated + (1 | school/class)"
    cross = cross_products(formula, divided(FRAME), weights="weight")
    frame = FRAME.dropna(subset=["score", "x", "treated", "school", "weight"])
    c = np.column_stack([np.ones(len(frame)), frame[["x", "treated", "score"]].astype(float)]) - cross.origin
    places = {(school, number): k for k, (school, number) in enumerate(zip(*labels(cross), strict=True))}
    cell = np.array([places[pair] for pair in zip(frame["school"], frame["class"], strict=True)])
    found = unpack(cross.products)
    assert cross.layout.names == ("Intercept", "x", "treated", "score")
    assert found.shape[2] == len(places) == frame.groupby(["school", "class"]).ngroups
    for k in range(len(places)):
        rows, weight = c[cell == k], frame["weight"].to_numpy()[cell == k]
        assert found[..., k] == pytest.approx(rows.T @ (rows * weight[:, None]), rel=1e-9, abs=1e-9)
        assert cross.counts[k] == len(rows)
    assert cross.log_weights == pytest.approx(np.log(frame["weight"]).sum())


def labels(cross: CrossProducts) -> list[np.ndarray]:
    return [cross.factors[name].levels[cross.factors[name].codes] for name in ("school", "class")]


def test_sums_survive_a_pickle() -> None:
    cross = cross_products(FORMULAS[1], divided(FRAME), cluster="trust")
    again = pickle.loads(pickle.dumps(cross))
    same(fit(again), fit(cross), 1e-15)
    assert fit(again).inference("cr2", cluster="trust").equals(fit(cross).inference("cr2", cluster="trust"))


def test_sums_are_as_large_as_the_groups_are_many() -> None:
    """Ten times the rows, the same cells: not a byte more. So no row can be read off them."""
    formula = "score ~ x * sex + (1 | school/class)"
    sizes = [len(pickle.dumps(cross_products(formula, [FRAME] * times))) for times in (1, 10)]
    assert sizes[1] - sizes[0] < 100
    assert sizes[0] < len(pickle.dumps(FRAME[["score", "x", "sex", "school", "class"]]))


def test_no_row_stays_in_memory() -> None:
    """Without waiting for the collector of cycles: the rows may be gigabytes."""
    rng = np.random.default_rng(8)
    many = pd.DataFrame({"g": rng.integers(0, 9, 200_000), "x": rng.normal(size=200_000)})
    many = many.assign(y=many["x"] + rng.normal(size=200_000))
    gc.disable()
    tracemalloc.start()
    try:
        cross = cross_products("y ~ x + I(x ** 2) + (1 | g)", many)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert left < 200_000  # bytes: one column would be 1.6 million
    assert cross.n == 200_000


def test_batches_that_cannot_begin_again_are_refused() -> None:
    with pytest.raises(ModelError, match=r"once only.*give a list of frames"):
        fit(FORMULAS[0], (batch for batch in divided(FRAME)))
    with pytest.raises(ModelError, match="once only"):
        fit(FORMULAS[0], iter(divided(FRAME)))


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ("center(x) + (1 | school)", "center(x)"),
        ("poly(x, 2) + (1 | school)", "poly(x, 2)"),
        ("x + (1 + scale(age) | school)", "scale(age)"),
        ("C(age > 90) + (1 | school)", "C(age > 90)"),
        ("age + C(age) + (1 | school)", "C(age)"),
    ],
)
def test_what_needs_all_rows_at_once_is_refused_in_batches(terms: str, named: str) -> None:
    formula = f"score ~ {terms}"
    batches = [FRAME.iloc[:300], FRAME.iloc[300:]]
    with pytest.raises(ModelError, match=r"needs all rows at once.*make it a column") as refusal:
        fit(formula, batches)
    assert repr(named) in str(refusal.value)
    fit(formula, FRAME)


def test_transforms_of_a_frame_are_those_made_by_hand() -> None:
    complete = FRAME.dropna(subset=["score", "x", "school"])
    by_hand = complete.assign(c=complete["x"] - complete["x"].mean(), s=(complete["x"] / complete["x"].std()))
    result = fit("score ~ center(x) + (1 + scale(x) | school)", FRAME)
    expected = fit("score ~ c + (1 + s | school)", by_hand.assign(s=by_hand["s"] - by_hand["s"].mean()))
    assert result.inference("wald").to_numpy() == pytest.approx(
        expected.inference("wald").to_numpy(), rel=1e-9
    )
    assert result.predict(FRAME.head(9)).tolist() == pytest.approx(
        result.predict(FRAME).head(9).tolist(), nan_ok=True
    )


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("weight", 0.0, "'weight' is zero or less in 1 rows"),
        ("weight", -1.0, "'weight' is zero or less in 1 rows"),
        ("weight", np.inf, "'weight' is infinite or not a number in 1 rows"),
        ("weight", "much", "'weight' holds text, not numbers, and cannot be the weights"),
        ("expected", "much", "'expected' holds text, not numbers, and cannot be the offset"),
        ("expected", -np.inf, "'expected' is infinite or not a number in 1 rows"),
    ],
)
def test_weights_and_offsets_that_are_none(column: str, value: object, words: str) -> None:
    bad = FRAME.assign(**{column: FRAME[column].astype(object if isinstance(value, str) else float)})
    bad.loc[FRAME.dropna().index[0], column] = value
    for frames in (bad, divided(bad)):
        with pytest.raises(ModelError, match=words):
            fit(FORMULAS[0], frames, weights="weight", offset="expected")


def test_a_date_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="'day' cannot be worked out"):
        fit("score ~ day + (1 | school)", FRAME.assign(day=pd.Timestamp("2025-09-01")))


def test_no_rows_in_any_batch() -> None:
    with pytest.raises(ModelError, match="No row of any batch"):
        fit(FORMULAS[0], [FRAME.head(0), FRAME.assign(score=np.nan)])
    with pytest.raises(ModelError, match=r"'scor', which is not in the data[.] Did you mean 'score'"):
        fit("scor ~ x", divided(FRAME))
