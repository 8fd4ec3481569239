"""The review page refits the models: it says that they agree, and stops when they do not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluation.disclose import Release
from evaluation.errors import ReportError
from evaluation.models import FittedModel, fit
from evaluation.report import impact
from evaluation.report.items import Prose
from evaluation.study import find_root

FORMULA = "score ~ baseline + treated + (1 | school)"
TEN_SCHOOLS = find_root(Path(__file__).parent) / "tests" / "reference" / "ten_schools_ordinary.csv"


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    return pd.read_csv(TEN_SCHOOLS, dtype={"school": str}).assign(in_population=True)


@pytest.fixture(scope="module")
def result(pupils: pd.DataFrame) -> FittedModel:
    return fit(FORMULA, pupils)


@pytest.fixture(scope="module")
def release(ssif: Release, result: FittedModel) -> Release:
    """The fixture release with the headline and the gap model both fitted to ten schools."""
    terms = result.coefficients.rename_axis("term").reset_index()
    facts = {"label": terms["term"], "method": "kenward-roger", "n_pupils": 221, "n_schools": 10}
    facts |= {"n_classes": 0, "n_dropped": 0, "at_boundary": False}
    tables = [terms.assign(model=name, **facts) for name in ("headline", "gap_slope")]
    models = {
        name: {**item, "formula": FORMULA, "term": "treated"} for name, item in ssif.meta["models"].items()
    }
    return Release(
        {**ssif.meta, "models": models}, {**ssif.tables, "estimates": pd.concat(tables, ignore_index=True)}
    )


def altered(release: Release, column: str, by: float) -> Release:
    estimates = release.tables["estimates"].copy()
    estimates.loc[estimates["term"] == "treated", column] += by * estimates["std_error"]
    return Release(release.meta, {**release.tables, "estimates": estimates})


def test_a_fresh_fit_agrees(release: Release, result: FittedModel) -> None:
    said = impact.agreement(release, "headline", result).paragraphs[0]
    assert "agrees with what was published" in said


@pytest.mark.parametrize("column", ["estimate", "std_error", "ci_low", "ci_high"])
def test_a_difference_of_a_hundred_thousandth_of_a_standard_error_is_seen(
    release: Release, result: FittedModel, column: str
) -> None:
    with pytest.raises(ReportError, match="do not belong together"):
        impact.agreement(altered(release, column, 1e-5), "headline", result)


def test_a_missing_figure_is_no_agreement(release: Release, result: FittedModel) -> None:
    with pytest.raises(ReportError, match="do not belong together"):
        impact.agreement(altered(release, "estimate", float("nan")), "headline", result)


def test_a_term_the_fresh_fit_lacks_is_named(release: Release, result: FittedModel) -> None:
    estimates = release.tables["estimates"].replace({"term": {"baseline": "pretest"}})
    with pytest.raises(ReportError, match="no term 'pretest'"):
        impact.agreement(
            Release(release.meta, {**release.tables, "estimates": estimates}), "headline", result
        )


def test_the_published_table_has_the_reference_s_numbers(release: Release) -> None:
    # ten_schools_ordinary of tests/reference/expected.json, from R's lme4 and pbkrtest
    rows = {row[0]: row for row in impact.estimates(release, "headline").groups[0].rows}
    assert rows["Treated"][1:4] == ("2.42", "3.38", "7.9")


def test_an_unknown_model_is_named_with_the_nearest(release: Release) -> None:
    said = impact.estimates(release, "headlin").paragraphs[0]
    assert "no model 'headlin'" in said
    assert "Did you mean 'headline'" in said
    assert impact.agreement(release, "headlin", None).paragraphs[0] == said


def test_the_whole_page_runs_from_release_and_store(
    release: Release, pupils: pd.DataFrame, review_page: Callable[[Release, pd.DataFrame], list[Any]]
) -> None:
    items = review_page(release, pupils)
    assert (
        sum("agrees with what was published" in str(item) for item in items if isinstance(item, Prose)) == 2
    )
