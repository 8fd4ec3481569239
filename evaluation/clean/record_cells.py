"""How the cells of the project's own records are read: money, hours, days, attendance, choices, scales, schools by name."""

import difflib
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from evaluation.clean.amounts import HALF_DAY, parse_count, parse_days, parse_hours, parse_money
from evaluation.clean.dates import Order, parse_date
from evaluation.clean.parse import Parsed, Parser, parse_number
from evaluation.clean.schools import parse_school
from evaluation.study import Study
from evaluation.study.records import AGREEMENT, RECORDS, Item

_MONTH_YEAR = re.compile(r"([a-z]{3,9})[-/., '’]*(\d{4}|\d\d)", re.ASCII | re.IGNORECASE)
_YEAR_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})", re.ASCII)
_FIGURES = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_ATTENDED = {
    "yes": "y|yes|true|t|1|✓|✔|☑|p|present|attended",
    "no": "n|no|false|f|0|✗|✘|☐|absent|apologies|apols|did not attend|dna",
    "half day": "|".join([*sorted(HALF_DAY), "part", "partial", "0.5", "½", "hd"]),
    "late": "l|late|arrived late",
}
_ATTENDANCE = {word: value for value, words in _ATTENDED.items() for word in words.split("|")}
# What people write for a choice, besides its own words.
_ALSO = {
    "teacher": "class teacher|ect|nqt|ect/nqt|maths teacher",
    "teaching assistant": "ta|hlta|lsa|support staff|teaching assistants",
    "maths lead": "maths leader|maths subject leader|maths coordinator|head of maths|hod|lead",
    "senior leader": "slt|headteacher|head|deputy head|deputy headteacher|head of school",
    "training": "training session|course|cpd|twilight|inset",
    "network": "network meeting|cluster meeting|meeting",
    "outreach teacher": "maths outreach teacher|outreach",
    "3 neither": "neutral|neither agree nor disagree|unsure",
}
_NO_ANSWER = frozenset(
    ["n/a", "na", "not applicable", "-", "–", "don't know", "dk", "prefer not to say", "no answer"]
)
_NOBODY = frozenset(
    ["various", "tbc", "tba", "n/a", "na", "-", "unknown", "all staff", "all", "several", "cover", "none"]
)
_PROJECT = frozenset(["project", "the project", "whole project", "all schools", "all", "central", "hub"])


def record_parsers(
    study: Study, kind: str, orders: Mapping[str, Order], schools: Collection[str] | None
) -> dict[str, Parser]:
    """A parser for each column of a kind of record; `orders` are those of its columns of days."""
    latest = study.period().last.year
    school = parse_school(schools, by_name=True)
    waves = {wave.name: (wave.title,) for wave in study.waves}
    made: dict[str, Callable[[Item], Parser]] = {
        "day": lambda item: parse_date(orders.get(item.name, "unsettled"), latest),
        "day_or_month": lambda item: _parse_month(
            study, parse_date(orders.get(item.name, "unsettled"), latest)
        ),
        "identifier": lambda item: school,
        "school_or_project": lambda item: _or_project(school),
        "wave": lambda item: parse_nearest(waves),
        "choice": lambda item: parse_nearest({str(word): _also(str(word)) for word in item.holds or ()}),
        "level": lambda item: parse_level([str(word) for word in item.holds or ()]),
        "agreement": lambda item: parse_level(AGREEMENT),
        "attendance": lambda item: parse_attendance,
        "person": lambda item: parse_person,
        "free_text": lambda item: Parsed,
        "money": lambda item: _within(parse_money, item, "£"),
        "hours": lambda item: _within(parse_hours, item),
        "days": lambda item: _within(parse_days, item),
        "count": lambda item: _within(parse_count, item),
    }
    return {item.name: made[item.parser](item) for item in RECORDS[kind].items if item.parser in made}


def _within(parser: Parser, item: Item, unit: str = "") -> Parser:
    """The parser, its values held to an item's limits."""
    low, high = (float(limit) for limit in item.holds or ())

    def parse(text: str) -> Parsed:
        found = parser(text)
        if found.value is None or low <= found.value <= high:
            return found
        return Parsed(reason=f"is not between {unit}{low:,.0f} and {unit}{high:,.0f}")

    return parse


def parse_attendance(text: str) -> Parsed:
    """yes, no, half day or late."""
    value = _ATTENDANCE.get(text.casefold())
    if value:
        return Parsed(value)
    if text.casefold() == "a":
        return Parsed(reason="can mean attended or absent: write Yes or No")
    return Parsed(reason="is not one of: Yes, No, Half day, Late")


def parse_person(text: str) -> Parsed:
    """A person, by whatever they are called: it is kept under a pseudonym only."""
    if text.casefold() in _NOBODY or not any(mark.isalnum() for mark in text):
        return Parsed(remark="names no one person")
    return Parsed(text)


def _also(choice: str) -> list[str]:
    return _ALSO.get(choice, choice).split("|")


def parse_nearest(choices: Mapping[str, Collection[str]]) -> Parser:
    """A parser for one of the choices, by its word or one that means the same; the nearest is named."""
    known = {word.casefold(): choice for choice, also in choices.items() for word in (choice, *also)}

    def parse(text: str) -> Parsed:
        word = text.casefold()
        if word in known:
            return Parsed(known[word])
        return Parsed(reason=f"is not one of: {', '.join(choices)}{_nearest(word, known)}")

    return parse


def _nearest(word: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; the nearest is {known[near[0]]!r}" if near else ""


def parse_level(scale: Sequence[str]) -> Parser:
    """A parser for a point of a scale such as "1 not begun", ..., by its number, its words, or both."""
    words = {str(point): int(point.split()[0]) for point in scale}
    known = {word.casefold(): number for point, number in words.items() for word in
             (point, point.split(" ", 1)[1], *_also(point))}  # fmt: skip
    top = max(words.values())
    numbers = re.compile(rf"(\d+(?:\.\d+)?)(?: ?/ ?{top}| out of {top}| ?[-–:=.] .*)?", re.ASCII)

    def parse(text: str) -> Parsed:
        plain = text.casefold()
        if plain in known:
            return Parsed(known[plain])
        if plain in _NO_ANSWER:
            return Parsed()
        if match := numbers.fullmatch(plain):
            number = parse_number(match[1]).value
            if number in words.values():
                return Parsed(int(number))
            between = 1 < number < top
            return Parsed(
                reason="lies between two points of the scale"
                if between
                else f"is outside the scale 1 to {top}"
            )
        shown = {
            word: next(point for point, n in words.items() if n == number) for word, number in known.items()
        }
        return Parsed(reason=f"is not on the scale 1 to {top}{_nearest(plain, shown)}")

    return parse


def _or_project(school: Parser) -> Parser:
    """The parser, but that the project as a whole is no school's: it has none."""
    return lambda text: Parsed() if text.casefold() in _PROJECT else school(text)


def _parse_month(study: Study, day: Parser) -> Parser:
    """A parser for a day, or a month in any form: its first day. A month without a year is the project's one of that name."""
    period = study.period()

    def of(year: int, month: int) -> Parsed:
        return day(f"{year:04d}-{month:02d}-01")

    def parse(text: str) -> Parsed:
        if match := _MONTH_YEAR.fullmatch(text):
            if month := _month(match[1]):
                return of(int(match[2]) + 2000 * (len(match[2]) == 2), month)
        elif match := _YEAR_MONTH.fullmatch(text):
            return of(int(match[1]), int(match[2]))
        elif match := _FIGURES.fullmatch(text):
            return of(int(match[2]), int(match[1]))
        elif month := _month(text):
            years = [
                year
                for year in range(period.first.year, period.last.year + 1)
                if (period.first.year, period.first.month)
                <= (year, month)
                <= (period.last.year, period.last.month)
            ]
            if len(years) == 1:
                found = of(years[0], month)
                return Parsed(
                    found.value, remark="has no year; read as the one month of the project it can be"
                )
            return Parsed(
                reason="is a month without a year, and the project has none or more than one of that name"
            )
        found = day(text)
        return Parsed(reason="is neither a day nor a month such as May 2024") if found.reason else found

    return parse


def _month(word: str) -> int:
    """A month's number by its name or the start of it, three letters or more; 0 for none. Sept is September."""
    plain = word.casefold().rstrip(".")
    if len(plain) < 3:
        return 0
    return next((at for at, name in enumerate(_MONTHS, 1) if name.startswith(plain)), 0)
