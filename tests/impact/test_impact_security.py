"""How secure the evidence is: every boundary of every table, and the whole never above its weakest part."""

from pathlib import Path

import pandas as pd
import pytest

from evaluation.impact.power import ANALYSED
from evaluation.impact.security import DESIGNS, security
from evaluation.report import wording
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def rated(
    study: Study, kind: str = "randomised", mdes: float = 0.1, lost: float = 0.0, apart: float = 0.0
) -> pd.Series:
    """Ratings by part; a hundred thousand pupils an arm, of whom the treated lose a share."""
    question = "change" if kind in ("norm", "none") else "headline"
    power = pd.DataFrame({"question": [question], "stage": [ANALYSED], "mdes": [mdes]})
    counts = [("a", "in the population", 100_000), ("a", "analysed", round(100_000 * (1 - lost)))]
    counts += [("b", "in the population", 100_000), ("b", "analysed", 100_000), ("a", "listed", 200_000)]
    flow = pd.DataFrame(counts, columns=["unit", "stage", "n"]).assign(level="project")
    balance = pd.DataFrame({"effect_size": [0.01, -apart]})
    compared = study.comparison.model_copy(update={"kind": kind})
    found = security(study.model_copy(update={"comparison": compared}), power, flow, balance)
    return found.set_index("part")["rating"]


@pytest.mark.parametrize(
    ("kind", "rating"), [("randomised", 5), ("matched", 3), ("published", 2), ("norm", 0), ("none", 0)]
)
def test_a_design_is_rated_by_what_it_allows_for(study: Study, kind: str, rating: int) -> None:
    found = rated(study, kind)
    assert found["design"] == found["whole"] == rating
    assert ("balance" in found.index) == (kind not in ("norm", "none"))
    assert found["detectable"] == 5, "of a change as well"


def test_no_design_is_rated_above_a_stronger_one() -> None:
    """From strong to weak, as the methods order comparisons; each rating is in the note below the page's table."""
    order = ["randomised", "matched", "published", "norm", "none"]
    assert list(DESIGNS) == list(wording.KINDS) == order
    assert list(DESIGNS.values()) == sorted(DESIGNS.values(), reverse=True)
    assert DESIGNS["matched"] > DESIGNS["published"] > DESIGNS["norm"]
    for said in ("5 by lot", "3 matched with", "2 change in published tables", "0 nobody"):
        assert said in wording.SECURITY_NOTE


def test_a_matched_comparison_without_a_first_test_is_rated_lower(study: Study) -> None:
    blind = study.model_copy(update={"analysis": study.analysis.model_copy(update={"baseline": None})})
    assert rated(blind, "matched")["design"] == 2


@pytest.mark.parametrize(
    ("part", "argument", "bands"),
    [
        ("detectable", "mdes", (0.20, 0.30, 0.40, 0.50, 0.60)),
        ("lost", "lost", (0.10, 0.20, 0.30, 0.40, 0.50)),
        ("balance", "apart", (0.05, 0.10, 0.25, 0.50, 1.00)),
    ],
)
def test_each_band_ends_where_it_is_written(
    study: Study, part: str, argument: str, bands: tuple[float, ...]
) -> None:
    for at, end in enumerate(bands):
        assert rated(study, **{argument: end})[part] == 5 - at
        beyond = rated(study, **{argument: end + 0.0001})
        assert beyond[part] == max(0, 4 - at)
        assert beyond["whole"] == beyond.min() == beyond[part]


def test_what_is_not_known_is_not_secure(study: Study) -> None:
    assert rated(study, mdes=float("nan"))["whole"] == 0
