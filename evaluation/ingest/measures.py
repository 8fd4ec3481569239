"""The measures of a published table: a value, or the reason there is none, for every row and measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import DataError, nearest
from evaluation.ingest.cells import Cells, parse_number


@dataclass(frozen=True)
class Measures:
    """The measures of a table's rows, held as cells and spread out when asked for.

    Attributes
    ----------
    cells : Cells
        Its names are the measures, in upper case.
    """

    cells: Cells

    @cached_property
    def _parsed(self) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
        """The value and the reason of each distinct text, shape (k,) each."""
        parsed = [parse_number(text) for text in self.cells.texts]
        values = np.array([value for value, _ in parsed], dtype=np.float64)
        return values, np.array([reason for _, reason in parsed], dtype=object)

    @property
    def names(self) -> tuple[str, ...]:
        """The measures, in upper case, in the file's order."""
        return self.cells.names

    def named(self, measure: str) -> str | None:
        """The table's own name of a measure, None when it is not there.

        Asked for in any case, and in either of the department's spellings of "not disadvantaged" (NotFSM, NFSM).
        """
        wanted = measure.upper()
        spelt = (wanted, wanted.replace("NOTFSM", "NFSM"), wanted.replace("NFSM", "NOTFSM"))
        return next((name for name in spelt if name in self.names), None)

    def value(self, measure: str) -> pd.Series:
        """A measure's values by the file's row number, NaN where `reason` says why.

        Raises
        ------
        DataError
            When the table does not have the measure.
        """
        return self._column(measure, self._parsed[0])

    def reason(self, measure: str) -> pd.Series:
        """Why a measure's values are missing, by the file's row number; "" where they are not.

        Raises
        ------
        DataError
            When the table does not have the measure.
        """
        return self._column(measure, self._parsed[1]).astype("str")

    def _column(self, measure: str, parsed: NDArray) -> pd.Series:
        name = self.named(measure)
        if name is None:
            raise DataError(f"The table has no measure {measure!r}.{nearest(measure.upper(), self.names)}")
        column = self.cells.at[:, self.names.index(name)]
        return pd.Series(parsed[column], index=pd.Index(self.cells.rows, name="row"), name=name)

    def long(self, keys: Sequence[str]) -> pd.DataFrame:
        """One row a row of the table and measure: row, key, measure, value, reason.

        Parameters
        ----------
        keys : sequence of str, length n
            What each row is about.
        """
        values, reasons = self._parsed
        rows, names = self.cells.at.shape
        flat = self.cells.at.ravel()
        reason_of, reason_names = pd.factorize(reasons)
        key_of, key_names = pd.factorize(np.asarray(keys, dtype=object))
        measure = np.tile(np.arange(names, dtype=np.int16), rows)
        return pd.DataFrame(
            {
                "row": np.repeat(self.cells.rows, names),
                "key": pd.Categorical.from_codes(np.repeat(key_of, names), pd.Index(key_names, dtype="str")),
                "measure": pd.Categorical.from_codes(measure, pd.Index(self.names, dtype="str")),
                "value": values[flat],
                "reason": pd.Categorical.from_codes(reason_of[flat], pd.Index(reason_names, dtype="str")),
            }
        )

    def codes(self) -> pd.Series:
        """How many cells hold each reason for a missing value; commonest first, then by name."""
        counts = np.bincount(self.cells.at.ravel(), minlength=len(self.cells.texts))
        met = pd.Series(counts, index=pd.Index(self._parsed[1], dtype="str", name="reason"), name="cells")
        met = met[(met > 0) & (met.index != "")].groupby(level=0).sum()
        return met.sort_index().sort_values(ascending=False, kind="stable")
