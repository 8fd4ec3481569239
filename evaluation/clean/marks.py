"""Marks question by question: a number up to what the question carries, or missing, which is never nought."""

from collections.abc import Collection

import pandas as pd

from evaluation.clean.cells import table_text
from evaluation.clean.issues import Cleaned, gather, issues_at, subject
from evaluation.clean.parse import Parsed, Parser, parse_column, parse_number
from evaluation.clean.repeats import settle_repeats
from evaluation.clean.scores import missing_code
from evaluation.clean.source import clean_source
from evaluation.ingest import RawTable, collapse
from evaluation.study import Source, Study

MARK = "mark: "


def clean_marks(
    study: Study, source: Source, tables: list[RawTable], schools: Collection[str] | None
) -> Cleaned:
    """Who sat the paper and their mark on each question, one column a question, named "mark: <its heading>".

    Parameters and errors are those of `clean_source`. A blank or a code for an absence leaves the mark
    missing. A pupil's further rows are listed and the first is kept.
    """
    who = clean_source(study, source, tables, schools)
    rows, issues = who.rows, [who.issues]
    place = ["sheet", "row"]
    texts = {table.sheet: _texts(study, source, table) for table in tables if table.header_row}
    text = pd.concat(texts, names=place).reindex(pd.MultiIndex.from_frame(rows[place])).fillna("")
    for heading, question in study.questions[source.questions or ""].items():
        cells = text[heading].set_axis(rows.index)
        parsed = parse_column(cells, _parse_mark(question.marks))
        rows = rows.assign(**{MARK + heading: parsed["value"].astype("float64")})
        bad = parsed["reason"] != ""
        told = zip(cells[bad], parsed.loc[bad, "reason"], strict=True)
        reasons = pd.Series(
            [f"{subject(cell, False)} {reason}." for cell, reason in told], rows.index[bad], dtype="str"
        )
        issues.append(issues_at(rows[bad], "mark", "cell", reasons, heading))
    rows, repeats = settle_repeats(rows)
    rows = rows.assign(instrument=pd.Series(source.instrument, index=rows.index, dtype="str"))
    found = gather([*issues, *repeats])
    if source.school:
        found["school"] = found["school"].replace("", source.school)
    return Cleaned(rows.reset_index(drop=True), found, who.rows_in)


def _texts(study: Study, source: Source, table: RawTable) -> pd.DataFrame:
    return table_text(
        table, {heading: collapse(heading) for heading in study.questions[source.questions or ""]}
    )


def _parse_mark(maximum: float) -> Parser:
    def parse(text: str) -> Parsed:
        if missing_code(text):
            return Parsed()
        number = parse_number(text)
        if number.reason or not 0 <= number.value <= maximum:
            return Parsed(reason=f"is neither a mark from 0 to {maximum:g} nor a code for a missing one")
        return number

    return parse
