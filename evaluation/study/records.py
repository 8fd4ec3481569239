"""The project's own records: one specification for the templates, the readers, the cleaning and the store."""

from dataclasses import dataclass

Holds = tuple[str, ...] | tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Item:
    """A column of a record.

    Attributes
    ----------
    name : the library's name for it.
    heading : the template's.
    parser : how its cells are read, a word of `evaluation.clean.record_cells`.
    meaning : what it holds, in plain English.
    holds : the choices, or the lowest and highest number.
    needed : whether a row without it is no record.
    """

    name: str
    heading: str
    parser: str
    meaning: str
    holds: Holds = None
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of record.

    Attributes
    ----------
    row : what one row of it is.
    items : its columns.
    any_of : columns of which a row needs one.
    once : columns by which a second row is the first one again: all of them for (), none ever for None.
    of_pupils : whether a row is about a pupil.
    """

    row: str
    items: tuple[Item, ...]
    any_of: tuple[str, ...] = ()
    once: tuple[str, ...] | None = ()
    of_pupils: bool = False


# Read in this way, and never kept in a table of its own kind: see `evaluation.derive.records`.
PERSON, FREE_TEXT = "person", "free_text"
ROLES = ("teacher", "teaching assistant", "maths lead", "senior leader", "other")
DELIVERERS = ("outreach teacher", "fellow", "teacher", "teaching assistant", "tutor", "other")
AGREEMENT = ("1 strongly disagree", "2 disagree", "3 neither", "4 agree", "5 strongly agree")
READINESS = ("1 not begun", "2 begun", "3 in part", "4 in place", "5 will last without the project")
ITEMS = tuple(f"item_{at}" for at in range(1, 11))

_SCHOOL = Item("school", "School", "identifier", "the school's identifier, as in the schools register")
_AT_SCHOOL = Item(_SCHOOL.name, _SCHOOL.heading, _SCHOOL.parser, _SCHOOL.meaning, needed=True)
_DATE = Item("date", "Date", "day", "the day, dd/mm/yyyy", needed=True)
_ROLE = Item("staff_role", "Role", "choice", "the role in school", ROLES)
_POUNDS = (-1e7, 1e7)

RECORDS: dict[str, Record] = {
    "training": Record(
        "a person at a training session or a network meeting",
        (
            _DATE,
            Item("event", "Event", "choice", "training or a network meeting", ("training", "network")),
            Item("provider", "Provider", "label", "the organisation that gave it"),
            Item("session", "Session", "label", "what it was called"),
            _AT_SCHOOL,
            Item("person", "Person", PERSON, "initials or a staff number, not a name"),
            _ROLE,
            Item(
                "attended",
                "Attended",
                "attendance",
                "whether the person was there",
                ("Yes", "No", "Half day", "Late"),
                needed=True,
            ),
            Item(
                "passed_on",
                "Passed on",
                "yes_no",
                "whether what was learnt was passed on to colleagues",
                ("Yes", "No"),
            ),
        ),
        once=("date", "session", "school", "person"),
    ),
    "support": Record(
        "a visit of a specialist leader",
        (
            _DATE,
            _AT_SCHOOL,
            Item("leader", "Leader", PERSON, "initials or a staff number"),
            Item("provider", "Provider", "label", "the organisation that gave it"),
            Item("days", "Days", "days", "days given, halves allowed", (0, 20), needed=True),
            Item(
                "booked", "Days booked", "days", "days booked of this leader for this school in all", (0, 200)
            ),
            Item("focus", "Focus", "text", "what the time was for"),
            Item("quality_assurance", "Quality assurance", FREE_TEXT, "what the check of the support found"),
        ),
    ),
    "workshops": Record(
        "a workshop for parents",
        (
            _DATE,
            _AT_SCHOOL,
            Item("phase", "Phase", "choice", "primary or secondary", ("primary", "secondary")),
            Item("invited", "Families invited", "count", "how many families were invited", (0, 2000)),
            Item(
                "attending", "Families attending", "count", "how many families came", (0, 2000), needed=True
            ),
            Item("siblings", "Brothers and sisters", "count", "how many came too, where known", (0, 2000)),
        ),
    ),
    "interventions": Record(
        "a pupil's course of help",
        (
            _SCHOOL,
            Item("upn", "UPN", "upn", "unique pupil number"),
            Item("started", "Start", "day", "the first day of the help"),
            Item("ended", "End", "day", "the last day of the help; empty while it goes on"),
            Item("hours", "Hours", "hours", "hours in all", (0, 500)),
            Item("deliverer", "Deliverer", "choice", "who gave it: a role, not a name", DELIVERERS),
        ),
        of_pupils=True,
    ),
    "ledger": Record(
        "a sum of money",
        (
            Item("date", "Date", "day_or_month", "the day or the month", needed=True),
            Item(
                "school",
                "School or project",
                "school_or_project",
                "the school's identifier, or the word project",
            ),
            Item("line", "Budget line", "label", "the line of the budget", needed=True),
            Item("budget", "Budget", "money", "pounds planned; empty for a payment", _POUNDS),
            Item("actual", "Actual", "money", "pounds spent; empty for a plan", _POUNDS),
            Item("forecast", "Forecast", "money", "pounds now expected to be spent", _POUNDS),
            Item("in_kind", "In kind", "yes_no", "Yes when nothing was paid", ("Yes", "No")),
            Item("invoice", "Invoice", "label", "the number of the invoice"),
        ),
        any_of=("budget", "actual", "forecast"),
        once=None,
    ),
    "staff_survey": Record(
        "one answer sheet, without a name",
        (
            Item("wave", "Wave", "wave", "when it was asked", needed=True),
            _ROLE,
            _SCHOOL,
            *(
                Item(name, f"Item {at}", "agreement", "1 strongly disagree to 5 strongly agree", (1, 5))
                for at, name in enumerate(ITEMS, start=1)
            ),
        ),
        any_of=ITEMS,
        once=None,
    ),
    "ratings": Record(
        "a rating of one strand in one school",
        (
            Item("wave", "Wave", "wave", "when it was asked"),
            _AT_SCHOOL,
            Item("strand", "Strand", "label", "the strand of the project", needed=True),
            Item(
                "rating",
                "Rating",
                "level",
                "1 not begun to 5 will last without the project",
                READINESS,
                needed=True,
            ),
            Item("evidence", "Evidence", FREE_TEXT, "what the rating rests on"),
        ),
        once=("wave", "school", "strand"),
    ),
    "testimonials": Record(
        "what a school says in its own words",
        (
            Item("date", "Date", "day", "the day, dd/mm/yyyy"),
            _SCHOOL,
            _ROLE,
            Item("words", "Words", FREE_TEXT, "in the school's own words, naming no pupil", needed=True),
            Item(
                "may_be_quoted",
                "May be quoted",
                "yes_no",
                "whether the words may be published",
                ("Yes", "No"),
            ),
        ),
    ),
}


def template_headings(kind: str) -> dict[str, str]:
    """The template's column map: the library's names to its headings."""
    return {item.name: item.heading for item in RECORDS[kind].items}


def needed(kind: str) -> tuple[str, ...]:
    """The columns without which a row is no record of its kind."""
    return tuple(item.name for item in RECORDS[kind].items if item.needed)
