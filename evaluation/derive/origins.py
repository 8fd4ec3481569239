"""Where each column of the store comes from: the heading in each file and how it was read, or what it was derived from."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields

import pandas as pd

from evaluation.derive.records import record_origins
from evaluation.study import Source, Study
from evaluation.study.fields import FIELDS, IDENTIFYING
from evaluation.study.records import RECORDS

# How each kind of cell is read; the words of `evaluation.clean`'s parsers.
READ = {
    "identifier": "as sent, without the .0 some exports add",
    "label": "as sent",
    "text": "as sent",
    "sex": "read as M or F",
    "year_group": "read as one of the study's year groups",
    "yes_no": "read as yes (1) or no (0)",
    "date": "read as a date, in the column's own order of day and month",
    "score": "read as a score, a censored score, or a code that says why there is none",
    "attribute": "read as one of the attribute's values",
}
OF_SCORE = ("score", "score_reason", "censored")


@dataclass(frozen=True, slots=True)
class Origin:
    """One line: where a column of a table comes from.

    Attributes
    ----------
    table, column : str
    file : str
        The file this is so for; "" for a derived column.
    heading : str
        The file's heading; "" when no cell of the file fills it.
    rule : str
        How it was read or derived.
    from_table, from_column : str
        What a derived column is taken from; "" otherwise.
    from_wave, from_instrument : str
        The rows of `from_table` it is taken from; "" for the pupil's first listing, or the school's only row.
    """

    table: str
    column: str
    file: str
    heading: str
    rule: str
    from_table: str = ""
    from_column: str = ""
    from_wave: str = ""
    from_instrument: str = ""


def origins_table(study: Study) -> pd.DataFrame:
    """One row a column and file, then one a derived column: the fields of `Origin`."""
    lines = [*(line for source in study.sources for line in _read(study, source)), *_derived(study)]
    names = [field.name for field in fields(Origin)]
    return pd.DataFrame([astuple(line) for line in lines], columns=names).astype("str")


def _read(study: Study, source: Source) -> Iterator[Origin]:
    columns = study.columns(source)
    if source.kind in RECORDS:
        for table, column, heading, rule in record_origins(study, source):
            yield Origin(table, column, source.path, heading, rule)
        return
    for field in FIELDS.get(source.kind, ()):
        if field.name in IDENTIFYING:
            continue
        heading, fixed = columns.get(field.name, ""), getattr(source, field.name, None)
        rule = READ.get(field.parser, "as sent") if heading else "no column of the file is mapped to it"
        if fixed:
            rule = (
                f"{rule}; where empty, what the study file gives the whole file"
                if heading
                else "given in the study file"
            )
        for name in OF_SCORE if field.name == "score" else (field.name,):
            yield Origin(source.kind, name, source.path, heading, rule)
    if source.kind == "pupils":
        for name in study.attributes:
            heading = columns.get(name, "")
            rule = READ["attribute"] if heading else "no column of the file is mapped to it"
            yield Origin(source.kind, name, source.path, heading, rule)


def _derived(study: Study) -> Iterator[Origin]:
    first = "of the pupil's first listing"
    told = ("school", "class", "year_group", "sex", "disadvantaged", "disadvantaged_by", "eal", "send")
    for name in (*told, *study.attributes):
        yield Origin("analysis", name, "", "", first, "pupils", name)
    for name in ("phase", "role", "cluster"):
        yield Origin("analysis", name, "", "", "of the pupil's school in the register", "schools", name)
    plan = study.analysis
    for name, item in plan.indicators.items():
        yield Origin(
            "analysis",
            name,
            "",
            "",
            f"1 where {item.column} is {item.equals!r}, else 0",
            "analysis",
            item.column,
        )
    for name, outcome in plan.outcomes.items():
        rule = "the pupil's score on the instrument at the wave"
        yield Origin("analysis", name, "", "", rule, "scores", "score", outcome.wave, outcome.instrument)
        yield Origin(
            "analysis",
            f"{name}_censored",
            "",
            "",
            rule,
            "scores",
            "censored",
            outcome.wave,
            outcome.instrument,
        )
    yield Origin(
        "analysis",
        "joined_late",
        "",
        "",
        "listed first at a later wave than the study's first listing",
        "pupils",
        "wave",
    )
    yield Origin(
        "analysis",
        "in_population",
        "",
        "",
        "by role and year group as the plan says, and not joined late",
        "pupils",
        "year_group",
    )
    for name in plan.school_means:
        yield Origin(
            "analysis",
            f"{name}_school",
            "",
            "",
            f"mean of {name} over the school's pupils in the population",
            "analysis",
            name,
        )
        yield Origin(
            "analysis", f"{name}_within", "", "", f"{name} less its mean in the school", "analysis", name
        )
