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


def test_where_the_change_varies_too_a_school_s_gap_has_its_own() -> None:
    """STAR: classes of both kinds in every school, so that a school's gap is its gap in regular classes and its share of the change."""
    star = load_study("star", ROOT)
    data = pd.read_csv(ROOT / "data" / "raw" / "star" / "star_kindergarten.csv").rename(
        columns={"math": "maths", "teacher": "class", "free_lunch": "disadvantaged"}
    )
    table = data.assign(school=data["school"].astype(str), in_population=True)
    result = fit(star.analysis.models["gap_slope"].formula, table)
    fixed, own = result.coefficients["estimate"], result.group_effects("school")
    of_one = own[own["level"] == "28"].set_index("term")["estimate"]
    share = table.loc[table["school"] == "28", "small"].mean()
    both = fixed + of_one.reindex(fixed.index).fillna(0.0)
    expected = both["disadvantaged"] + share * both["small:disadvantaged"]
    found = school_gaps(star, {"gap_slope": result}, table).set_index("school")["gap"]
    assert of_one["small:disadvantaged"] != 0
    assert found["28"] == pytest.approx(expected)
