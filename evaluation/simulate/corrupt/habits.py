"""Cells as people fill them in: notes beside values, values of another kind, and figures that only look like figures."""

import csv
import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np

from evaluation.simulate.corrupt.cells import always, dates, plain_score
from evaluation.simulate.corrupt.kind import Change, Fault, Kind, Plant, cell
from evaluation.simulate.corrupt.sheets import Files

_WIDE = str.maketrans("0123456789", "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19")


def _for(words: dict[str, str]) -> Change:
    return lambda text, _rng: words.get(text)


def _school(other: Callable[[str, str], str]) -> Plant:
    """The school by what else it goes by; `other` is given its URN and name."""

    def plant(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
        lines = csv.DictReader(files.others["schools.csv"].decode("utf-8-sig").splitlines()[1:])
        known = {line["LAESTAB"]: other(line["URN"], line["School"]) for line in lines}
        yield from cell("", "school", lambda text, _: known.get(text))(files, rng, count)

    return plant


def _misspelt(_urn: str, name: str) -> str:
    """Two letters of the first word exchanged."""
    return name[:3] + name[4] + name[3] + name[5:]


def _dashed(day: dt.date, month_first: bool) -> str:
    return day.strftime("%m\u2013%d\u2013%Y" if month_first else "%d\u2013%m\u2013%Y")


SCORES = (
    Kind(
        "score figures of full width",
        cell("scores", "score", plain_score(lambda text: text.translate(_WIDE))),
    ),
    Kind("score kept as text", cell("scores", "score", plain_score(lambda text: "'" + text))),
    Kind(
        "score with its unit",
        cell("scores", "score", plain_score(lambda text: text + " pts")),
        ("score_as_read",),
    ),
    Kind(
        "score with a note", cell("scores", "score", plain_score(lambda text: text + " see over")), ("score",)
    ),
    Kind(
        "score two in a cell",
        cell("scores", "score", plain_score(lambda text: f"{text}/{int(text) + 4}")),
        ("score",),
    ),
    Kind("score rounded", cell("scores", "score", plain_score(lambda text: f"{int(text):.2E}")), ("score",)),
    Kind("score an age", cell("scores", "score", plain_score(lambda _: "8:05")), ("score",)),
    Kind("score a date", cell("scores", "score", plain_score(lambda _: "05-Oct")), ("score",)),
    Kind(
        "score a formula's text",
        cell("scores", "score", plain_score(lambda _: "=G2+H2")),
        ("score", "formula"),
    ),
)
WHO = (
    Kind("upn figures of full width", cell("", "upn", lambda upn, _: upn.translate(_WIDE))),
    Kind("upn with an invisible mark", cell("", "upn", lambda upn, _: upn[:5] + "\u200b" + upn[5:])),
    Kind("upn another number", cell("", "upn", lambda _, rng: str(rng.integers(10**9, 10**10))), ("upn",)),
    Kind("name with a remark", cell("", "surname", lambda name, _: name + " (left)"), ("surname_as_read",)),
    Kind("name with a star", cell("", "forename", lambda name, _: name + "*"), ("forename_as_read",)),
    Kind("name a formula", cell("", "surname", always("=B3")), ("surname", "formula")),
    Kind(
        "name of two pupils", cell("", "forename", lambda name, _: name + " & Robin"), ("forename_as_read",)
    ),
    Kind("name with a title", cell("", "forename", lambda name, _: "Miss " + name)),
    Kind("name with a tab", cell("", "surname", lambda name, _: name + "\t")),
    Kind("dob an age", dates("", "dob", lambda _day, _: "8 years"), ("dob",)),
    Kind("dob without a year", dates("", "dob", lambda day, _: f"{day:%d %B}"), ("dob",)),
    Kind("dob with other dashes", dates("", "dob", _dashed)),
    Kind("dob 1 January 1900", dates("", "dob", lambda _day, _: "01/01/1900"), ("dob",)),
)
CODES = (
    Kind(
        "year group and the next",
        cell("", "year_group", lambda text, _: f"{text[-1]} & {int(text[-1]) + 1}"),
        ("year_group",),
    ),
    Kind(
        "year group with its class", cell("", "year_group", lambda text, _: text[-1] + "B"), ("year_group",)
    ),
    Kind(
        "premium with its reason",
        cell("pupils", "disadvantaged", _for({"Y": "Y - FSM", "Yes": "Yes (FSM)", "N": "N - none"})),
        ("disadvantaged_as_read",),
    ),
    Kind("premium in pounds", cell("pupils", "disadvantaged", always("\u00a31,480")), ("disadvantaged",)),
    Kind(
        "special needs code with its meaning",
        cell("pupils", "send", _for(dict.fromkeys(["Y", "Yes", "True", "1", "K"], "K - SEN Support"))),
    ),
    Kind("sex with its meaning", cell("pupils", "sex", _for({"M": "M - Male", "F": "F - Female"}))),
    Kind("school by its URN", _school(lambda urn, _: urn), ("school_as_read",)),
    Kind("school by its name", _school(lambda _, name: name.upper()), ("school_as_read",)),
    Kind("school by its name misspelt", _school(_misspelt), ("school_as_read",)),
)
HABITS = (*SCORES, *WHO, *CODES)
