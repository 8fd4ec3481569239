"""The null model's variances, for release."""

import pandas as pd

from evaluation.disclose.release import withhold

FEWEST_SCHOOLS = 3
FIGURES = ["variance", "share", "icc", "n_groups", "n_pupils", "n_schools"]


def protect_null_model(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Variances of enough pupils and schools, to four figures: of two schools either could work out the other's mean.

    Its pupils are the headline's, so that their number tells nothing new.
    """
    enough = (table["n_pupils"] >= minimum) & (table["n_schools"] >= FEWEST_SCHOOLS)
    rough = {name: table[name].round(3) for name in ("share", "icc")}
    rough["variance"] = table["variance"].map(lambda value: float(f"{value:.4g}"))
    return withhold(table.assign(**rough), enough, FIGURES)
