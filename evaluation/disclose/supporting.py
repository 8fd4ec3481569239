"""How supporting schools fared, for release: they are few, and either of two could subtract its own mean."""

import pandas as pd

from evaluation.disclose.precision import Precision
from evaluation.disclose.release import withhold
from evaluation.disclose.rounding import to_step, up_to_step
from evaluation.impact.claims import bound_code


def protect_supporting(table: pd.DataFrame, given: Precision, primary: str, minimum: int) -> pd.DataFrame:
    """The estimate as rough as the smallest school's mean must be, its bound never nearer than it was; few pupils are withheld."""
    known = table["estimate"].notna()
    protected = withhold(table, (table["n_smallest"] >= minimum) | ~known, ["estimate", "std_error", "bound"])
    for at in protected.index[protected["estimate"].notna()]:
        step = given.step(primary, float(table.loc[at, "n_smallest"]))
        protected.loc[at, "estimate"] = to_step(table.loc[at, "estimate"], step)
        protected.loc[at, "bound"] = -up_to_step(-table.loc[at, "bound"], step)
    return protected.drop(columns=["std_error", "n_smallest"])


def supporting_claim(claims: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Claims, and the one that the published bound allows."""
    rows = [
        ("project", "", "supporting", "withheld" if symbol else bound_code(bound, margin))
        for bound, margin, symbol in published[["bound", "margin", "symbol"]].itertuples(index=False)
    ]
    return (
        pd.concat(
            [claims, pd.DataFrame(rows, columns=["level", "unit", "question", "code"])], ignore_index=True
        )
        if rows
        else claims
    )
