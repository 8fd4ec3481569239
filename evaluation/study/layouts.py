"""Column maps built in by name: common transfer files, and test companies' files as far as they are documented.

docs/formats.md says by which public source each heading is confirmed, and what is not.
"""

from evaluation.study.fields import FIELDS
from evaluation.study.records import RECORDS, needed, template_headings

SHEET = "@sheet"  # stands for the name of the sheet, in place of a heading
# Of columns side by side (a source's `across`): what the study file says of a column's heading, and what its cells hold.
HEADING, CELL = "@heading", "@cell"

_NAMED = {"upn": "UPN", "former_upn": "FormerUPN", "surname": "Surname", "forename": "Forename", "dob": "DOB"}
_MARK = {"upn": "UPN", "surname": "Last name", "forename": "First name", "dob": "Date of birth"}
_NFER = {"upn": "UPN", "surname": "Surname", "forename": "Forename", "dob": "DOB"}

# By layout, then by the kind of source it serves: the library's name for a column, then the heading.
BUILT_IN: dict[str, dict[str, dict[str, str]]] = {
    "ctf": {
        "pupils": {
            **_NAMED,
            "preferred_forename": "PreferredForename",
            "preferred_surname": "PreferredSurname",
            "former_forename": "FormerForename",
            "former_surname": "FormerSurname",
            "school": "School",
            "sex": "Sex",
            "year_group": "NCyearActual",
            "send": "SENprovision",
            "looked_after": "InCare",
        },
        # The school that sent the file may be none of the study's: linking finds the pupil's own.
        "scores": {**_NAMED, "score": "Result"},
        "spells": {**_NAMED, "start": "FSMstartDate", "end": "FSMendDate", "uk_country": "UKcountry"},
    },
    "mark": {
        "scores": {
            **_MARK,
            "year_group": "Year group",
            "test_date": "Test date",
            "age": "Age at time of test",
            "score": "SS",
        },
    },
    "nfer": {
        "pupils": {**_NFER, "sex": "Gender", "class": "Class", "send": "SEN", "fsm": "FSM"},
        "scores": _NFER,  # no results export is documented: the study file names the column of scores
        "marks": _NFER,
    },
    # The project's records, as the templates of `evaluation request --records` have them.
    **{kind: {kind: template_headings(kind)} for kind in RECORDS},
}
_ALWAYS = ("surname", "forename", "score")


def built_in(layout: str, kind: str) -> dict[str, str]:
    """The column map of a built-in layout for a kind of source; empty where there is none, or it serves no such kind."""
    known = {field.name for field in FIELDS.get(kind, ())}
    return {name: text for name, text in BUILT_IN.get(layout, {}).get(kind, {}).items() if name in known}


def may_be_absent(layout: str, kind: str) -> frozenset[str]:
    """The headings of a built-in layout that a file of its kind may lack."""
    always = (needed(kind) or tuple(template_headings(kind))) if kind in RECORDS else _ALWAYS
    return frozenset(
        heading for name, heading in built_in(layout, kind).items() if layout != "ctf" and name not in always
    )
