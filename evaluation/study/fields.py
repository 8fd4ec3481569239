"""The columns a source may fill, under the names the rest of the library uses.

One specification drives the column maps, the readers, the cleaning and what may appear in an issue list.
"""

from dataclasses import dataclass

from evaluation.study.records import RECORDS, Record


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a source: its name, how its cells are parsed, and whether it can identify a pupil."""

    name: str
    parser: str
    identifying: bool = False
    meaning: str = ""


SCHOOL = Field("school", "identifier", meaning="the school's identifier, as in the schools register")
WHO = (
    Field("upn", "upn", identifying=True, meaning="unique pupil number"),
    Field("former_upn", "upn", identifying=True, meaning="the number the pupil had before"),
    Field("pupil_id", "identifier", identifying=True, meaning="a pupil identifier used throughout the study"),
    Field("forename", "name", identifying=True, meaning="first name"),
    Field("surname", "name", identifying=True, meaning="family name"),
    Field("dob", "date", identifying=True, meaning="date of birth"),
)
# What else a pupil is or was called: records under these names are weighed against them.
ALSO_CALLED = (
    Field("preferred_forename", "name", identifying=True, meaning="the first name the pupil goes by"),
    Field("preferred_surname", "name", identifying=True, meaning="the family name the pupil goes by"),
    Field("former_forename", "name", identifying=True, meaning="the first name the pupil had before"),
    Field("former_surname", "name", identifying=True, meaning="the family name the pupil had before"),
)
PUPIL = (
    Field("sex", "sex", meaning="M or F"),
    Field("year_group", "year_group", meaning="national curriculum year, or the study's own name for it"),
    Field("class", "label", meaning="teaching group"),
    Field("disadvantaged", "yes_no", meaning="disadvantaged at this date"),
    Field("eal", "yes_no", meaning="English as an additional language"),
    Field("send", "yes_no", meaning="special educational need or disability"),
    Field("fsm6", "yes_no", meaning="eligible for free meals at any time in the last six years"),
    Field("fsm", "yes_no", meaning="eligible for free meals now"),
    Field("premium", "yes_no", meaning="attracts the pupil premium"),
    Field("looked_after", "yes_no", meaning="looked after for a day or more, or adopted from care"),
)
SCORE = (
    Field("sex", "sex", meaning="M or F: it helps to link rows without a number"),
    Field("year_group", "year_group", meaning="year group, or the paper sat"),
    Field("score", "score", meaning="the score, or a code that says why there is none"),
    Field("test_date", "date", meaning="the day the test was sat"),
    Field("age", "age", meaning="age at the test, as years:months"),
)
SPELL = (
    Field("start", "spell_date", meaning="first day of a spell of free meals; blank in both for no spell"),
    Field("end", "spell_date", meaning="last day of the spell; blank when it goes on"),
    Field("uk_country", "label", meaning="country of the United Kingdom; England when blank"),
)
MARKS = (Field("year_group", "year_group", meaning="year group, or the paper sat"),)
REGISTER = (
    SCHOOL,
    Field("urn", "identifier", meaning="unique reference number"),
    Field("name", "text", meaning="the school's name"),
    Field("phase", "label", meaning="primary or secondary"),
    Field("role", "label", meaning="taking part, supporting or comparison"),
    Field("cluster", "label", meaning="the cluster the school works in; blank for none"),
    Field("easting", "number", meaning="metres east on the national grid"),
    Field("northing", "number", meaning="metres north on the national grid"),
    Field("gender", "label", meaning="boys, girls or mixed: whom the school is for"),
)


def _of_record(record: Record) -> tuple[Field, ...]:
    """A record's columns; one about pupils may say in any way who they are."""
    own = tuple(Field(item.name, item.parser, meaning=item.meaning) for item in record.items)
    named = {field.name for field in WHO}
    return (*WHO, *(field for field in own if field.name not in named)) if record.of_pupils else own


FIELDS: dict[str, tuple[Field, ...]] = {
    "pupils": (SCHOOL, *WHO, *ALSO_CALLED, *PUPIL),
    "scores": (SCHOOL, *WHO, *SCORE),
    "spells": (SCHOOL, *WHO, *SPELL),
    "marks": (SCHOOL, *WHO, *MARKS),
    "schools": REGISTER,
    **{kind: _of_record(record) for kind, record in RECORDS.items()},
}
IDENTIFYING = frozenset(field.name for field in (*WHO, *ALSO_CALLED))
# Filled by no table of cleaned rows: cleaning parts it into surname and forename.
NAME = Field(
    "name", "text", identifying=True, meaning='both names in one column, such as "Surname, Forename"'
)


def mapped(kind: str) -> tuple[Field, ...]:
    """The columns that a source of this kind may map: its fields, and for pupils one that holds both names."""
    return FIELDS[kind] if kind == "schools" else (*FIELDS[kind], NAME)
