"""The cells of one raw table, parsed column by column: values, and an issue for every cell not accepted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.clean.columns import settle_columns, sparse_columns
from evaluation.clean.dates import date_orders, order_note, parse_date
from evaluation.clean.issues import issues_at, note, subject
from evaluation.clean.parse import (
    Parser,
    parse_choice,
    parse_column,
    parse_identifier,
    parse_name,
    parse_number,
    parse_send,
    parse_sex,
    parse_text,
    parse_upn,
    parse_year_group,
    parse_yes_no,
)
from evaluation.clean.plain import plain_text
from evaluation.clean.record_cells import record_parsers
from evaluation.clean.rules.shifted import shifted_rows
from evaluation.clean.schools import parse_school
from evaluation.clean.score_cells import scale_doubt, tidied, tidy_score
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
from evaluation.clean.upn import numbers_note
from evaluation.ingest import RawTable, collapse
from evaluation.study import Instrument, Source, Study
from evaluation.study.fields import FIELDS, IDENTIFYING, Field
from evaluation.study.records import RECORDS

DTYPES: dict[str, Any] = {"date": "datetime64[us]", "yes_no": "Int64", "number": "float64"}
DTYPES |= {"age": "Int64", **dict.fromkeys(("spell_date", "day", "day_or_month"), "datetime64[us]")}
DTYPES |= {
    **dict.fromkeys(("count", "level", "agreement"), "Int64"),
    **dict.fromkeys(("money", "hours", "days"), "float64"),
}
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
# The same remark on more cells than this, and on half the column, is a habit of the column: said once.
HABIT = 20


@dataclass(frozen=True)
class Parsing:
    """Parsed columns of a table beside its rows' places, and the issues met on the way."""

    rows: pd.DataFrame
    issues: list[pd.DataFrame]


def table_text(table: RawTable, columns: Mapping[str, str]) -> pd.DataFrame:
    """The mapped columns of a table under the library's names, as plain text with collapsed whitespace."""
    text = {name: table.cells[collapse(heading)].tolist() for name, heading in columns.items()}
    plain = {cell: plain_text(cell) for cells in text.values() for cell in set(cells)}
    collapsed = {name: [plain[cell] for cell in cells] for name, cells in text.items()}
    return pd.DataFrame(collapsed, index=table.cells.index, dtype="str")


def kind_fields(study: Study, kind: str) -> tuple[Field, ...]:
    """The columns cleaned rows of this kind have, the study's own attributes last."""
    own = tuple(Field(name, "attribute") for name in study.attributes) if kind == "pupils" else ()
    return (*FIELDS[kind], *own)


def no_rows(study: Study, kind: str) -> pd.DataFrame:
    """Cleaned rows of a kind where there are none: the columns it would have."""
    place = dict.fromkeys(("source", "file", "sheet"), "str") | {"row": "int64", "wave": "str"}
    fields = {field.name: DTYPES.get(field.parser, "str") for field in kind_fields(study, kind)}
    if kind == "scores":
        fields |= {"instrument": "str", "score": "float64", "score_reason": "str", "censored": "str"}
    return pd.DataFrame(columns=[*place, *fields]).astype(place | fields)


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
    fields = kind_fields(study, kind)
    text, assumed = settle_columns(text, fields)
    assumed = sparse_columns(text, fields, columns) | assumed
    parsers = _parsers(study, source, text, schools)
    parsed = {name: parse_column(text[name], parser) for name, (parser, _) in parsers.items()}
    for field in fields:
        if field.name in parsed:
            rows = rows.assign(**_values(parsed[field.name]["value"], field, text[field.name]))
        else:
            rows[field.name] = _typed(pd.Series(None, index=text.index, dtype="object"), field)
    remarks = {name: remark for name, (_, remark) in parsers.items() if remark} | assumed
    notes = [note(table, f"{name}_column", remark, columns.get(name, "")) for name, remark in remarks.items()]
    issues = [
        issue
        for name, result in parsed.items()
        for issue in _cell_issues(table, rows, text[name], result, name, columns.get(name, ""))
    ]
    shifted = shifted_rows(table, columns, parsed, {name: parser for name, (parser, _) in parsers.items()})
    refused = pd.concat([result["refuses_row"] for result in parsed.values()], axis=1).any(axis=1)
    listed = issues_at(rows.loc[shifted.index], "shifted", "row", shifted)
    return Parsing(rows[~refused].drop(index=shifted.index, errors="ignore"), [*notes, listed, *issues])


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
    table: RawTable, rows: pd.DataFrame, text: pd.Series, result: pd.DataFrame, name: str, heading: str
) -> list[pd.DataFrame]:
    """The cells of a column not accepted, and those accepted with a remark."""
    bad, remarked = result["reason"] != "", result["remark"] != ""
    if not (bad.any() or remarked.any()):
        return []
    sentences = _sentences(text[bad], result.loc[bad, "reason"], name)
    found = issues_at(rows[bad], name, "cell", sentences, heading)
    found = found.assign(
        severity=["row" if refuses else "cell" for refuses in result.loc[bad, "refuses_row"]]
    )
    rule = f"{name}_as_read"
    issues = [found]
    for remark, same in result.loc[remarked, "remark"].groupby(result["remark"], sort=False):
        if name != "upn" and len(same) > max(HABIT, int((text != "").sum()) // 2):
            sentence = (
                f"{len(same):,} cells here, the first in row {same.index[0]}, are alike: each {remark}."
            )
            issues.append(note(table, rule, sentence, heading))
        else:
            reasons = _sentences(text[same.index], same, name)
            issues.append(issues_at(rows.loc[same.index], rule, "note", reasons, heading))
    return issues


def _sentences(text: pd.Series, reasons: pd.Series, name: str) -> pd.Series:
    told = [
        f"{subject(cell, name in IDENTIFYING)} {reason}." for cell, reason in zip(text, reasons, strict=True)
    ]
    return pd.Series(told, index=text.index, dtype="str")


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
    if "upn" in found:
        found["upn"] = (parse_upn, numbers_note(text["upn"]))
    latest = max(wave.date.year for wave in study.waves)
    dates = [field.name for field in fields if DTYPES.get(field.parser) == "datetime64[us]"]
    orders = date_orders({name: text[name].unique() for name in dates})
    found |= {name: (parse_date(order, latest), order_note(order)) for name, order in orders.items()}
    spelt = [field.name for field in fields if field.parser == "spell_date"]
    found |= {name: (refusing(found[name][0]), found[name][1]) for name in spelt}
    special: dict[str, Parser] = {
        "send": parse_send,
        "school": parse_school(schools),
        "year_group": parse_year_group(study.year_groups),
    }
    if source and source.kind in RECORDS:
        special = record_parsers(study, source.kind, orders, schools)
    told = {name: remark for name, (_, remark) in found.items()}
    found |= {name: (parser, told.get(name, "")) for name, parser in special.items() if name in text}
    if source and source.instrument and "score" in text:
        found["score"] = _score_parser(study.instrument(source.instrument), text["score"])
    return found


def _score_parser(instrument: Instrument, text: pd.Series) -> tuple[Parser, str]:
    likely = mostly_scores(text.map(tidy_score))
    marked = bool(text.str.startswith(("<", ">", "≤", "≥")).any())
    remark = scale_doubt(text, instrument)
    if not likely:
        remark = "Most cells of this column are not scores. Is it the right column?"
    percent = "%" in instrument.unit or "per cent" in instrument.unit
    return tidied(parse_score(instrument, short_codes=likely, marked=marked), percent), remark
