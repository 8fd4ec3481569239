"""Every rule: its name, how grave it is at worst, and what it says in plain English."""

from dataclasses import dataclass

from evaluation.clean.issues import Severity
from evaluation.study.fields import FIELDS
from evaluation.study.records import RECORDS


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of cleaning; `severity` is the gravest it gives: a row or a cell lost, or a note."""

    name: str
    severity: Severity
    message: str


_ROWS = (
    Rule("ragged", "row", "The row has more or fewer cells than there are headings."),
    Rule("shifted", "row", "The cells of the row stand one column beside their headings."),
    Rule("heading", "row", "The row repeats the headings."),
    Rule("units", "row", "The row says what the columns are measured in, or how they are to be filled."),
    Rule("staff", "row", "The row is of a grown-up on a list of pupils."),
    Rule("other_order", "row", "The row stands under headings in another order than the sheet's first."),
    Rule("total", "row", "The row names no pupil: a total, a heading or a remark."),
    Rule("no_school", "row", "The row does not say which school."),
    Rule("duplicate", "row", "The row says again what another says."),
    Rule("repeated", "row", "The pupil is listed already, with other details."),
    Rule("spell", "row", "A spell of free meals has no first day, or ends before it starts."),
    Rule("withdrawn", "row", "The row is of a pupil or school withdrawn from the study."),
    Rule("added_row", "row", "The row was not in the workbook sent to the school."),
    Rule("gone_row", "row", "The pupil or row is no longer in the files."),
    Rule("other_names", "row", "The row holds other names than those of the pupil it was sent for."),
    Rule("superseded", "row", "A later version of the same workbook was sent back."),
    Rule("foot", "row", "The row is a total, or repeats the headings: no record."),
    Rule("incomplete", "row", "The row lacks what a record of its kind cannot do without."),
    Rule("outside_project", "row", "The date is before the project began or after it ended."),
    Rule("conflict", "row", "The pupil has two different scores in one source; neither is used."),
)
_CELLS = (
    Rule("formula", "cell", "The cell holds a formula; its saved value is used, if there is one."),
    *(
        rule
        for name, word in (("upn", "pupil number"), ("pupil_id", "pupil identifier"))
        for rule in (
            Rule(
                f"{name}_shared", "cell", f"Two pupils of one source have the same {word}; neither keeps it."
            ),
            Rule(f"{name}_swapped", "cell", f"Two pupils have each other's {word}."),
            Rule(f"{name}_moved", "cell", f"The {word}s are moved up or down against the names."),
            Rule(f"{name}_of_another", "cell", f"The {word} is another pupil's, by name and date of birth."),
        )
    ),
    Rule("mark", "cell", "The cell is no mark that the question can give."),
    Rule("unanswered", "cell", "The workbook came back without this answer."),
    Rule("upn_unconfirmed", "cell", "A pupil number read with 0 for O, or 1 for I, is on no pupil list."),
    Rule("ends_first", "cell", "The last day is before the first."),
    Rule("names_someone", "cell", "The text names a pupil or a member of staff; the name was taken out."),
    Rule("year_group_age", "cell", "Year group and date of birth are three years or more apart."),
    Rule("sex_of_school", "cell", "The school is for the other sex."),
)
_NOTES = (
    Rule("sheet_passed_over", "note", "The sheet does not have the headings the study file names."),
    Rule("ctf", "note", "What was read of a common transfer file."),
    Rule("encoding", "note", "The file's characters were read in a way that is not certain."),
    Rule("merged", "note", "Merged cells were filled as they are seen."),
    Rule("headings_joined", "note", "A heading of two rows was read as one."),
    Rule("column_absent", "note", "The file has no column of this heading."),
    Rule("rows_deleted", "note", "Rows sent to the school are not in the workbook that came back."),
    Rule("total_differs", "note", "A total at the foot is not the number of rows above it."),
    Rule("money_differs", "note", "A total of the ledger is not the sum of the lines above it."),
    Rule("invoice_repeated", "note", "The same sum, or the same invoice, stands in the ledger twice."),
    Rule("whole_project", "note", "Sums of money that name no school were taken as the whole project's."),
    Rule("nothing_under", "note", "Rows hold no number under one of several headings side by side."),
    Rule("role_later", "note", "A school's role was taken from a later year's column: the first is blank."),
    Rule(
        "cluster_later",
        "note",
        "A school's cluster was taken from a later year's column: the first is blank.",
    ),
    Rule("role_changed", "note", "A school has another role in a later year; the first counts."),
    Rule("cluster_changed", "note", "A school is in another cluster in a later year; the first counts."),
    Rule("class_named", "note", "Classes may be called by a person's name; they are stored under labels."),
    Rule("two_places", "note", "A person is recorded in two places on one day."),
    Rule("beyond_booked", "note", "More days were given than were booked."),
    Rule("more_than_invited", "note", "More families came than were invited."),
    Rule("unusual_year_group", "note", "The pupil is one or two years out of the year group of this age."),
    Rule("year_group_age_column", "note", "Most pupils are out of the year group of their age."),
    Rule(
        "hidden", "note", "Rows, columns or a sheet of the workbook are hidden; they were read all the same."
    ),
    Rule("scores_again", "note", "A file's scores are those of an earlier wave."),
    Rule("no_number", "note", "A listed pupil has neither a pupil number nor a date of birth."),
    Rule("test_date_wave", "note", "The test date is not near the wave's date."),
    Rule("score_repeated", "note", "The same score stands in row after row."),
    Rule("dob_common", "note", "Many rows have the same date of birth."),
    Rule("lines_quoted", "note", "Each line of the file stood between quotation marks, as one cell."),
    Rule("dob_repeated", "note", "The same date of birth stands in row after row."),
    Rule("class_name", "note", "The class is written otherwise in most rows."),
    Rule("class_date", "note", "A spreadsheet made a date or a number of the class's name."),
    Rule(
        "name_order", "note", "Which name stands first in a column of both names, and how that was decided."
    ),
    Rule(
        "name_parted",
        "note",
        "A cell of both names has several words; where the first name ends was assumed.",
    ),
    Rule("names_parted", "note", "Both names of one cell were parted as the other files have them."),
    Rule("names_exchanged", "note", "First name and family name are exchanged; read the right way round."),
    Rule("dob_turned", "note", "Day and month are the other way round in the pupil list; read as there."),
    Rule("dob_differs", "note", "The pupil is listed with another date of birth."),
    Rule("dob_swapped", "note", "Two pupils have each other's date of birth."),
    Rule("dob_moved", "note", "Dates of birth are moved up or down against the pupil numbers."),
    Rule("name_differs", "note", "The pupil is listed with another first and family name."),
    Rule("name_swapped", "note", "Two pupils have each other's names."),
    Rule("name_moved", "note", "Names are moved up or down against the pupil numbers."),
    Rule("sex_differs", "note", "The pupil has another sex in an earlier list."),
    Rule("school_differs", "note", "The result comes under a school no list has the pupil at."),
    Rule("year_group_differs", "note", "The result comes with another year group than the list's."),
    Rule("in_another_file", "note", "The pupil is in another file of the same wave too."),
    Rule("scores_out_of_place", "note", "A class's scores hardly go with its pupils' other scores."),
    Rule("no_results", "note", "A listed class has no row in a wave's results."),
)


def _of_fields() -> list[Rule]:
    """For each column: cells not read, cells read with a remark, and what was assumed of the whole column."""
    kinds = sorted(FIELDS, key=lambda kind: kind not in RECORDS)  # a pupil's column says what a name means
    meanings = {field.name: field.meaning for kind in kinds for field in FIELDS[kind]}
    return [
        rule
        for name, meaning in meanings.items()
        for rule in (
            Rule(name, "cell", f"The cell cannot be read as what the column holds: {meaning}."),
            Rule(f"{name}_as_read", "note", f"The cell was read otherwise than it stands: {meaning}."),
            Rule(f"{name}_column", "note", f"What was assumed of the whole column: {meaning}."),
        )
    ]


RULES = {rule.name: rule for rule in (*_ROWS, *_CELLS, *_NOTES, *_of_fields())}
_GENERAL = {rule.name for rule in (*_NOTES, *_of_fields())}


def wording(rule: str, reason: str) -> str:
    """What to say of the issues of one rule and column: its message, or the reason they have in common.

    The reason where the message leaves open what is wrong with the cell, or what was assumed or remarked.
    """
    return reason if rule in _GENERAL or rule not in RULES else RULES[rule].message
