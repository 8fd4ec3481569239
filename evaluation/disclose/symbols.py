"""The department's symbols: what stands in a cell of a release in place of a number, or of a number lost to rounding."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

WITHHELD = "c"
UNAVAILABLE = "x"
NOT_APPLICABLE = "z"
LOW = "low"
MEANINGS = {
    WITHHELD: "withheld to protect pupils",
    UNAVAILABLE: "not available: the row says why",
    NOT_APPLICABLE: "not applicable: there is no such figure",
    LOW: "rounds to zero, but is not zero",
}


def number_columns(table: pd.DataFrame) -> list[str]:
    """The columns that hold numbers, truth values apart."""
    return [
        name
        for name in table.columns
        if pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
    ]


def cell_symbols(table: pd.DataFrame, before: pd.DataFrame | None = None) -> pd.DataFrame:
    """The symbol of each cell that holds no number, or one lost to rounding; "" elsewhere.

    A missing number is withheld where its row is (`symbol`) or where it was there before protection; it is not
    available where the row gives a `reason`, and else not applicable.

    Parameters
    ----------
    table : DataFrame
        As it is to be shown.
    before : DataFrame, optional
        The same rows before they were protected; ignored where its index is another.

    Returns
    -------
    DataFrame
        Text, with the rows of `table` and its columns of numbers.
    """
    if before is None or not before.index.equals(table.index):
        before = table
    found = {}
    for name in number_columns(table):
        now = table[name].to_numpy("float64", na_value=np.nan)
        then = before.get(name, table[name]).to_numpy("float64", na_value=np.nan)
        hidden = _says(table, "symbol") | ~np.isnan(then)
        absent = np.where(hidden, WITHHELD, np.where(_says(table, "reason"), UNAVAILABLE, NOT_APPLICABLE))
        lost = (now == 0) & (then != 0) & ~np.isnan(then)
        found[name] = np.where(np.isnan(now), absent, np.where(lost, LOW, ""))
    return pd.DataFrame(found, index=table.index, dtype="object")


def _says(table: pd.DataFrame, column: str) -> np.ndarray:
    """Whether a row has something in a column of text; nowhere when there is no such column."""
    if column not in table:
        return np.zeros(len(table), dtype=bool)
    return table[column].fillna("").astype(str).to_numpy() != ""


def as_text(column: pd.Series, symbols: pd.Series) -> pd.Series:
    """Numbers as they are written, the symbol where there is one: whole numbers without a point, 17 figures where needed."""
    texts = [_number(value) for value in column.to_numpy("float64", na_value=np.nan)]
    return pd.Series(
        [symbol or text for symbol, text in zip(symbols, texts, strict=True)],
        index=column.index,
        dtype="object",
    )


def _number(value: float) -> str:
    if np.isinf(value):
        return "INF" if value > 0 else "-INF"
    return f"{int(value)}" if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))


def as_numbers(texts: Sequence[str]) -> tuple[pd.Series, list[str]]:
    """The numbers and the symbols of a column that `as_text` wrote.

    Raises
    ------
    ValueError
        When a cell is neither a number nor a symbol.
    """
    symbols = [text if text in MEANINGS else "" for text in texts]
    stands_for = {name: 0.0 if name == LOW else np.nan for name in MEANINGS}
    numbers = [stands_for[text] if text in MEANINGS else float(text) for text in texts]
    return pd.Series(numbers, dtype="float64"), symbols
