"""A proportion is the count it is of: it is shown only where that count may be."""

import pandas as pd
import pytest

from evaluation.disclose.balance import protect_balance

STATUS = "proportion of disadvantaged pupils"
MINIMUM = 10


def protected(symbols: list[str], treated: float = 0.3, n: int = 100) -> pd.DataFrame:
    rows = [(STATUS, treated, 0.4, "adjust", n, n), ("proportion of girls", 0.5, 0.5, "balanced", n, n)]
    table = pd.DataFrame(
        rows, columns=["characteristic", "treated", "control", "verdict", "n_treated", "n_control"]
    )
    table = table.assign(difference=table["treated"] - table["control"], effect_size=0.1)
    described = pd.DataFrame({"level": "project", "split": "treatment_disadvantaged", "symbol": symbols})
    return protect_balance(table, described, STATUS, MINIMUM).set_index("characteristic")


@pytest.mark.parametrize(
    ("symbols", "shown"), [(["", "", "", ""], True), (["", "c", "", "c"], False), (["c", "", "", ""], False)]
)
def test_the_share_of_a_withheld_count_is_withheld_and_others_are_not(
    symbols: list[str], shown: bool
) -> None:
    found = protected(symbols)
    assert (found.loc[STATUS, "symbol"] == "") == shown
    assert found.loc[STATUS, ["treated", "control", "difference"]].notna().all() == shown
    assert (found.loc[STATUS, "verdict"] == "adjust") == shown
    assert found.loc["proportion of girls", "symbol"] == ""


@pytest.mark.parametrize(("share", "shown"), [(0.09, False), (0.10, True), (0.90, True), (0.91, False)])
def test_enough_with_and_enough_without(share: float, shown: bool) -> None:
    assert (protected([""] * 4, treated=share).loc[STATUS, "symbol"] == "") == shown
    assert protected([""] * 4, n=9).loc["proportion of girls", "symbol"] != ""
