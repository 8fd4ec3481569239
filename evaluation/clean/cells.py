"""The cells of one raw table, parsed column by column: values, and an issue for every cell not accepted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.clean.dates import date_orders, order_note, parse_date
from evaluation.clean.issues import ISSUE_COLUMNS, issues_at, note, subject
from evaluation.clean.parse import (
    Parser,
    parse_choice,
    parse_column,
    parse_identifier,
    parse_name,
    parse_number,
    parse_school,
    parse_send,
    parse_sex,
    parse_text,
    parse_upn,
    parse_year_group,
    parse_yes_no,
)
from evaluation.clean.scores import (
    BLANK,
    MISSING,
    NOT_ACCEPTED,
    Mark,
    mostly_scores,
    parse_age,
    parse_score,
)
from evaluation.clean.spells import refusing
from evaluation.ingest import RawTable, collapse
from evaluation.study import Instrument, Source, Study
from evaluation.study.fields import FIELDS, IDENTIFYING, Field

DTYPES: dict[str, Any] = {"date": "datetime64[us]", "yes_no": "Int64", "number": "float64"}
DTYPES |= {"age": "Int64", "spell_date": "datetime64[us]"}
_SIMPLE: dict[str, Parser] = {
    "identifier": parse_identifier,
    "upn": parse_upn,
    "name": parse_name,
    "label": parse_text,
    "text": parse_text,
    "number": parse_number,
    "sex": parse_sex,
    "yes_no": parse_yes_no,
    "age": parse_age,
}


@dataclass(frozen=True)
class Parsing:
    """Parsed columns of a table beside its rows' places, and the issues met on the way."""

    rows: pd.DataFrame
    issues: list[pd.DataFrame]


def table_text(table: RawTable, columns: Mapping[str, str]) -> pd.DataFrame:
    """The mapped columns of a table under the library's names, as text with collapsed whitespace."""
    text = {name: table.cells[collapse(heading)].tolist() for name, heading in columns.items()}
    plain = {cell: collapse(cell) for cells in text.values() for cell in set(cells)}
    collapsed = {name: [plain[cell] for cell in cells] for name, cells in text.items()}
    return pd.DataFrame(collapsed, index=table.cells.index, dtype="str")


def kind_fields(study: Study, kind: str) -> tuple[Field, ...]:
    """The columns cleaned rows of this kind have, the study's own attributes last."""
    own = tuple(Field(name, "attribute") for name in study.attributes) if kind == "pupils" else ()
    return (*FIELDS[kind], *own)


def parse_cells(
    study: Study,
    source: Source | None,
    table: RawTable,
    text: pd.DataFrame,
    columns: Mapping[str, str],
    schools: Collection[str] | None,
) -> Parsing:
    """Every column of the kind, parsed; `source` is None for the schools register.

    A row one of whose cells refuses it is listed, and left out.
    """
    kind = source.kind if source else "schools"
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": text.index}
    rows = pd.DataFrame(place, index=text.index)
    parsed: dict[str, pd.DataFrame] = {}
    notes = []
    parsers = _parsers(study, source, text, schools)
    for field in kind_fields(study, kind):
        if field.name not in text:
            rows[field.name] = _typed(pd.Series(None, index=text.index, dtype="object"), field)
            continue
        parser, remark = parsers[field.name]
        result = parsed[field.name] = parse_column(text[field.name], parser)
        rows = rows.assign(**_values(result["value"], field, text[field.name]))
        if remark:
            notes.append(note(table, f"{field.name}_column", remark, columns[field.name]))
    issues = [
        _cell_issues(rows, text[name], result, name, columns.get(name, "")) for name, result in parsed.items()
    ]
    refused = pd.concat([result["refuses_row"] for result in parsed.values()], axis=1).any(axis=1)
    return Parsing(rows[~refused], [*notes, *issues])


def _values(values: pd.Series, field: Field, text: pd.Series) -> dict[str, pd.Series]:
    """The typed columns a field fills: one, but for a score, which is taken apart."""
    if field.parser != "score":
        return {field.name: _typed(values, field)}
    empty = {True: Mark(MISSING, BLANK), False: Mark(MISSING, NOT_ACCEPTED)}
    marks = [mark if mark is not None else empty[cell == ""] for mark, cell in zip(values, text, strict=True)]
    return {
        "score": pd.Series([mark.score for mark in marks], index=text.index, dtype="float64"),
        "score_reason": pd.Series([mark.reason for mark in marks], index=text.index, dtype="str"),
        "censored": pd.Series([mark.censored for mark in marks], index=text.index, dtype="str"),
    }


def _typed(values: pd.Series, field: Field) -> pd.Series:
    return values.astype(DTYPES.get(field.parser, "str"))


def _cell_issues(
    rows: pd.DataFrame, text: pd.Series, result: pd.DataFrame, name: str, heading: str
) -> pd.DataFrame:
    bad = result["reason"] != ""
    if not bad.any():
        return pd.DataFrame(columns=ISSUE_COLUMNS)
    sentences = [
        f"{subject(cell, name in IDENTIFYING)} {reason}."
        for cell, reason in zip(text[bad], result.loc[bad, "reason"], strict=True)
    ]
    found = issues_at(
        rows[bad], name, "cell", pd.Series(sentences, index=rows.index[bad], dtype="str"), heading
    )
    return found.assign(severity=["row" if refuses else "cell" for refuses in result.loc[bad, "refuses_row"]])


def _parsers(
    study: Study, source: Source | None, text: pd.DataFrame, schools: Collection[str] | None
) -> dict[str, tuple[Parser, str]]:
    """A parser for each column, chosen by what it holds where need be, and a note on the choice or ""."""
    fields = [
        field for field in kind_fields(study, source.kind if source else "schools") if field.name in text
    ]
    found = {field.name: (_SIMPLE[field.parser], "") for field in fields if field.parser in _SIMPLE}
    own = {name: (parse_choice(item.values), "") for name, item in study.attributes.items()}
    found |= {name: parser for name, parser in own.items() if name in text and name not in found}
    dates = [field.name for field in fields if field.parser in ("date", "spell_date")]
    orders = date_orders({name: text[name].unique() for name in dates})
    found |= {name: (parse_date(order), order_note(order)) for name, order in orders.items()}
    spelt = [field.name for field in fields if field.parser == "spell_date"]
    found |= {name: (refusing(found[name][0]), found[name][1]) for name in spelt}
    special: dict[str, Parser] = {
        "send": parse_send,
        "school": parse_school(schools),
        "year_group": parse_year_group(study.year_groups),
    }
    found |= {name: (parser, "") for name, parser in special.items() if name in text}
    if source and source.instrument and "score" in text:
        found["score"] = _score_parser(study.instrument(source.instrument), text["score"])
    return found


def _score_parser(instrument: Instrument, text: pd.Series) -> tuple[Parser, str]:
    likely = mostly_scores(text)
    marked = bool(text.str.startswith(("<", ">", "≤", "≥")).any())
    remark = "" if likely else "Most cells of this column are not scores. Is it the right column?"
    return parse_score(instrument, short_codes=likely, marked=marked), remark
