"""Data that cannot carry a model: an error or a dropped term that is named, never a silent result."""

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import ModelError
from evaluation.models import fit

rng = np.random.default_rng(20)
N = 120
DATA = pd.DataFrame(
    {
        "school": np.repeat([f"s{i}" for i in range(12)], 10),
        "class": rng.integers(0, 3, N),
        "other": rng.integers(0, 4, N),
        "x": rng.normal(size=N),
        "treated": np.repeat([0, 1] * 6, 10),
        "score": rng.normal(size=N),
        "text": "absent",
        "constant": 5.0,
        "empty": np.nan,
        "one_group": "only",
        "two_groups": np.repeat(["a", "b"], 60),
        "pupil": np.arange(N),
        "one_level": pd.Categorical(["girls"] * N, ["boys", "girls"]),
        "zero": 0,
    }
).assign(
    infinite=lambda d: d["x"].where(d.index != 3, np.inf),
    twice=lambda d: 2 * d["x"] + 3,
    by_school=lambda d: d["school"].str[1:].astype(float),
)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("score ~ x + (1 | one_group)", "one_group has 1 group, too few"),
        ("score ~ x + (1 + x | two_groups)", "two_groups has 2 groups, too few for 2 random effects"),
        ("score ~ x + (1 | pupil)", "as many random effects as there are rows"),
        ("constant ~ x + (1 | school)", "'constant' is 5 in every row"),
        ("empty ~ x + (1 | school)", "'empty' is empty in 120 of 120 rows"),
        ("score ~ empty + (1 | school)", "No row has a value"),
        ("infinite ~ x + (1 | school)", "'infinite' is infinite or not a number in 1 rows"),
        ("score ~ infinite + (1 | school)", "'infinite' is infinite"),
        ("score ~ x + (1 + infinite | school)", "'infinite' is infinite"),
        ("score ~ log(zero) + (1 | school)", r"'log\(zero\)' is infinite"),
        ("text ~ x + (1 | school)", "'text' holds text"),
        ("score ~ treatd + (1 | school)", "'treatd', which is not in the data. Did you mean 'treated'"),
        ("score ~ x + (1 | schol)", "Did you mean 'school'"),
        ("by_school ~ x + (1 | school)", "no residual variance"),
        ("twice ~ x + (1 | school)", "no residual variance"),
        ("score ~ x + school + (1 | school)", "already have a coefficient for each school"),
        ("score ~ x + (1 + zero | school)", "'zero' of school is 0 in every row"),
        ("score ~ x + (1 | school) + (1 + x | school)", "share an effect"),
        ("score ~ x + (1 | school) + (1 | other)", r"are crossed.*write \(1 \| school/other\)"),
    ],
)
def test_named_error(formula: str, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        fit(formula, DATA)


@pytest.mark.parametrize(
    ("fixed", "dropped"),
    [
        ("x + twice", ("twice",)),
        ("x + one_level", ("one_level",)),
        ("x + constant", ("constant",)),
        ("x + zero", ("zero",)),
        ("x + treated + C(treated)", ("C(treated)[T.1]",)),
    ],
)
def test_dropped_term_is_named_and_changes_nothing(fixed: str, dropped: tuple[str, ...]) -> None:
    result = fit(f"score ~ {fixed} + (1 | school)", DATA)
    plain = fit(f"score ~ {'x + treated' if 'treated' in fixed else 'x'} + (1 | school)", DATA)
    assert result.dropped_terms == dropped
    pd.testing.assert_frame_equal(result.coefficients, plain.coefficients, rtol=1e-9)
    with pytest.raises(ModelError, match="was dropped as collinear"):
        result.joint_test([dropped[0]])


def test_missing_values_are_dropped_and_counted() -> None:
    holes = DATA.copy()
    holes.loc[[4, 5], "x"] = np.nan
    holes.loc[[5, 6], "score"] = np.nan
    holes.loc[7, "school"] = None
    holes.loc[8, "other"] = np.nan
    result = fit("score ~ x + (1 | school)", holes)
    assert (result.n, result.n_dropped) == (N - 4, 4)
    complete = fit("score ~ x + (1 | school)", holes.drop(index=[4, 5, 6, 7]))
    pd.testing.assert_frame_equal(result.coefficients, complete.coefficients, rtol=1e-12)
    assert complete.n_dropped == 0


def test_no_group_leaves_least_squares() -> None:
    result = fit("score ~ x + treated", DATA)
    x = np.column_stack([np.ones(N), DATA["x"], DATA["treated"]])
    beta, (rss,) = np.linalg.lstsq(x, DATA["score"], rcond=None)[:2]
    assert result.coefficients["estimate"].tolist() == pytest.approx(beta, rel=1e-10)
    assert result.coefficients["df"].tolist() == pytest.approx([N - 3] * 3, rel=1e-10)
    assert result.residual_variance == pytest.approx(rss / (N - 3), rel=1e-10)
    with pytest.raises(ModelError, match=r"Clusters are needed, and .* has no groups"):
        result.inference("cr2")


def test_singleton_groups_are_allowed_beside_others() -> None:
    uneven = DATA.assign(school=np.where(DATA.index < 5, "alone" + DATA.index.astype(str), DATA["school"]))
    result = fit("score ~ x + (1 | school)", uneven)
    assert result.n_groups == {"school": 17}
    assert np.isfinite(result.coefficients.to_numpy()).all()


def test_unknown_names_are_answered_with_known_ones() -> None:
    result = fit("score ~ x + (1 | school/class)", DATA)
    with pytest.raises(ModelError, match="its groups are school, school:class"):
        result.group_effects("class:school")
    with pytest.raises(ModelError, match="kenward-roger, satterthwaite, cr2, wald"):
        result.inference("z")
    with pytest.raises(ModelError, match="'treated' is not in the model"):
        result.joint_test(["treated"])
    with pytest.raises(ModelError, match="at least one term"):
        result.joint_test([])


def test_maximum_likelihood_has_no_kenward_roger() -> None:
    result = fit("score ~ x + (1 | school)", DATA, reml=False)
    with pytest.raises(ModelError, match="needs a REML fit"):
        result.inference("kenward-roger")
    with pytest.raises(ModelError, match="no REML criterion"):
        _ = result.reml_criterion
    assert np.isfinite(result.deviance)
    assert (result.coefficients["df"] == result.inference("satterthwaite")["df"]).all()


def test_a_column_that_is_there_twice_is_named() -> None:
    doubled = pd.concat([DATA, DATA[["x"]]], axis=1)
    with pytest.raises(ModelError, match="names the column 'x', which the data have twice"):
        fit("score ~ x + (1 | school)", doubled)


def test_columns_as_they_stand_are_the_same_column_as_in_an_expression() -> None:
    # The first is taken from the frame, the second worked out by formulaic.
    numbers = DATA.assign(x=DATA["x"].astype("Float64"), school=DATA["school"].astype("category"))
    plain = fit("score ~ x + treated + (1 + x | school)", numbers).coefficients
    worked_out = fit("score ~ x + I(1 * treated) + (1 + {x} | school)", DATA).coefficients
    np.testing.assert_array_equal(plain.to_numpy(), worked_out.to_numpy())
    assert list(plain.index) == ["Intercept", "x", "treated"]


def test_a_term_that_rests_on_one_cluster_has_no_cr2_error() -> None:
    one = DATA.assign(first=(DATA["school"] == "s3").astype(int))
    result = fit("score ~ x + first + (1 | school)", one)
    table = result.inference("cr2")
    assert table["std_error"].isna().tolist() == [False, False, True]
    assert table.attrs["note"].startswith("No cluster-robust error holds for first,")
    with pytest.raises(ModelError, match="No cluster-robust error holds for first,"):
        result.joint_test(["x", "first"], "cr2")
    assert "note" not in fit("score ~ x + treated + (1 | school)", one).inference("cr2").attrs
