"""The last gate: what a table of cleaned rows must be, column by column, as pandera schemas.

Cells were parsed before, so whatever fails here is a fault of the library's own. Nothing is coerced, and
what pandera says of a failure is reduced to the column and the check, because its own messages repeat
values.
"""

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from evaluation.clean.cells import DTYPES, kind_fields
from evaluation.clean.upn import UPN_SHAPE
from evaluation.errors import DataError
from evaluation.study import Instrument, Study
from evaluation.study.fields import Field
from evaluation.study.records import RECORDS

TEXT = pd.StringDtype(na_value=float("nan"))


def gate(study: Study, kind: str, instrument: Instrument | None, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows, unchanged, when they are what cleaned rows of this kind must be.

    Raises
    ------
    DataError
        Naming the columns and checks that failed, and no value.
    """
    try:
        return _schema(study, kind, instrument).validate(rows, lazy=True)
    except SchemaErrors as error:
        failed = error.failure_cases[["column", "check"]].drop_duplicates()
        named = sorted({f"{column} ({check})" for column, check in failed.itertuples(index=False)})
        raise DataError(
            f"Cleaned {kind} rows are not as they must be: {', '.join(named)}. This is a fault of the software."
        ) from None


def _schema(study: Study, kind: str, instrument: Instrument | None) -> pa.DataFrameSchema:
    columns = {
        "source": pa.Column(TEXT),
        "file": pa.Column(TEXT),
        "sheet": pa.Column(TEXT),
        "row": pa.Column("int64", pa.Check.ge(1)),
    }
    if kind != "schools" and kind not in RECORDS:
        columns["wave"] = pa.Column(TEXT, pa.Check.isin([wave.name for wave in study.waves]))
    for field in kind_fields(study, kind):
        columns[field.name] = pa.Column(DTYPES.get(field.parser, TEXT), _checks(study, field), nullable=True)
    if instrument is not None:
        columns |= _score_columns(instrument)
    return pa.DataFrameSchema(
        columns,
        checks=_score_or_reason() if instrument else None,
        unique=["source", "file", "sheet", "row"],
        strict=True,
        coerce=False,
    )


def _checks(study: Study, field: Field) -> list[pa.Check]:
    if field.parser == "sex":
        return [pa.Check.isin(["M", "F"])]
    if field.parser == "yes_no":
        return [pa.Check.isin([0, 1])]
    if field.parser == "year_group":
        return [pa.Check.isin(study.year_groups)]
    if field.parser == "attribute":
        return [pa.Check.isin(study.attributes[field.name].values)]
    if field.parser == "upn":
        return [pa.Check.str_matches(UPN_SHAPE)]
    return []


def _score_columns(instrument: Instrument) -> dict[str, pa.Column]:
    within = pa.Check.in_range(instrument.minimum, instrument.maximum)
    return {
        "score": pa.Column("float64", within, nullable=True),
        "score_reason": pa.Column(TEXT),
        "censored": pa.Column(TEXT, pa.Check.isin(["", "low", "high"])),
        "instrument": pa.Column(TEXT, pa.Check.isin([instrument.name])),
    }


def _score_or_reason() -> pa.Check:
    return pa.Check(
        lambda rows: rows["score"].isna() == (rows["score_reason"] != ""),
        name="a score, or the reason there is none",
    )
