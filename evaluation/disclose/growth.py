"""Growth, for release: how many pupils were followed to another school is a count as any other."""

import pandas as pd

from evaluation.disclose.robustness import apart


def protect_growth(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """The estimates as they are; numbers of pupils who moved where neither is small, nor the difference of the two."""
    protected, numbers = table.copy(), ["n_moved", "n_moved_up"]
    for at, row in table[numbers].iterrows():
        told = apart(row.reset_index(drop=True), pd.Series([True, False]), minimum)
        protected.loc[at, numbers] = row.where(told.to_numpy())
    return protected
