"""Likelihood-ratio tests: statistics against lme4 live, mixtures against published critical values, and what is refused."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import LikelihoodRatio, cross_products, fit, likelihood_ratio
from evaluation.models.likelihood_ratio import mixture

REFERENCE = Path(__file__).parents[1] / "reference"
PACKAGES = "stopifnot(all(sapply(c('lme4','lmerTest','numDeriv','MASS','jsonlite'), requireNamespace, quietly=TRUE)))"

# data, smaller model, what the larger one adds to it or has instead, REML, degrees of freedom mixed
EXAM, STAR = "normexam ~ standLRT + sex", "math ~ small + free_lunch"
CASES: dict[str, tuple[str, str, str, bool, tuple[int, ...]]] = {
    "a first intercept": ("exam", EXAM, f"{EXAM} + (1 | school)", True, (0, 1)),
    "a first intercept, ML": ("exam", EXAM, f"{EXAM} + (1 | school)", False, (0, 1)),
    "a correlated slope": ("exam", f"{EXAM} + (1 | school)", f"{EXAM} + (1 + standLRT | school)", True, (1, 2)),
    "an uncorrelated slope": ("exam", f"{EXAM} + (1 | school)", f"{EXAM} + (standLRT || school)", True, (0, 1)),
    "a correlation": ("exam", f"{EXAM} + (standLRT || school)", f"{EXAM} + (1 + standLRT | school)", True, (1,)),
    "a fixed term": ("exam", "normexam ~ standLRT + (1 | school)", f"{EXAM} + (1 | school)", False, (1,)),
    "an interaction": (
        "exam", f"{EXAM} + (1 + standLRT | school)", "normexam ~ standLRT * sex + (1 + standLRT | school)", False, (1,),
    ),
    "a term and its slope": (
        "exam", "normexam ~ standLRT + (1 | school)", f"{EXAM} + (1 + sex | school)", False, (2, 3),
    ),
    "classes in schools": ("star", f"{STAR} + (1 | school)", f"{STAR} + (1 | school/teacher)", True, (0, 1)),
    "schools around classes": (
        "star", f"{STAR} + (1 | school:teacher)", f"{STAR} + (1 | school/teacher)", True, (0, 1),
    ),
}  # fmt: skip


def frame_of(name: str) -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / {"exam": "exam.csv", "star": "star_kindergarten.csv"}[name])
    return frame if name == "exam" else frame[frame["school"] <= 30].dropna(subset=["math", "free_lunch"])


def compared(name: str) -> LikelihoodRatio:
    data, smaller, larger, reml, _ = CASES[name]
    frame = frame_of(data)
    return likelihood_ratio(fit(smaller, frame, reml=reml), fit(larger, frame, reml=reml))


@pytest.fixture(scope="module")
def in_r(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    if subprocess.run(["Rscript", "-e", PACKAGES], capture_output=True, check=False).returncode:
        pytest.skip("R lacks lme4, lmerTest, numDeriv, MASS or jsonlite")
    folder = tmp_path_factory.mktemp("r")
    asked = []
    for data, smaller, larger, reml, _ in CASES.values():
        frame_of(data).to_csv(folder / f"{data}.csv", index=False)
        asked.append({"csv": str(folder / f"{data}.csv"), "smaller": smaller, "larger": larger, "reml": reml})
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    script = Path(__file__).with_name("likelihood_ratio.R")
    command = ["Rscript", str(script), str(folder / "cases.json"), str(folder / "answers.json")]
    subprocess.run(command, check=True, capture_output=True)
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return dict(zip(CASES, answers, strict=True))


@pytest.mark.r
@pytest.mark.parametrize("case", CASES)
def test_statistic_and_p_equal_r(in_r: dict[str, dict[str, float]], case: str) -> None:
    """R knows no mixture: its p is chi-squared's with all parameters, from which the mixture's other part is added."""
    found, expected = compared(case), in_r[case]
    df = CASES[case][-1]
    assert found.df == df
    assert df[-1] == expected["parameters"]
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-6, rel=1e-7)
    other = stats.chi2.sf(expected["statistic"], df[0]) if df[0] else 0.0
    p_value = (expected["plain"] + other) / 2 if len(df) == 2 else expected["plain"]
    assert found.p_value == pytest.approx(p_value, rel=1e-5)
    assert found.reason == ""


@pytest.mark.parametrize(
    ("df", "critical"), [((0, 1), 2.71), ((1, 2), 5.14), ((2, 3), 7.05), ((3, 4), 8.76), ((1,), 3.84)]
)
def test_mixtures_have_their_published_critical_values(df: tuple[int, ...], critical: float) -> None:
    """At 5%, to two decimals: Fitzmaurice, Laird and Ware, Applied Longitudinal Analysis (2011), table C.1, after Stram and Lee."""
    assert mixture(critical - 0.005, df) > 0.05 > mixture(critical + 0.005, df)


def test_a_mixture_worked_by_hand() -> None:
    """Chi-squared's tail at 4: 0.0455 on one degree of freedom, exp(-2) = 0.1353 on two."""
    assert mixture(4.0, (1, 2)) == pytest.approx((0.0455003 + 0.1353353) / 2, abs=1e-7)
    assert mixture(4.0, (0, 1)) == pytest.approx(0.0455003 / 2, abs=1e-7)
    assert mixture(0.0, (0, 1)) == 1.0


def test_several_effects_at_once_give_a_bound_and_a_reason() -> None:
    frame = frame_of("exam")
    plain = fit(EXAM, frame)
    for random in ("(1 + standLRT | school)", "(standLRT || school)"):
        larger = fit(f"{EXAM} + {random}", frame)
        found = likelihood_ratio(plain, larger)
        parameters = 3 if "||" not in random else 2
        assert found.df == (parameters,)
        assert found.p_value == stats.chi2.sf(found.statistic, parameters)
        assert "2 random effects are added at once (Intercept by school, standLRT by school)" in found.reason
        assert "upper bound" in found.reason


def test_on_the_boundary_the_statistic_is_nothing_and_p_is_one() -> None:
    """Rounding must not make half of it: that part of the mixture which is 0 always reaches a statistic of 0."""
    met = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {"school": np.repeat(range(10), 9), "x": rng.normal(size=90), "y": rng.normal(size=90)}
        )
        larger = fit("y ~ x + (1 | school)", frame)
        found = likelihood_ratio(fit("y ~ x", frame), larger)
        if larger.diagnostics.at_boundary:
            met += 1
            assert (found.statistic, found.p_value) == (0.0, 1.0)
        else:
            assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 1) / 2)
    assert 5 < met < 22


def test_type_one_error_of_the_mixture_and_of_chi_squared() -> None:
    """800 studies of 40 groups without a variance between them; from sums, since these are all that changes."""
    groups, size, rng = 40, 5, np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(np.arange(groups), size), "y": np.arange(groups * size) % 7.0})
    one_each, together = cross_products("y ~ 1 + (1 | g)", frame), cross_products("y ~ 1", frame)
    rejected = np.zeros(2)
    for _ in range(800):
        y = rng.normal(size=(groups, size))
        sums = np.array([np.full(groups, float(size)), y.sum(axis=1), (y**2).sum(axis=1)])
        larger = fit(replace(one_each, products=sums, origin=np.zeros(2)))
        smaller = fit(replace(together, products=sums.sum(axis=1, keepdims=True), origin=np.zeros(2)))
        found = likelihood_ratio(smaller, larger)
        rejected += np.array([found.p_value, stats.chi2.sf(found.statistic, 1)]) < 0.05
    for share, expected in zip(rejected / 800, (0.05, 0.025), strict=True):
        assert abs(share - expected) < 3 * np.sqrt(expected * (1 - expected) / 800)


DATA = pd.DataFrame(
    {
        "school": np.repeat(np.arange(10), 12),
        "class": np.tile(np.arange(3), 40),
        "x": np.random.default_rng(1).normal(size=120),
        "z": np.random.default_rng(2).normal(size=120),
        "y": np.random.default_rng(3).normal(100, 15, 120),
        "w": 2.0,
    }
)
BOTH = "y ~ x + (1 + x | school)"
REFUSED = {
    "REML and ML": (("y ~ x", {}), ("y ~ x + (1 | school)", {"reml": False}), "One model was fitted by REML"),
    "outcomes": (("y ~ x", {}), ("z ~ x + (1 | school)", {}), "different outcomes"),
    "weights": (("y ~ x", {}), ("y ~ x + (1 | school)", {"weights": "w"}), "different outcomes, weights or offsets"),
    "offsets": (("y ~ x", {"offset": "w"}), ("y ~ x + (1 | school)", {}), "different outcomes, weights or offsets"),
    "other fixed terms": (("y ~ x", {}), ("y ~ z + (1 | school)", {}), "'x' is in the smaller model but not in the larger"),
    "REML, more fixed terms": (("y ~ x", {}), ("y ~ x + z", {}), "do not compare by REML: fit both with reml=False"),
    "another group": (
        ("y ~ x + (1 | school)", {}), ("y ~ x + (1 | school:class)", {}), "has 'Intercept' by school, which the larger has not",
    ),
    "a correlation lost": (
        (BOTH, {}), ("y ~ x + (x || school) + (1 | school:class)", {}),
        "has 'Intercept' and 'x' by school correlated, which the larger has not",
    ),
    "the wrong way round": ((BOTH, {}), ("y ~ x + (1 | school)", {}), "which the larger has not"),
    "the same": ((BOTH, {}), (BOTH, {}), "The two models are the same"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_models_that_do_not_compare_are_refused(case: str) -> None:
    (smaller, options), (larger, others), words = REFUSED[case]
    with pytest.raises(ModelError, match=words):
        likelihood_ratio(fit(smaller, DATA, **options), fit(larger, DATA, **others))


def test_rows_must_be_the_same() -> None:
    fewer = DATA.assign(x=DATA["x"].where(DATA.index != 4))
    others = DATA.assign(z=DATA["z"].where(DATA.index != 5))
    smaller = fit("y ~ x", fewer, reml=False)
    with pytest.raises(ModelError, match="119 and 120 rows: drop rows with missing values from both"):
        likelihood_ratio(smaller, fit("y ~ x + (1 | school)", DATA, reml=False))
    with pytest.raises(ModelError, match="as many rows, but not the same ones: 'y' has other values"):
        likelihood_ratio(smaller, fit("y ~ x + z", others, reml=False))


@pytest.mark.parametrize("level", [0.0, 1e9])
def test_the_same_rows_in_another_order_are_the_same(level: float) -> None:
    frame = DATA.assign(y=DATA["y"] - DATA["y"].mean() + level)
    for seed in range(5):
        shuffled = frame.sample(frac=1, random_state=seed)
        found = likelihood_ratio(fit("y ~ x", shuffled), fit("y ~ x + (1 | school)", frame))
        assert found.df == (0, 1)


def test_effects_may_be_named_in_another_order() -> None:
    smaller = fit("y ~ x + z + (0 + x + z | school)", DATA)
    larger = fit("y ~ z + x + (0 + z + x | school) + (1 | school:class)", DATA)
    assert likelihood_ratio(smaller, larger).df == (0, 1)


def test_a_term_with_other_values_is_not_the_same_term() -> None:
    made = DATA.assign(y=DATA["x"] + DATA["y"] / 15)
    other = made.assign(x=DATA["z"])
    with pytest.raises(ModelError, match="fits better than the second, so that it is not nested in it"):
        likelihood_ratio(fit("y ~ x", made), fit("y ~ x + (1 | school)", other))


@pytest.mark.parametrize("unit", [0.01, 15.0])
def test_units_change_nothing(unit: float) -> None:
    smaller, larger = "y ~ x + (1 | school)", BOTH
    one, other = (
        likelihood_ratio(fit(smaller, frame), fit(larger, frame))
        for frame in (DATA, DATA.assign(y=unit * DATA["y"], x=DATA["x"] / unit))
    )
    assert other.statistic == pytest.approx(one.statistic, abs=1e-7)
    assert other.df == one.df == (1, 2)
