"""Faults of single cells: numbers, names, codes and scores as people and spreadsheets spoil them."""

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np

from evaluation.simulate.corrupt.kind import Change, Fault, Kind, Plant, cell
from evaluation.simulate.corrupt.sheets import Files
from evaluation.simulate.identities import wrong_letter

_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_WORDS = {"2": "two", "4": "four", "7": "seven"}


def always(text: str) -> Change:
    """This text in place of any."""
    return lambda _before, _rng: text


def _letter_for_figure(upn: str, rng: np.random.Generator) -> str | None:
    places = [at for at, mark in enumerate(upn) if mark in "01"]
    if not places:
        return None
    at = int(rng.choice(places))
    return upn[:at] + {"0": "O", "1": "I"}[upn[at]] + upn[at + 1 :]


def _figure_mistyped(upn: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(4, 12))
    return upn[:at] + str((int(upn[at]) + int(rng.integers(1, 10))) % 10) + upn[at + 1 :]


def _untidy(upn: str, _rng: np.random.Generator) -> str:
    return f" {upn[0].lower()}{upn[1:4]}-{upn[4:]}"


def _scrambled(name: str, _rng: np.random.Generator) -> str | None:
    if name.isascii():
        return None
    try:
        return name.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return None


def _lost_letter(name: str, _rng: np.random.Generator) -> str | None:
    return None if name.isascii() else name.encode("ascii", "replace").decode()


def _figure_in_name(name: str, _rng: np.random.Generator) -> str | None:
    return name.replace("o", "0", 1) if "o" in name else None


def plain_score(change: Callable[[str], str | None]) -> Change:
    """A change of scores that are whole numbers well inside the scale."""
    return lambda text, _rng: change(text) if text.isdigit() and 75 <= int(text) <= 120 else None


def _letter_in_score(text: str) -> str | None:
    return text.replace("0", "O", 1) if "0" in text else text.replace("1", "l", 1) if "1" in text else None


def _other_year(years: dict[str, str]) -> Change:
    def change(text: str, _rng: np.random.Generator) -> str | None:
        figure = text[-1]
        return text[:-1] + years[figure] if figure in years else None

    return change


def dates(of: str, column: str, change: Callable[[dt.date, bool], str | None]) -> Plant:
    """Plant a fault in dates; `change` is told whether the file has the month first."""

    def plant(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
        for sheet, row in files.pick(rng, of, column):
            if count == 0:
                return
            day = sheet.date(row, column)
            after = change(day, sheet.source.name == "summer_results") if day else None
            if after is None:
                continue
            upn, before = sheet.get(row, "upn"), sheet.get(row, column)
            sheet.set(row, column, after)
            yield Fault(sheet, column, (row,), upn, before)
            count -= 1

    return plant


def _turned(day: dt.date, month_first: bool, *, both_ways: bool) -> str | None:
    """Day and month in the order that is not the file's."""
    if (day.day <= 12) != both_ways or day.day == day.month:
        return None
    return day.strftime("%d/%m/%Y" if month_first else "%m/%d/%Y")


def _slash(text: str, _rng: np.random.Generator) -> str | None:
    return f"{text[:3]}/{text[3:]}" if len(text) == 7 else None


CELLS = (
    Kind("upn wrong check letter", cell("", "upn", lambda upn, _: wrong_letter(upn)), ("upn",)),
    Kind("upn figure mistyped", cell("", "upn", _figure_mistyped), ("upn",)),
    Kind("upn O for 0, I for 1", cell("", "upn", _letter_for_figure), ("upn_as_read", "upn_unconfirmed")),
    Kind("upn cut short", cell("", "upn", lambda upn, _: upn[:-1]), ("upn",)),
    Kind("upn small letter, spaces, hyphen", cell("", "upn", _untidy)),
    Kind("upn code UN1 to UN5", cell("", "upn", lambda _, rng: f"UN{rng.integers(1, 6)}"), ("upn_as_read",)),
    Kind("upn a spreadsheet's error", cell("", "upn", always("#N/A")), ("upn",)),
    Kind("upn letter not in the alphabet", cell("", "upn", lambda upn, _: "S" + upn[1:]), ("upn",)),
    Kind("name scrambled by its encoding", cell("", "surname", _scrambled), ("surname_as_read",)),
    Kind("name with a letter lost", cell("", "forename", _lost_letter), ("forename_as_read",)),
    Kind("name with 0 for o", cell("", "surname", _figure_in_name), ("surname_as_read",)),
    Kind("name a spreadsheet's error", cell("", "forename", always("#REF!")), ("forename",)),
    Kind(
        "name a pupil number",
        cell("", "surname", lambda _, rng: f"B{rng.integers(10**11, 10**12)}"),
        ("surname",),
    ),
    Kind(
        "dob day and month turned, one reading",
        dates("", "dob", lambda day, first: _turned(day, first, both_ways=False)),
        ("dob_as_read", "dob"),
    ),
    Kind(
        "dob day and month turned, both readings",
        dates("scores", "dob", lambda day, first: _turned(day, first, both_ways=True)),
        ("dob_turned", "dob"),
    ),
    Kind(
        "dob year of two figures",
        dates("", "dob", lambda day, first: day.strftime("%m/%d/%y" if first else "%d/%m/%y")),
        ("dob_as_read", "dob"),
    ),
    Kind(
        "dob spreadsheet day number",
        dates("", "dob", lambda day, _: str((day - _EXCEL_DAY_ZERO).days)),
        ("dob_as_read",),
    ),
    Kind("dob without marks", dates("", "dob", lambda day, _: f"{day:%Y%m%d}"), ("dob_as_read",)),
    Kind("dob not in the calendar", dates("", "dob", lambda day, _: f"31/02/{day.year}"), ("dob",)),
    Kind(
        "dob in words, with a weekday", dates("", "dob", lambda day, _: f"{day:%A} {day.day}th {day:%B %Y}")
    ),
    Kind(
        "dob four years off",
        dates("", "dob", lambda day, _: f"{day.year - 4}-{day.month:02}-{min(day.day, 28):02}"),
        ("year_group_age", "dob_differs"),
    ),
    Kind(
        "dob of another century",
        dates("", "dob", lambda day, _: f"{day.year - 100}-{day.month:02}-{min(day.day, 28):02}"),
        ("dob",),
    ),
    Kind(
        "dob next year",
        dates("", "dob", lambda day, _: f"{day.year + 20}-{day.month:02}-{min(day.day, 28):02}"),
        ("dob",),
    ),
    Kind("score letter for figure", cell("scores", "score", plain_score(_letter_in_score)), ("score",)),
    Kind("score out of range", cell("scores", "score", plain_score(lambda text: text + "0")), ("score",)),
    Kind(
        "score decimal comma",
        cell("scores", "score", plain_score(lambda text: text + ",0")),
        ("score_as_read",),
    ),
    Kind(
        "score with a star",
        cell("scores", "score", plain_score(lambda text: text + "*")),
        ("score_as_read",),
    ),
    Kind(
        "score with a letter in brackets",
        cell("scores", "score", plain_score(lambda text: text + " (A)")),
        ("score_as_read",),
    ),
    Kind("score per cent", cell("scores", "score", plain_score(lambda text: text + "%")), ("score",)),
    Kind("score in words", cell("scores", "score", plain_score(lambda _: "about a hundred")), ("score",)),
    Kind(
        "score a spreadsheet's error", cell("scores", "score", plain_score(lambda _: "#VALUE!")), ("score",)
    ),
    Kind("score negative", cell("scores", "score", plain_score(lambda text: "-" + text)), ("score",)),
    Kind(
        "test date in the future",
        dates("scores", "test_date", lambda day, _: f"{day.year + 10}-{day.month:02}-{day.day:02}"),
        ("test_date",),
    ),
    Kind(
        "test date before birth",
        dates("scores", "test_date", lambda day, _: f"{day.year - 19}-{day.month:02}-{day.day:02}"),
        ("test_date",),
    ),
    Kind(
        "test date of another term",
        dates("scores", "test_date", lambda day, _: (day + dt.timedelta(days=150)).isoformat()),
        ("test_date_wave",),
    ),
    Kind("year group in words", cell("", "year_group", lambda text, _: f"Year {_WORDS[text[-1]]}")),
    Kind("year group unreadable", cell("", "year_group", always("4/5Z")), ("year_group",)),
    Kind("year group not of the study", cell("", "year_group", always("Year 9")), ("year_group",)),
    Kind(
        "year group three years off",
        cell("", "year_group", _other_year({"4": "7", "7": "4"})),
        ("year_group_age", "year_group_differs"),
    ),
    Kind(
        "year group two years off",
        cell("", "year_group", _other_year({"2": "4"})),
        ("unusual_year_group", "year_group_differs"),
    ),
    Kind("sex code unknown", cell("pupils", "sex", always("U")), ("sex",)),
    Kind("yes or no neither", cell("pupils", "disadvantaged", always("maybe")), ("disadvantaged",)),
    Kind("special needs code unknown", cell("pupils", "send", always("Q")), ("send",)),
    Kind(
        "special needs by an older code",
        cell(
            "pupils",
            "send",
            lambda text, _: "School Action Plus" if text in ("Y", "Yes", "True", "1") else None,
        ),
    ),
    Kind(
        "class in small letters and spaces",
        cell("pupils", "class", lambda text, _: f"{text[0]} {text[1:].lower()}"),
        ("class_name",),
    ),
    Kind("class made a date", cell("pupils", "class", lambda text, _: f"0{text[0]}-Jan"), ("class_date",)),
    Kind("school number with a slash", cell("", "school", _slash), ("school_as_read",)),
    Kind(
        "school number without its authority",
        cell("", "school", lambda text, _: text[3:]),
        ("school_as_read",),
    ),
    Kind(
        "school not in the register",
        cell("", "school", lambda text, _: text[:4] + "9" + text[5:]),
        ("school",),
    ),
    Kind(
        "school of another pupil",
        cell("scores", "school", lambda text, _: None if text == "9992105" else "9992105"),
        ("school_differs",),
    ),
)

UNTOLD = (
    Kind(
        "score mistyped within the scale",
        cell("scores", "score", plain_score(lambda text: str(int(text) + 4))),
        because="any score on the scale is one the pupil may have",
    ),
    Kind(
        "yes for no",
        cell(
            "pupils",
            "disadvantaged",
            lambda text, _: {"Y": "N", "Yes": "No", "True": "False", "1": "0"}.get(text),
        ),
        because="no second file says who is disadvantaged",
    ),
    Kind(
        "sex mistyped in a mixed school",
        cell("pupils", "sex", lambda text, _: {"F": "M", "Female": "Male"}.get(text)),
        because="no second file has the pupil's sex",
    ),
)
