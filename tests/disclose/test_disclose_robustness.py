"""How the headline moves, for release: nothing of one school, nor of a few pupils, follows from two rows together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclose.precision import Precision
from evaluation.disclose.release import Release
from evaluation.disclose.revealed import with_revealed
from evaluation.disclose.robustness import protect_robustness, protect_specifications, protect_tipping
from evaluation.disclose.symbols import cell_symbols
from evaluation.impact.robustness import COLUMNS

MINIMUM = 10
GIVEN = Precision({"endline": 15.0})


def variations(**rows: dict[str, object]) -> pd.DataFrame:
    """Rows of the table by variation, of which only what is given differs from a plain one."""
    plain = {
        "change": "", "estimate": 1.234, "std_error": 2.0, "df": 9.0, "p_value": 0.5, "ci_low": -3.0, "ci_high": 5.0, "n_pupils": 500,
        "n_schools": 20, "share": np.nan, "fewest": 8, "n_smallest": np.nan, "reason": "",
    }  # fmt: skip
    return pd.DataFrame([{"variation": name, **plain, **row} for name, row in rows.items()], columns=COLUMNS)


def protected(**rows: dict[str, object]) -> pd.DataFrame:
    return protect_robustness(variations(**rows), GIVEN, "endline", MINIMUM).set_index("variation")


def test_model_estimates_are_given_as_they_are() -> None:
    found = protected(complete={}, no_baseline={"estimate": 0.777, "n_pupils": 520})
    assert found["estimate"].tolist() == [1.234, 0.777]
    assert found["n_pupils"].tolist() == [500, 520]
    assert not {"fewest", "n_smallest"} & set(found.columns)


def test_without_one_school_is_as_rough_as_the_smallest_school_s_mean() -> None:
    """Fifteen points over 20 pupils are 0.75, of which the next step is 1; over 5 pupils 3, of which it is 5."""
    rows = {"complete": {}, "without_one_low": {"estimate": 0.4321, "n_smallest": 20}}
    assert protected(**rows).loc["without_one_low", "estimate"] == 0
    assert protected(**rows).loc["without_one_low", "n_pupils"] != 500
    rows["without_one_low"]["n_smallest"] = 5
    table = variations(**rows)
    found = protect_robustness(table, GIVEN, "endline", MINIMUM)
    assert np.isnan(found["estimate"].iloc[1]), "a step wider than the standard error tells nothing"
    assert cell_symbols(found, table)["estimate"].iloc[1] == "c"


def test_numbers_within_the_minimum_of_another_are_withheld_with_their_share() -> None:
    found = protected(
        complete={}, no_baseline={"n_pupils": 503}, uncensored={"n_pupils": 491, "share": 0.018}, imputed={"n_pupils": 540, "share": 0.07}
    )  # fmt: skip
    assert found["n_pupils"].isna().tolist() == [False, True, True, False]
    assert found["share"].isna().tolist() == [True, True, True, False]


@given(st.lists(st.integers(0, 80), min_size=1, max_size=8), st.randoms())
@settings(max_examples=60, deadline=None)
def test_no_two_numbers_given_differ_by_fewer_than_the_minimum(numbers: list[int], order: object) -> None:
    rows = {f"v{at}": {"n_pupils": n} for at, n in enumerate(numbers)}
    shown = protected(complete={"n_pupils": 40}, **rows)["n_pupils"].dropna().unique()
    assert 40 in shown
    assert all(a == b or abs(a - b) >= MINIMUM for a in shown for b in shown)
    assert min(shown) >= MINIMUM


def test_an_arm_of_few_schools_is_withheld_but_for_the_answer_itself() -> None:
    found = protected(complete={"fewest": 2}, year_7={"fewest": 2}, year_2={"fewest": 3})
    assert found["symbol"].tolist() == ["", "c", ""]
    assert found.loc["year_7", ["estimate", "ci_low", "p_value", "n_schools"]].isna().all()
    assert found["n_pupils"].isna().tolist() == [False, True, True], "year groups are counted elsewhere"


def test_combinations_of_choices_are_held_to_the_same() -> None:
    table = variations(complete={}, other={"n_pupils": 496}, few={"fewest": 1})
    table = table.assign(planned=[True, False, False]).drop(columns=["variation", "share", "n_smallest"])
    found = protect_specifications(table, MINIMUM)
    assert found["n_pupils"].isna().tolist() == [False, True, True]
    assert found["symbol"].tolist() == ["", "", "c"]


@pytest.mark.parametrize(("missing", "symbol"), [(0, ""), (1, "c"), (9, "c"), (10, "")])
def test_how_far_a_finding_is_from_tipping_tells_how_few_are_missing(missing: int, symbol: str) -> None:
    row = {
        "arm": "x", "finding": "higher", "delta": -4.0, "delta_sd": -0.3, "sd": 15.0, "share": missing / 300, "n_missing": missing, "reason": "",
    }  # fmt: skip
    found = protect_tipping(pd.DataFrame([row]), MINIMUM)
    assert found["symbol"].tolist() == [symbol]
    assert found[["delta", "delta_sd", "share"]].isna().all(axis=None) == (symbol == "c")
    assert "n_missing" not in found


def test_a_table_of_no_rows_reveals_nothing_beside_itself() -> None:
    """STAR has every outcome, and so no tipping point."""
    empty = protect_tipping(pd.DataFrame({"arm": pd.Series(dtype="str"), "n_missing": [], "delta": [], "delta_sd": [], "share": []}), MINIMUM)  # fmt: skip
    release = Release({"run": "before"}, {"tipping": empty})
    assert with_revealed(release, release).tables["revealed"].empty
