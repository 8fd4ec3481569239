"""The synthetic project's own records, in the template's form or a project's own, with faults planted and counted."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.simulate.exports import LABEL
from evaluation.simulate.files import Grid, csv_bytes, xlsx_bytes
from evaluation.simulate.schools import SCHOOLS, TAKING_PART, School
from evaluation.study.records import RECORDS, template_headings

PROVIDERS = ("Wendle Maths Hub (invented)", "Tidewell Teaching School (invented)")
STAFF = ("teacher", "teaching assistant", "maths lead")
SESSIONS = (
    (dt.date(2023, 10, 11), "training", "Number sense"),
    (dt.date(2023, 11, 22), "network", "Leads together, autumn"),
    (dt.date(2024, 1, 17), "training", "Bar models"),
    (dt.date(2024, 3, 6), "training", "Talk in maths"),
    (dt.date(2024, 5, 15), "network", "Leads together, summer"),
)
MONTHS = ("Oct-23", "Nov-23", "Dec-23", "Jan-24", "Feb-24", "Mar-24")
LINES = ("Supply cover", "Specialist leaders", "Resources")
HOURS = (("1h30", 1.5), ("90 min", 1.5), ("2", 2.0), ("2:45", 2.75), ("3.5 hours", 3.5), ("½", 0.5))
FIRST_VISITS, LAST_VISITS = (("1 day", 1.0), ("1.5 days", 1.5)), (("½", 0.5), ("1", 1.0))
STRANDS = ("Knowledge and pedagogy", "Home and school")
HERE = tuple(school for school in SCHOOLS if school.role == TAKING_PART)


@dataclass(frozen=True, slots=True)
class Made:
    """A file of records.

    Attributes
    ----------
    kind, path : the kind of record, and where the file lies in the study's folder.
    content : its bytes.
    accepted : rows that are good records.
    faults : how often each rule should be met.
    facts : what the good records come to.
    """

    kind: str
    path: str
    content: bytes
    accepted: int
    faults: Mapping[str, int]
    facts: Mapping[str, float]


def record_files(rng: np.random.Generator, roll: pd.DataFrame) -> Iterator[Made]:
    """A file of each kind of record; `roll` holds the pupils at baseline, with identities."""
    yield _training(rng)
    yield _support(rng, roll)
    yield _workshops(rng)
    yield _interventions(rng, roll)
    yield _ledger(rng)
    yield _survey(rng)
    yield _ratings(rng)
    yield _testimonials(rng, roll)


def _grid(kind: str, rows: Sequence[Sequence[object]], headings: Sequence[str] = ()) -> Grid:
    title = f"{kind.replace('_', ' ').capitalize()} - {LABEL}"
    return [[title], [], list(headings or template_headings(kind).values()), *rows]


def _day(date: dt.date) -> str:
    return f"{date:%d/%m/%Y}"


def _training(rng: np.random.Generator) -> Made:
    """A workbook as the template has it: a school that is none, a wrong year, a row twice, a person in two places."""
    rows, there, passed = [], 0, 0
    for date, event, session in SESSIONS:
        for at, school in enumerate(HERE):
            for role in STAFF:
                came = bool(rng.random() < 0.85)
                on = not came or bool(rng.random() < 0.5)
                there, passed = there + came, passed + on
                who = f"T{at}{STAFF.index(role)}"
                rows.append(
                    [
                        date,
                        event,
                        PROVIDERS[at % 2],
                        session,
                        school.laestab,
                        who,
                        role,
                        "YN"[not came],
                        "YN"[not on],
                    ]
                )
    good = len(rows)
    first = [*rows[0]]
    rows += [
        [*first[:4], "9992011", "T91", "teacher", "Y", "N"],
        [dt.date(2032, 10, 11), *first[1:5], "T92", "teacher", "Y", "N"],
        first,
        [*first[:5], "T93", "teacher", "A", "N"],
        [*first[:5], "T94", "teacher", "Y", "Y"],
        [*first[:3], "Another place", HERE[1].laestab, "T94", "teacher", "Y", "Y"],
    ]
    faults = {
        "school": 1,
        "outside_project": 1,
        "duplicate": 1,
        "attended": 1,
        "incomplete": 1,
        "two_places": 2,
    }
    facts = {"attended": there + 2, "passed_on": passed + 2}
    content = xlsx_bytes({"training": _grid("training", rows)}, LABEL)
    return Made("training", "records/training.xlsx", content, good + 2, faults, facts)


def _support(rng: np.random.Generator, roll: pd.DataFrame) -> Made:
    """A project's own list, schools by name and days as people write them: one school had more than was booked.

    Schools that started lower had more, both before the test in between and after it.
    """
    lowest = roll.groupby("school")["baseline"].mean()[[school.laestab for school in HERE]].rank()
    rows: list[list[object]] = []
    days, beyond = 0.0, 0
    for at, school in enumerate(HERE):
        place = lowest[school.laestab]
        first, last = FIRST_VISITS[int(place <= 3)], LAST_VISITS[int(place <= 5)]
        visits = [first, ("½", 0.5), ("half day", 0.5), last]
        given = np.cumsum([length for _, length in visits])
        days += float(given[-1])
        beyond += int((given > (2 if at == 0 else 4)).sum())
        for visit, (text, _) in enumerate(visits):
            date = dt.date(2023, 11, 1) + dt.timedelta(days=35 * visit + at)
            note = "Sound" if rng.random() < 0.3 else ""
            booked = ("2" if at == 0 else "4") if visit == 0 else ""
            rows.append([_day(date), school.name, f"SLE{at % 4}", text, booked, "Fractions", note])
    rows.append(["31/02/2024", HERE[0].name, "SLE0", "1", "", "Fractions", ""])
    rows.append(["Total", "", "", f"{days:g}", "", "", ""])
    headings = ["Date of visit", "School", "SLE", "Days", "Days agreed", "Focus", "QA note"]
    content = csv_bytes(_grid("support", rows, headings), ";", "cp1252")
    faults = {"date": 1, "incomplete": 1, "foot": 1, "beyond_booked": beyond}
    return Made("support", "records/support_days.csv", content, len(rows) - 2, faults, {"days": days})


def _workshops(rng: np.random.Generator) -> Made:
    """As the template has it: good at primary, hard at secondary; one count in words, one above those invited."""
    rows: list[list[object]] = []
    families = 0
    for at, school in enumerate(HERE):
        for month in (11, 2):
            invited = int(rng.integers(30, 60))
            came = int(rng.binomial(invited, 0.45 if school.phase == "primary" else 0.08))
            families += came
            date = dt.date(2023 if month == 11 else 2024, month, 3 + at)
            rows.append([_day(date), school.laestab, school.phase, invited, came, came // 3])
    rows.append(["20/02/2024", HERE[0].laestab, "primary", 30, "lots", ""])
    rows.append(["21/02/2024", HERE[1].laestab, "primary", 20, 24, ""])
    faults = {"attending": 1, "incomplete": 1, "more_than_invited": 1}
    content = csv_bytes(_grid("workshops", rows))
    return Made(
        "workshops", "records/workshops.csv", content, len(rows) - 1, faults, {"attending": families + 24}
    )


def _interventions(rng: np.random.Generator, roll: pd.DataFrame) -> Made:
    """The outreach teacher's list, some pupils by number and some by name: one is nobody listed, one ends too soon."""
    able = roll[roll["school"].isin([school.laestab for school in HERE]) & roll["upn"].str[-1].str.isdigit()]
    chosen = able.loc[np.sort(rng.choice(able.index, size=24, replace=False))]
    rows: list[list[object]] = []
    hours = 0.0
    for at, pupil in enumerate(chosen.itertuples()):
        text, length = HOURS[at % len(HOURS)]
        hours += length
        named = at % 4 == 0
        number = "" if named else pupil.upn
        ended = "01/09/2023" if at == 1 else "22/03/2024"
        who = [pupil.surname, pupil.forename, f"{pupil.dob:%d/%m/%Y}"] if named else ["", "", ""]
        rows.append([pupil.school, number, *who, "06/11/2023", ended, text, "outreach teacher"])
    rows.append(
        [HERE[0].laestab, "", "Nobody", "Listed", "01/02/2015", "06/11/2023", "22/03/2024", "2", "tutor"]
    )
    rows.append(["", "", "", "", "", "", "", f"{hours + 2:g}", ""])
    headings = ["School", "UPN", "Surname", "First name", "Born", "From", "To", "Time given", "Given by"]
    faults = {"ends_first": 1, "total": 1}
    facts = {"hours": hours + 2, "linked": 24, "to_review": 1}
    content = csv_bytes(_grid("interventions", rows, headings))
    return Made("interventions", "records/outreach.csv", content, len(rows) - 1, faults, facts)


def _ledger(rng: np.random.Generator) -> Made:
    """Lines by month in pounds, a credit in brackets, a subtotal a line: one total is wrong, one invoice stands twice."""
    rows: list[list[object]] = []
    budget = actual = 0
    for line, name in enumerate(LINES):
        planned = spent = 0
        for at, month in enumerate(MONTHS):
            plan, paid = int(rng.integers(400, 900)), int(rng.integers(300, 900))
            paid = -paid if (line, at) == (2, 5) else paid
            planned, spent = planned + plan, spent + paid
            text = f"(£{-paid:,}.00)" if paid < 0 else f"£{paid:,}.00"
            rows.append([month, "project", name, f"£{plan:,}", text, f"£{plan:,}", f"INV{line}{at}"])
        wrong = 90 if line == 1 else 0  # figures changed places
        rows.append(["", "", "Subtotal", f"£{planned:,}", f"£{spent + wrong:,}", "", ""])
        budget, actual = budget + planned, actual + spent
    paid_twice = [*rows[0][:3], "", rows[0][4], "", rows[0][6]]
    again = int(str(rows[0][4])[1:-3].replace(",", ""))
    rows.append(paid_twice)
    rows.append(["Grand total", "", "", f"£{budget:,}", f"£{actual + again:,}", "", ""])
    headings = ["Month", "Whose", "Line", "Budget", "Spent", "Forecast", "Invoice"]
    faults = {"foot": 4, "money_differs": 1, "invoice_repeated": 1}
    content = csv_bytes(_grid("ledger", rows, headings), encoding="cp1252")
    return Made(
        "ledger",
        "records/ledger.csv",
        content,
        len(rows) - 4,
        faults,
        {"budget": budget, "actual": actual + again},
    )


def _survey(rng: np.random.Generator) -> Made:
    """As the template has it, both waves: an answer beyond the scale, and a wave misspelt."""
    rows: list[list[object]] = []
    total = 0
    for wave in ("baseline", "endline"):
        for school in HERE:
            for role in STAFF:
                answers = rng.integers(1, 6, size=10).tolist()
                total += sum(answers)
                rows.append([wave, role, school.laestab, *answers])
    total -= int(str(rows[0][3]))
    rows[0][3] = 7
    rows.append(["endlime", *rows[1][1:]])
    content = xlsx_bytes({"staff_survey": _grid("staff_survey", rows)}, LABEL)
    faults = {"item_1": 1, "wave": 1, "incomplete": 1}
    return Made(
        "staff_survey", "records/staff_survey.xlsx", content, len(rows) - 1, faults, {"sum_of_answers": total}
    )


def _ratings(rng: np.random.Generator) -> Made:
    """As the template has it: one rating in words that are none of the choices, and one rated twice."""
    choices = [
        str(choice) for choice in next(i for i in RECORDS["ratings"].items if i.name == "rating").holds or ()
    ]
    rows: list[list[object]] = []
    total = 0
    for school in HERE:
        for strand in STRANDS:
            level = int(rng.integers(1, 6))
            total += level
            rows.append(
                ["endline", school.laestab, strand, choices[level - 1], "Minutes of the leads' meeting"]
            )
    rows.append(["endline", HERE[0].laestab, "Network", "in plaice", ""])
    rows.append([*rows[0][:3], choices[0] if rows[0][3] != choices[0] else choices[1], ""])
    faults = {"rating": 1, "incomplete": 1, "repeated": 1}
    content = csv_bytes(_grid("ratings", rows))
    return Made("ratings", "records/ratings.csv", content, len(rows) - 2, faults, {"sum_of_ratings": total})


def _testimonials(rng: np.random.Generator, roll: pd.DataFrame) -> Made:
    """As the template has it: two schools name a pupil in what they say."""
    rows: list[list[object]] = []
    for at, school in enumerate(HERE):
        words = "Children talk about their maths now, and parents ask for the games."
        if at < 2:
            words = f"{_somebody(rng, roll, school)} now explains every step, and so does the whole class."
        rows.append(["10/06/2024", school.laestab, "maths lead", words, "Yes" if at != 3 else "No"])
    content = csv_bytes(_grid("testimonials", rows), encoding="utf-8-sig")
    return Made(
        "testimonials",
        "records/testimonials.csv",
        content,
        len(rows),
        {"names_someone": 2},
        {"may_be_quoted": 5},
    )


def _somebody(rng: np.random.Generator, roll: pd.DataFrame, school: School) -> str:
    pupil = roll.loc[rng.choice(roll.index[roll["school"] == school.laestab])]
    return f"{pupil['forename']} {pupil['surname']}"
