"""Randomisation inference: the model fitted afresh to a frame under every allocation, by brute force, is the authority."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations, count, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import Allocation, FittedModel, Randomisation, cross_products, fit, randomisation_test
from evaluation.models.engine.estimate import Estimate, estimate
from evaluation.models.engine.problem import Problem
from evaluation.models.robustness.allocation import allocations
from evaluation.models.sums.grouping import interact
from evaluation.models.sums.substitution import substitute, unit_values

REFERENCE = Path(__file__).parents[1] / "reference"
SCHOOLS = 6
Refit = Callable[[pd.DataFrame], FittedModel]


def study(seed: int, schools: int = SCHOOLS, effect: float = 1.0) -> pd.DataFrame:
    """Pupils in classes in schools; half the schools treated (one of three in the north), and in each half the classes small."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(10, 22, schools))
    n = len(school)
    room = np.concatenate([np.arange(size) % 4 for size in np.bincount(school)])
    order = rng.permutation(schools)
    treated = np.isin(school, order[: schools // 2]).astype(int)
    frame = pd.DataFrame(
        {
            "school": np.array([f"s{k:02d}" for k in school]),
            "class": room,
            "region": np.where(np.isin(school, order[[0, -1, -2]]), "north", "south"),
            "town": rng.integers(0, 5, n),
            "treated": treated,
            "small": (room + school) % 2,
            "baseline": rng.normal(100, 15, n),
            "sex": rng.choice(["F", "M"], n),
            "weight": rng.uniform(0.5, 2.5, n),
            "head_start": rng.normal(0, 3, n),
            "faith": np.isin(school, [0, 2, 3]).astype(int),
        }
    )
    score = 0.6 * frame["baseline"] + effect * treated + rng.normal(0, 3, schools)[school]
    score += rng.normal(0, 2, (schools, 4))[school, room] + rng.normal(0, 6, n)
    return frame.assign(score=score)


def dealt(frame: pd.DataFrame, term: str, units: list[str], values: np.ndarray) -> pd.DataFrame:
    """The frame with other values of a column, one a unit, units in sorted order."""
    return frame.assign(**{term: values[frame.groupby(units).ngroup().to_numpy()]})


def every_way(arms: np.ndarray, blocks: np.ndarray) -> Iterator[np.ndarray]:
    """All ways to treat as many units of each block as were."""
    members = [np.flatnonzero(blocks == block) for block in np.unique(blocks)]
    for treated in product(*(combinations(block, int(arms[block].sum())) for block in members)):
        found = np.zeros(len(arms), dtype=int)
        found[[unit for chosen in treated for unit in chosen]] = 1
        yield found


def size(refit: Refit, frame: pd.DataFrame, term: str) -> float:
    """|t|, infinite where the model cannot be fitted or loses a term."""
    try:
        result = refit(frame)
    except ModelError:
        return np.inf
    return np.inf if result.dropped_terms else abs(result.inference("wald").loc[term, "statistic"])


def brute_force(
    refit: Refit, frame: pd.DataFrame, term: str, units: list[str], block: str | None = None
) -> Fraction:
    """p by fitting a frame for every allocation."""
    first = frame.groupby(units)[[term, *([block] if block and block not in units else [])]].first()
    blocks = first.reset_index()[block].to_numpy() if block else np.zeros(len(first))
    ways = every_way(first[term].to_numpy(), blocks)
    sizes = np.array([size(refit, dealt(frame, term, units, arms), term) for arms in ways])
    return rank(size(refit, frame, term), sizes)


def rank(observed: float, sizes: np.ndarray) -> Fraction:
    """The share as large, but for what two optimisations may differ by."""
    return Fraction(int((sizes >= observed * (1 - 1e-6)).sum()), len(sizes))


def p_of(found: Randomisation) -> Fraction:
    return Fraction(found.p_value).limit_denominator(found.compared)


WEIGHED = {"weights": "weight", "offset": "head_start"}
CASES = {
    "main effect": ("score ~ baseline + treated + (1 | school)", "treated", ["school"], {}),
    "interaction": ("score ~ baseline * treated + (1 + baseline | school)", "treated", ["school"], {}),
    "three-way": ("score ~ treated * baseline * sex + (1 | school/class)", "treated", ["school"], {}),
    "of classes": ("score ~ small * baseline + (1 | school/class)", "small", ["school", "class"], {}),
    "its own slope": ("score ~ small + baseline + (1 + small | school)", "small", ["school", "class"], {}),
    "weights, offset": ("score ~ baseline * treated + (1 | school)", "treated", ["school"], WEIGHED),
    "no constant": ("score ~ 0 + baseline + treated + (1 | school)", "treated", ["school"], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_sums_with_another_allocation_are_those_of_its_frame(case: str) -> None:
    formula, term, units, options = CASES[case]
    frame = study(3)
    other = np.random.default_rng(7).permutation(frame.groupby(units)[term].first().to_numpy())
    cross = cross_products(formula, frame, cluster=tuple(units), **options)
    cells = interact(units, cross.factors)
    result = fit(substitute(cross, term, other[cells.codes].astype(float)))
    expected = fit(formula, dealt(frame, term, units, other), **options)
    pd.testing.assert_frame_equal(result.coefficients, expected.coefficients, rtol=1e-6)
    assert result.reml_criterion == pytest.approx(expected.reml_criterion, rel=1e-10)
    assert result.residual_variance == pytest.approx(expected.residual_variance, rel=1e-7)
    values = unit_values(cross, term, cells)
    assert values.tolist() == pytest.approx(frame.groupby(units)[term].first().tolist(), abs=1e-12)


def test_arms_may_be_text_and_any_two_numbers() -> None:
    frame = study(3)
    named = frame.assign(arm=np.where(frame["treated"] == 1, "new", "as before"))
    found = randomisation_test(fit("score ~ baseline * arm + (1 | school)", named), "arm[T.new]")
    scaled = frame.assign(treated=frame["treated"] * 7 - 3)
    other = randomisation_test(fit("score ~ baseline * treated + (1 | school)", scaled), "treated")
    plain = fit("score ~ baseline * arm + (1 | school)", named.assign(arm=frame["treated"]))
    expected = randomisation_test(plain, "arm")
    assert found.p_value == expected.p_value
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-6)
    assert other.compared == expected.compared == 20


BRUTE = {
    "3 v 3": ("score ~ baseline + treated + (1 | school)", "treated", ["school"], None, {}),
    "interaction": ("score ~ treated * baseline + (1 + baseline | school)", "treated", ["school"], None, {}),
    "classes": ("score ~ small + baseline + (1 | school/class)", "small", ["school", "class"], "school", {}),
    "by region": ("score ~ baseline + treated + (1 | school)", "treated", ["school"], "region", {}),
    "weights, offset": ("score ~ baseline + treated + (1 | school)", "treated", ["school"], None, WEIGHED),
    "maximum likelihood": ("score ~ treated + (1 | school/class)", "treated", ["school"], None, {"reml": False}),
    "crossed": ("score ~ treated + baseline + (1 | school) + (1 | town)", "treated", ["school"], None, {"crossed": True}),
    "no groups": ("score ~ baseline + treated", "treated", ["school"], None, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", BRUTE)
def test_p_equals_brute_force(case: str) -> None:
    formula, term, units, block, options = BRUTE[case]
    frame = study(1)
    if term == "small":  # two classes of each of three schools: 2^3 allocations of whole classes
        frame = frame[(frame["class"] < 2) & (frame["school"] < "s03")]

    refit = partial(fit, formula, **options)
    found = randomisation_test(refit(frame), term, Allocation(":".join(units), block or ""))
    assert p_of(found) == brute_force(refit, frame, term, units, block)
    assert found.allocations == found.compared == {"school": 8, "region": 9, None: 20}[block]
    assert found.smallest_p == pytest.approx({"school": 2 / 8, "region": 1 / 9, None: 2 / 20}[block])
    assert (found.exact, found.undefined, found.reason) == (True, 0, "")
    assert (found.unit, found.blocks) == (":".join(units), block or "")


def test_every_allocation_has_its_rank() -> None:
    """Each allocation in turn as the one observed: so the statistics are right in all their order, not at one p."""
    formula, frame = "score ~ treated * baseline + (1 | school)", study(4)
    arms = list(every_way(np.repeat([0, 1], 3), np.zeros(SCHOOLS)))
    results = [fit(formula, dealt(frame, "treated", ["school"], chosen)) for chosen in arms]
    sizes = np.array([abs(result.inference("wald").loc["treated", "statistic"]) for result in results])
    found = [randomisation_test(result, "treated", Allocation("school")) for result in results[:10]]
    assert [p_of(one) for one in found] == [rank(observed, sizes) for observed in sizes[:10]]
    assert len({one.p_value for one in found}) == 10
    assert [one.statistic for one in found] == pytest.approx(
        [result.inference("wald").loc["treated", "statistic"] for result in results[:10]], rel=1e-9
    )


@pytest.mark.parametrize(
    "formula",
    [
        "score ~ baseline + faith + treated + (1 | school)",  # dealt to the faith schools, or to the others
        "score ~ treated + (0 + treated | region)",  # dealt to one region alone, it has an effect there and no other
    ],
)
def test_an_allocation_that_cannot_be_estimated_counts_against_the_finding(formula: str) -> None:
    frame = study(5, effect=12.0)
    found = randomisation_test(fit(formula, frame), "treated", Allocation("school"))
    assert found.undefined == 2
    assert p_of(found) == brute_force(partial(fit, formula), frame, "treated", ["school"])
    assert found.p_value >= 3 / 20


def test_units_in_another_arm_keep_theirs() -> None:
    """Three arms of classes within schools: brute force over the classes that are not in the third arm."""
    frame = study(6, schools=3)
    frame["aide"] = ((frame["class"] + frame["school"].str[1:].astype(int)) % 4 == 0).astype(int)
    frame["small"] = frame["small"].where(frame["aide"] == 0, 0)
    frame["part"] = frame["school"] + frame["aide"].astype(str)
    refit = partial(fit, "score ~ small + aide + baseline + (1 | school/class)")
    expected = brute_force(refit, frame, "small", ["school", "class"], "part")
    named = randomisation_test(refit(frame), "small", Allocation("school:class", "school", others=("aide",)))
    assert p_of(named) == expected
    assert named.note == ""
    unnamed = randomisation_test(refit(frame), "small", Allocation("school:class", "school"))
    assert unnamed.compared > named.compared
    assert unnamed.note.startswith("aide and small are never 1 in the same school:class")
    with pytest.raises(ModelError, match="'aid' is not in the model"):
        randomisation_test(refit(frame), "small", Allocation("school:class", others=("aid",)))


def test_a_refit_that_does_not_converge_counts_against_the_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count()

    def stuck(problem: Problem, reml: bool, start: np.ndarray) -> Estimate:
        found = estimate(problem, reml, start)
        return replace(found, optimum=replace(found.optimum, decrement=1.0)) if next(calls) < 3 else found

    result = fit("score ~ baseline + treated + (1 | school)", study(5))
    before = randomisation_test(result, "treated", Allocation("school"))
    monkeypatch.setattr("evaluation.models.robustness.randomisation.estimate", stuck)
    found = randomisation_test(result, "treated", Allocation("school"))
    assert (before.undefined, found.undefined) == (0, 3)
    assert before.p_value < found.p_value <= before.p_value + 3 / 20


def test_five_against_five_schools_in_a_second() -> None:
    """All 252 allocations, each the full multilevel model; processor time, since the machine may be shared."""
    frame = pd.read_csv(REFERENCE / "ten_schools_ordinary.csv")
    result = fit("score ~ baseline + treated + (1 | school)", frame)
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        found = randomisation_test(result, "treated", Allocation("school"))
        best = min(best, time.process_time() - start)
    assert (found.compared, found.exact) == (252, True)
    assert found.smallest_p == pytest.approx(2 / 252)
    assert best < 1.0


def test_under_a_sharp_null_p_is_uniform() -> None:
    """Three matched pairs: |t| has four ranks, each with probability 1/4 whatever the distribution of the outcome."""
    rng = np.random.default_rng(9)
    counts = np.zeros(4)
    for _ in range(160):
        school = np.repeat(np.arange(6), rng.integers(2, 6, 6))
        pair = school // 2
        treated = (school + rng.integers(0, 2, 3)[pair]) % 2
        score = rng.exponential(1, 6)[school] + rng.exponential(1, len(school))
        frame = pd.DataFrame({"school": school, "pair": pair, "treated": treated, "score": score})
        result = fit("score ~ treated + (1 | school)", frame)
        counts[
            round(4 * randomisation_test(result, "treated", Allocation("school", "pair")).p_value) - 1
        ] += 1
    assert counts.sum() == 160
    assert stats.chisquare(counts).pvalue > 0.01


def test_from_cross_products_as_from_the_frame() -> None:
    formula, frame = "score ~ baseline + treated + (1 | school:class)", study(2)
    allocation = Allocation("school", "region")
    summed = fit(cross_products(formula, frame, cluster=["school", "region"]))
    assert summed.data is None
    found = randomisation_test(summed, "treated", allocation)
    assert found.p_value == randomisation_test(fit(formula, frame), "treated", allocation).p_value
    assert found.compared == 9
    with pytest.raises(
        ModelError, match="'town' was not summed; name it as cluster= of cross_products, or choose"
    ):
        randomisation_test(summed, "treated", Allocation("town"))


@pytest.mark.parametrize(
    ("formula", "term", "allocation", "expected"),
    [
        ("score ~ small + (1 | school/class)", "small", None, ("school:class", "school", "placebo test", 8)),
        ("score ~ treated + (1 | school/class)", "treated", None, ("school", "", "placebo test", 20)),
        ("score ~ treated + (1 | school)", "treated", Allocation(blocks="region"), ("school", "region", "randomisation test", 9)),
        ("score ~ treated + (1 | school) + (1 | town)", "treated", None, ("school", "", "placebo test", 20)),
    ],
)  # fmt: skip
def test_units_and_blocks_are_worked_out(
    formula: str, term: str, allocation: Allocation | None, expected: tuple[str, str, str, int]
) -> None:
    """The outermost groups that have one value each, within those around them; without an allocation, no claim of chance."""
    frame = study(1)
    few = frame[(frame["class"] < 2) & (frame["school"] < "s03")]
    result = fit(formula, few if term == "small" else frame, crossed=True)
    found = randomisation_test(result, term, allocation)
    assert (found.unit, found.blocks, found.name, found.compared) == expected


def test_draws_when_there_are_too_many() -> None:
    formula, frame = "score ~ treated + (1 | school)", study(6, schools=8)
    found = randomisation_test(
        fit(formula, frame), "treated", Allocation("school"), limit=69, draws=99, seed=4
    )
    assert (found.exact, found.allocations, found.compared) == (False, 70, 99)
    assert found.smallest_p == 1 / 100
    arms = frame.groupby("school")["treated"].first().to_numpy()
    drawn, times = np.unique(
        allocations(arms, seed=4, limit=69, draws=99).patterns, axis=0, return_counts=True
    )
    refit = partial(fit, formula)
    sizes = np.array(
        [size(refit, dealt(frame, "treated", ["school"], chosen), "treated") for chosen in drawn]
    )
    larger = times[sizes >= abs(found.statistic) * (1 - 1e-6)].sum()
    assert found.p_value == (1 + larger) / (1 + 99)


REASONS = {
    "three values": ("score ~ dose + (1 | school)", "dose", Allocation("school"), "'dose' has 3 values over"),
    "one value": ("score ~ 0 + one + (1 | school)", "one", Allocation("school"), "'one' has 1 value over"),
    "one allocation": ("score ~ treated + (1 | school)", "treated", Allocation("school", "treated"), "Only one allocation"),
}  # fmt: skip


@pytest.mark.parametrize("case", REASONS)
def test_no_test_says_why(case: str) -> None:
    formula, term, allocation, words = REASONS[case]
    frame = study(1).assign(dose=lambda d: d["treated"] + d["faith"], one=1.0)
    found = randomisation_test(fit(formula, frame), term, allocation)
    assert words in found.reason
    assert np.isnan(found.p_value)
    assert np.isnan(found.smallest_p)
    assert np.isfinite(found.statistic)


TREATED = "score ~ treated + (1 | school)"
ERRORS = {
    "varies within units": ("score ~ small + (1 | school)", "small", Allocation("school"), "varies within a school"),
    "varies in all": ("score ~ small + (1 | school)", "small", None, "varies within every group.*name the column"),
    "no groups": ("score ~ treated", "treated", None, "has no groups: name the column"),
    "no such term": (TREATED, "treted", None, "'treted' is not in the model"),
    "no such unit": (TREATED, "treated", Allocation("shool"), "'shool' is not a column.*Did you mean 'school'"),
    "no such block": (TREATED, "treated", Allocation("school", "regon"), "Did you mean 'region'"),
    "blocks cut units": (TREATED, "treated", Allocation("school", "sex"), "A school lies in several blocks of sex"),
    "a unit with gaps": (TREATED, "treated", Allocation("gaps"), "'gaps' is empty in 1 of the rows"),
    "an interaction alone": (
        "score ~ treated + treated:baseline + (1 | school)", "treated", None, "'baseline' is no term of the model: add it",
    ),
    "another form": (
        "score ~ treated + np.exp(treated) + (1 | school)", "treated", None, r"'np.exp\(treated\)' is made from the same",
    ),
    "one of three arms": ("score ~ arm + (1 | school)", "arm[T.b]", None, r"'arm\[T.c\]' is made from the same column"),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_named_error(case: str) -> None:
    formula, term, allocation, words = ERRORS[case]
    frame = study(1).assign(
        arm=lambda d: d["school"].map(dict(zip(sorted(set(d["school"])), "abcabc", strict=True))),
        gaps=lambda d: d["school"].where(d.index != 3),
    )
    with pytest.raises(ModelError, match=words):
        randomisation_test(fit(formula, frame), term, allocation)
