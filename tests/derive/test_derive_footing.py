"""Scores on one footing: the choice, the reference, kept scales, and what cannot be scaled."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.derive.footing import LEAST, Footed, as_analysed, footing_chosen, put_on_footing
from evaluation.derive.scales import Scale
from evaluation.errors import DataError
from evaluation.study import Study, load_study
from evaluation.study.measures import KeptScale

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
TREATED, COMPARED = [f"t{at}" for at in range(12)], [f"c{at}" for at in range(12)]
YOUNGER = [f"y{at}" for at in range(12)]
ALLOCATED = pd.DataFrame(
    {
        "pupil": [*TREATED, *COMPARED, *YOUNGER],
        "year_group": ["4"] * 24 + ["2"] * 12,
        "compared": [False] * 12 + [True] * 24,
    }
)


def on(footing: str, instrument: dict[str, Any] | None = None, **scales: Any) -> Study:
    chosen = STUDY.scales.model_copy(update={"footing": footing, **scales})
    tests = tuple(item.model_copy(update=instrument or {}) for item in STUDY.instruments)
    return STUDY.model_copy(update={"scales": chosen, "instruments": tests})


def sat(pupils: list[str], scores: list[float], wave: str = "autumn", year: str | None = "4") -> pd.DataFrame:
    columns = {"pupil": pupils, "score": scores, "wave": wave, "year_group": year, "instrument": "ptm"}
    return pd.DataFrame(columns).assign(score_reason="", censored="").astype({"score": "float64"})


AUTUMN = pd.concat(
    [sat(TREATED, [90 + 2 * at for at in range(12)]), sat(COMPARED, [80.0 + at for at in range(12)])],
    ignore_index=True,
)


def footed(study: Study, scores: pd.DataFrame) -> Footed:
    return put_on_footing(study, scores, ALLOCATED, {}, pd.Series(np.nan, index=scores.index))


def test_the_comparison_pupils_have_mean_100_and_standard_deviation_15() -> None:
    found = footed(on("z"), AUTUMN)
    compared = found.scores["score"][12:]
    assert (compared.mean(), compared.std()) == (pytest.approx(100), pytest.approx(15))
    # 80 to 91: mean 85.5, standard deviation the root of 13.
    assert found.scores["score"][0] == pytest.approx(100 + 15 * 4.5 / 13**0.5)
    (scale,) = found.scales
    assert (scale.n, scale.reference, scale.method) == (12, "comparison", "mean_sd")


def test_percentiles_are_those_among_the_comparison_pupils() -> None:
    found = footed(on("percentile"), AUTUMN)
    assert found.scores["score"][12] == pytest.approx(100 - 15 * 1.731664, abs=1e-4)  # qnorm(0.5 / 12) in R
    assert (
        found.scores["score"][:12].max() == found.scores["score"][12:].max()
    )  # beyond the best of them, the best


def test_as_they_stand_changes_nothing() -> None:
    found = footed(STUDY, AUTUMN)
    pd.testing.assert_frame_equal(found.scores, AUTUMN)
    assert [scale.method for scale in found.scales] == ["none"]


def test_publishers_norms_bring_tests_to_one_scale() -> None:
    found = footed(on("norms", {"norm_mean": 50.0, "norm_sd": 10.0}), sat(COMPARED, [60.0] * 12))
    assert found.scores["score"].tolist() == [pytest.approx(115)] * 12


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(70, 130), min_size=12, max_size=12, unique=True),
    st.sampled_from(["z", "percentile"]),
    st.permutations(range(24)),
)
def test_another_year_group_or_wave_and_the_order_of_rows_change_nothing(
    others: list[int], footing: str, order: list[int]
) -> None:
    expected = footed(on(footing), AUTUMN).scores["score"]
    more = pd.concat(
        [sat(YOUNGER, others, year="2"), AUTUMN, sat(COMPARED, others, "summer")], ignore_index=True
    )
    assert footed(on(footing), more).scores["score"][12:36].tolist() == expected.tolist()
    mixed = AUTUMN.iloc[order]
    assert footed(on(footing), mixed).scores["score"].to_dict() == expected.to_dict()


def kept(scales: tuple[Scale, ...], **change: Any) -> tuple[KeptScale, ...]:
    return tuple(
        KeptScale(
            instrument=scale.paper.instrument, edition=scale.paper.edition, year_group=scale.paper.year_group,
            wave=scale.paper.wave, method=scale.method, reference=scale.reference, n=scale.n, sha256=scale.sha256,
            points=scale.points,
        ).model_copy(update=change)
        for scale in scales
    )  # fmt: skip


@pytest.mark.parametrize("footing", ["z", "percentile"])
def test_a_late_score_changes_no_other_where_the_scale_is_kept(footing: str) -> None:
    first = footed(on(footing), AUTUMN)
    late = pd.concat([AUTUMN, sat(["c99"], [130.0])], ignore_index=True)
    pupils = pd.concat([ALLOCATED, ALLOCATED.tail(1).assign(pupil="c99", year_group="4")])
    nothing = pd.Series(np.nan, index=late.index)
    again = put_on_footing(on(footing, kept=kept(first.scales)), late, pupils, {}, nothing)
    assert again.scores["score"][:24].tolist() == first.scores["score"].tolist()
    assert again.scales == first.scales
    made = put_on_footing(on(footing), late, pupils, {}, nothing)
    assert made.scores["score"][:24].tolist() != first.scores["score"].tolist()


def test_a_kept_scale_of_another_edition_is_refused_by_name() -> None:
    first = footed(on("z", {"edition": "2019"}), AUTUMN)
    study = on("z", {"edition": "2023"}, kept=kept(first.scales))
    with pytest.raises(DataError, match="edition '2019' cannot be applied to scores of edition '2023'"):
        footed(study, AUTUMN)


def test_a_paper_too_few_comparison_pupils_sat_has_no_scores_and_is_stated() -> None:
    stray = sat(YOUNGER[: LEAST - 1], list(range(71, 70 + LEAST)), year="2").assign(censored="low")
    found = footed(on("z"), pd.concat([AUTUMN, stray], ignore_index=True))
    assert found.scores["score"][24:].isna().all()
    assert set(found.scores["score_reason"][24:]) == {"no scale"}
    assert set(found.scores["censored"][24:]) == {""}
    assert any(
        "9 scores on Progress test, year group 2, Autumn, were left out" in note for note in found.notes
    )
    with pytest.raises(DataError, match=r"Outcome 'before' has scores .* fewer than 10 comparison pupils"):
        footed(on("z"), stray)


def test_a_score_in_two_rows_counts_once_in_the_reference() -> None:
    twice = pd.concat([AUTUMN, AUTUMN.tail(3)], ignore_index=True)
    assert footed(on("z"), twice).scales == footed(on("z"), AUTUMN).scales


def test_a_paper_without_a_year_group_is_the_pupil_s() -> None:
    found = footed(on("z"), AUTUMN.assign(year_group=np.nan))
    assert found.scales[0].paper.year_group == "4"
    assert found.scores["score"].tolist() == footed(on("z"), AUTUMN).scores["score"].tolist()


def test_the_choice_reaches_the_unit_the_norms_and_the_notes() -> None:
    normed = {"norm_mean": 50.0, "norm_sd": 10.0}
    expected = {"none": (50, 10), "norms": (100, 15), "z": (None, None), "percentile": (None, None)}
    for footing, norms in expected.items():
        study = on(footing, normed)
        shown = as_analysed(study, "ptm")
        assert (shown.norm_mean, shown.norm_sd) == norms
        assert shown.unit == ("points" if footing == "none" else "standardised points")
        assert f"(scales: footing: {footing})" in next(iter(footing_chosen(study)))
        assert next(iter(footing_chosen(study))) in footed(study, AUTUMN).notes
