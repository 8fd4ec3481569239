"""The units whose changes are compared: complete, of the strata that hold a treated one, the untreated first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.errors import ModelError, nearest


@dataclass(frozen=True, slots=True)
class Units:
    """Units compared, and how many were not.

    Attributes
    ----------
    change : ndarray, shape (n,)
    x : ndarray, shape (n, p)
        A column of 0 and 1 for each stratum, then what is adjusted for, less its mean.
    weight : ndarray, shape (n,)
        1 on average.
    size : ndarray, shape (n,), or None
    stratum : ndarray of int, shape (n,)
    treated : int
        How many; they are the last.
    unmatched : int
        Untreated units of strata without a treated one.
    missing : int
        Units without a value that is needed.
    """

    change: np.ndarray
    x: np.ndarray
    weight: np.ndarray
    size: np.ndarray | None
    stratum: np.ndarray
    treated: int
    unmatched: int
    missing: int

    @property
    def untreated(self) -> int:
        """How many; they are the first."""
        return len(self.change) - self.treated

    def reason(self) -> str:
        """Why the treated units cannot be compared with the others, or ""."""
        if not self.treated:
            return "No treated unit has the values that are needed."
        alone = ~np.isin(self.stratum[self.untreated :], self.stratum[: self.untreated])
        if alone.any():
            return f"{alone.sum()} of {self.treated} treated units have no untreated unit in their stratum."
        if self.untreated <= np.linalg.matrix_rank(self.x[: self.untreated]):
            return "There are too few untreated units to adjust for so much."
        return ""


def compared_units(
    data: pd.DataFrame,
    change: str,
    treated: str,
    adjust: Sequence[str],
    stratum: str | None,
    size: str | None,
    weighted: bool,
) -> Units:
    """The units of `difference_in_changes`, in an order of their own, so that the rows' order never matters.

    Raises
    ------
    ModelError
        For a column that is not there, is not numeric, or does not hold what it should.
    """
    wanted = {"treated": treated, **({"size": size} if size else {})}
    wanted |= {**{f"x{k}": name for k, name in enumerate(adjust)}, "change": change}
    frame = pd.DataFrame({ours: _numbers(data, name) for ours, name in wanted.items()})
    frame["stratum"] = _column(data, stratum) if stratum else ""
    if not frame["treated"].dropna().isin([0, 1]).all():
        raise ModelError(f"The column {treated!r} must hold 0 and 1 alone.")
    if size and (frame["size"] <= 0).any():
        raise ModelError(f"The column {size!r} must be above zero in every unit.")
    if weighted and not size:
        raise ModelError("Units can count by their size only if the column of sizes is named.")
    complete = frame.dropna()
    kept = complete[complete["stratum"].isin(complete.loc[complete["treated"] == 1, "stratum"])]
    codes = pd.factorize(kept["stratum"], sort=True)[0]
    kept = kept.assign(stratum=codes).sort_values(["treated", "stratum", *list(wanted)[1:]], kind="stable")
    return _units(kept, weighted, unmatched=len(complete) - len(kept), missing=len(frame) - len(complete))


def _column(data: pd.DataFrame, name: str) -> pd.Series:
    if name not in data.columns:
        raise ModelError(f"There is no column {name!r}.{nearest(name, list(data.columns))}")
    return data[name]


def _numbers(data: pd.DataFrame, name: str) -> pd.Series:
    """A column as numbers, missing where infinite."""
    found = _column(data, name)
    if not (pd.api.types.is_numeric_dtype(found) or pd.api.types.is_bool_dtype(found)):
        raise ModelError(f"The column {name!r} must hold numbers.")
    return found.astype(float).replace([np.inf, -np.inf], np.nan)


def _units(kept: pd.DataFrame, weighted: bool, unmatched: int, missing: int) -> Units:
    stratum = kept["stratum"].to_numpy()
    strata = (stratum[:, None] == np.unique(stratum)).astype(float)
    numbers = kept.filter(regex=r"^x\d+$")
    size = kept["size"].to_numpy() if "size" in kept else None
    return Units(
        change=kept["change"].to_numpy(),
        x=np.column_stack([strata, numbers - numbers.mean()]),
        weight=size / size.mean() if weighted and size is not None else np.ones(len(kept)),
        size=size,
        stratum=stratum,
        treated=int(kept["treated"].sum()),
        unmatched=unmatched,
        missing=missing,
    )
