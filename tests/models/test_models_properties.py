"""What must not change the findings: units, the order of rows, labels, unused levels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.models import FittedModel, fit

seeds = st.integers(0, 2**32 - 1)
quickly = settings(max_examples=12, deadline=None)
formulas = st.sampled_from(
    [
        "y ~ x + t + (1 | school)",
        "y ~ x + t + sex + (1 | school/class)",
        "y ~ x * t + (1 + x | school)",
        "y ~ x + t + (1 + x | school) + (1 | school:class)",
    ]
)


def data(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(8), rng.integers(6, 20, 8))
    n = len(school)
    x = rng.normal(size=n)
    y = (
        x * (1 + rng.normal(0, rng.choice([0, 0.5]), 8)[school])
        + rng.normal(0, rng.choice([0, 1]), 8)[school]
    )
    return pd.DataFrame(
        {
            "school": school,
            "class": rng.integers(0, 3, n),
            "t": school % 2,
            "x": x,
            "sex": pd.Categorical(rng.choice(["F", "M"], n)),
            "y": 10 + y + rng.normal(0, 1, n),
        }
    )


def same(one: FittedModel, other: FittedModel, scale: pd.Series | float = 1.0) -> None:
    a, b = one.coefficients, other.coefficients
    assert np.abs((a["estimate"] * scale - b["estimate"]) / b["std_error"]).max() < 1e-6
    assert (a["std_error"] * scale).tolist() == pytest.approx(b["std_error"].tolist(), rel=1e-6)
    assert a["df"].tolist() == pytest.approx(b["df"].tolist(), rel=1e-5)
    assert one.icc.tolist() == pytest.approx(other.icc.tolist(), rel=1e-5, abs=1e-9)
    assert one.diagnostics.singular == other.diagnostics.singular


@quickly
@given(seeds, formulas, st.sampled_from([1 / 100, 15, 100]))
def test_units_of_the_outcome(seed: int, formula: str, unit: float) -> None:
    frame = data(seed)
    same(fit(formula, frame), fit(formula, frame.assign(y=frame["y"] * unit)), unit)


@quickly
@given(seeds, formulas, st.sampled_from([1 / 100, 15, 100]))
def test_units_of_a_covariate(seed: int, formula: str, unit: float) -> None:
    frame = data(seed)
    one, other = fit(formula, frame), fit(formula, frame.assign(x=frame["x"] * unit))
    scale = pd.Series([1 / unit if "x" in term.split(":") else 1.0 for term in one.coefficients.index])
    same(one, other, scale.set_axis(one.coefficients.index))


@quickly
@given(seeds, formulas)
def test_order_of_rows(seed: int, formula: str) -> None:
    frame = data(seed)
    one, other = fit(formula, frame), fit(formula, frame.sample(frac=1, random_state=seed))
    same(one, other)
    effects, shuffled = one.group_effects("school"), other.group_effects("school")
    assert effects["level"].tolist() == shuffled["level"].tolist()
    assert np.abs(effects["estimate"] - shuffled["estimate"]).max() < 1e-6
    same_rows = other.residuals("marginal").reindex(frame.index)
    assert np.abs(one.residuals("marginal") - same_rows).max() < 1e-6


@quickly
@given(seeds, formulas)
def test_labels_of_groups(seed: int, formula: str) -> None:
    frame = data(seed)
    renamed = frame["school"].map(lambda school: f"school {(school * 5 + 3) % 8}")
    same(fit(formula, frame), fit(formula, frame.assign(school=renamed)))
    categories = pd.Categorical(renamed, [*sorted(set(renamed)), "unused"])
    same(fit(formula, frame), fit(formula, frame.assign(school=categories)))


@quickly
@given(seeds)
def test_unused_category(seed: int) -> None:
    frame = data(seed)
    formula = "y ~ x + t + sex + (1 | school/class)"
    unused = frame.assign(sex=frame["sex"].cat.set_categories(["F", "M", "not said"]))
    same(fit(formula, frame), fit(formula, unused))
    assert fit(formula, unused).dropped_terms == ()


@quickly
@given(seeds, formulas)
def test_kinds_of_column(seed: int, formula: str) -> None:
    """Python strings, categories and nullable numbers are the same data."""
    frame = data(seed)
    text = frame.assign(school=frame["school"].astype(str).astype(object), t=frame["t"].astype("Int64"))
    same(fit(formula, frame), fit(formula, text))


@quickly
@given(seeds, st.sampled_from(["school", "row"]), st.sampled_from(["", " + (1 | school)"]))
def test_an_intercept_or_a_column_for_each_group_of_clusters(seed: int, cluster: str, random: str) -> None:
    """The same model told in two ways: in the second one of two columns is zero throughout each cluster."""
    frame = data(seed).assign(south=lambda rows: rows["school"] % 3 == 0, row=lambda rows: range(len(rows)))
    frame = frame.assign(south=frame["south"].astype(float), north=1.0 - frame["south"])
    if random:
        cluster = "school"
    first = fit(f"y ~ south + x + t{random}", frame).inference("cr2", cluster=cluster)
    second = fit(f"y ~ 0 + north + south + x + t{random}", frame).inference("cr2", cluster=cluster)
    for term in ("x", "t"):
        assert second.loc[term].tolist() == pytest.approx(first.loc[term].tolist(), rel=1e-6)
