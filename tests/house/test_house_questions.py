"""The simulation of all questions draws what it says, finds what was planted, can fail, and its page says what its results say."""

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from evaluation.impact import claims
from evaluation.simulate.schools import COMPARISON, SUPPORTING, TAKING_PART

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def questions() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("questions")


def cell(questions: ModuleType, design: str, planted: str) -> tuple[object, object]:
    """A design and what is planted, by name."""
    designs = {item.name: item for item in questions.DESIGNS}
    return designs[design], {item.name: item for item in questions.PLANTED}[planted]


def drawn(questions: ModuleType, design: str, planted: str, number: int) -> object:
    rng = np.random.default_rng([1, number])
    return questions.draw(rng, *cell(questions, design, planted), questions.TRUTH)


@pytest.mark.parametrize(
    ("design", "schools"),
    [
        ("randomised", (8, 20, 2)),
        ("randomised, twice the schools", (16, 40, 4)),
        ("matched", (8, 20, 2)),
        ("no comparison", (8, 0, 2)),
    ],
)
def test_a_study_has_the_schools_of_its_design(
    questions: ModuleType, design: str, schools: tuple[int, ...]
) -> None:
    study = drawn(questions, design, "everyone", 0)
    roles = study.schools["role"].value_counts()
    assert tuple(roles.get(name, 0) for name in (TAKING_PART, COMPARISON, SUPPORTING)) == schools
    assert set(study.analysis["school"]) == set(study.schools["school"])
    assert list(study.hidden.index) == list(study.analysis.index)
    by_phase = study.analysis.groupby("phase", observed=True)["year_group"].unique()
    assert set(by_phase["primary"]) == {"2", "4"}
    assert set(by_phase["secondary"]) == {"7"}


def test_schools_are_chosen_as_the_design_says(questions: ModuleType) -> None:
    """By lot the arms start alike; matched, both start low and alike; the lowest lowest of all."""
    start = {}
    for design in ("randomised", "matched", "no comparison, lowest schools"):
        tables = [drawn(questions, design, "nothing", number).schools for number in range(12)]
        start[design] = pd.concat(tables).groupby("role", observed=True)["mean"].mean()
    assert abs(start["randomised"][TAKING_PART] - 100) < 1.5
    assert start["matched"][TAKING_PART] < start["matched"][COMPARISON] < 99
    assert start["no comparison, lowest schools"][TAKING_PART] < start["matched"][TAKING_PART]


def test_effects_are_those_planted(questions: ModuleType) -> None:
    """Row by row, from the schools and records alone."""
    study = drawn(questions, "randomised", "by distance and support", 1)
    taking = study.schools[study.schools["role"] == TAKING_PART].set_index("school")
    at = taking[["easting", "northing"]].to_numpy()
    apart = [sorted(np.hypot(*(at - own).T))[1] / 1000 for own in at]
    doublings = np.log2(np.maximum(apart, 0.1))
    days = study.support.groupby("school")["days"].sum().reindex(taking.index)
    expected = 3 + (doublings - doublings.mean()) + 0.5 * (days - days.mean())
    found = study.hidden["effect"].groupby(study.analysis["school"]).agg(["min", "max"])
    for end in ("min", "max"):
        np.testing.assert_allclose(found.loc[taking.index, end], expected)
    assert (found.drop(taking.index) == 0).all(axis=None)


def test_what_is_planted_is_found(questions: ModuleType) -> None:
    """Of eight studies: means within four of their errors of the truth, from the answers themselves."""
    answers, _ = questions.block(cell(questions, "randomised", "disadvantaged"), 300, 308)
    for question, truth in (
        ("headline", None),
        ("gap change", 3.0),
        ("gap", -2.1),
        ("growth to endline", None),
    ):
        rows = answers[answers["question"] == question]
        assert truth is None or np.allclose(rows["truth"], truth)
        assert 0 < rows["error"].std() < 5
        assert abs(rows["error"].mean()) < 4 * rows["error"].std() / np.sqrt(len(rows))
    headline = answers.loc[answers["question"] == "headline", "truth"]
    assert headline.between(0.6, 1.3).all(), "three points on three pupils in ten"


def test_neither_blocks_nor_what_was_drawn_before_matter(questions: ModuleType) -> None:
    one = cell(questions, "no comparison", "everyone")
    whole = questions.block(one, 600, 603)
    parts = zip(questions.block(one, 600, 601), questions.block(one, 601, 603), strict=True)
    for together, apart in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(together, pd.concat(apart, ignore_index=True))


def contrary(questions: ModuleType) -> dict[str, float]:
    """How often something contrary to the truth is claimed, where nothing is planted, by family."""
    _, said = questions.block(cell(questions, "randomised", "nothing"), 254, 260)
    return said.groupby("family")["contrary"].sum().to_dict()


@pytest.mark.slow
def test_wrong_rules_are_found_out(questions: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """No correction of the further questions; and "higher" of any estimate above zero by half the interval."""
    right = contrary(questions)
    with monkeypatch.context() as patch:
        patch.setattr(
            claims,
            "MAIN",
            ("headline", "gap_change", "gap", "proportion", "distance", "year_group", "phase"),
        )
        alone = contrary(questions)
    assert alone["further"] >= right["further"] + 3
    assert alone["main"] == right["main"]
    rules = [
        (name, (lambda low, high, margin: low + high > 0) if name == "higher" else holds)
        for name, holds in claims.RULES
    ]
    monkeypatch.setattr(claims, "RULES", tuple(rules))
    assert contrary(questions)["main"] >= right["main"] + 2


@pytest.mark.parametrize(
    ("code", "against", "borne_out"),
    [
        ("higher", [0.0, -1.0], [0.1]),
        ("lower", [0.0, 1.0], [-0.1]),
        ("within_margin", [3.0, -3.0], [2.9, -2.9]),
        ("differ", [0.0], [1.0]),
        ("not_inferior", [-3.0], [-2.9, 1.0]),
    ],
)
def test_a_claim_is_held_to_its_truth(
    questions: ModuleType, code: str, against: list[float], borne_out: list[float]
) -> None:
    for truths, verdict in ((against, True), (borne_out, False)):
        for truth in truths:
            assert questions.contrary(questions.Claim("project", "", "headline", code, truth)) == verdict


def test_the_page_is_drawn_from_the_results(
    questions: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = importlib.import_module("questions_page")
    kept = page.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", Path(shutil.copy(page.PAGE, tmp_path)))
    page.redraw(questions.RESULTS)
    assert page.PAGE.read_text(encoding="utf-8") == kept


def test_false_claims_are_no_more_than_nominal(questions: ModuleType) -> None:
    """From the results as committed: each family, in every design and whatever is planted, at most 5% and three Monte Carlo errors."""
    found = pd.read_csv(questions.RESULTS)
    families = found[
        (found["kind"] == "family")
        & found["question"].isin(["main", "further", "supporting", "a school's report"])
    ]
    room = 3 * np.sqrt(0.05 * 0.95 / families["studies"])
    assert (families["contrary"] <= 0.05 + room).all()
    assert {"randomised", "matched", "no comparison"} <= set(families["design"])
