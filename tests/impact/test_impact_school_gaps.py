"""School gaps by the model: given where gaps can be told to differ between schools, and not where their variance is at its boundary."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from impact_tables import simulated

from evaluation.impact.plan import school_gaps
from evaluation.impact.sample import population
from evaluation.models import fit
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


def with_gaps(spread: float) -> pd.DataFrame:
    """Schools whose gaps, as found, are evenly spread about -3 over so many points either way."""
    table = simulated(3)
    gaps = np.linspace(-spread, spread, table["school"].nunique())[table["school"].factorize()[0]]
    by_group = table.groupby(["school", "disadvantaged"])["endline"].transform("mean")
    others = table["endline"].where(table["disadvantaged"] == 0).groupby(table["school"]).transform("mean")
    level = (table["endline"] - by_group) + others + table["disadvantaged"] * (gaps - 3)
    return table.assign(endline=level)


def test_gaps_that_differ_are_found_school_by_school(study: Study) -> None:
    table = with_gaps(12.0)
    result = fit(study.analysis.models["gap_slope"].formula, population(table))
    assert "school" not in result.diagnostics.singular
    found = school_gaps(study, {"gap_slope": result}, table).set_index("school")["gap"]
    assert found.corr(pd.Series(np.linspace(-12, 12, len(found)), found.index)) > 0.8


def test_gaps_that_cannot_be_told_to_differ_are_not_given(study: Study) -> None:
    table = with_gaps(0.0)
    result = fit(study.analysis.models["gap_slope"].formula, population(table))
    assert "school" in result.diagnostics.singular
    found = school_gaps(study, {"gap_slope": result}, table)
    assert len(found) == table["school"].nunique()
    assert found[["gap", "ci_low", "ci_high"]].isna().all(axis=None)
