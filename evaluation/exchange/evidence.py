"""What the cells of a column say of the field they may be: whether they could be, and whether they must be."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.clean.dates import date_order, parse_date
from evaluation.clean.parse import parse_number, parse_send, parse_sex, parse_yes_no
from evaluation.clean.scores import mostly_scores
from evaluation.clean.upn import check_letter, has_upn_shape, normalise_upn
from evaluation.study.fields import ALSO_CALLED

_YEAR = re.compile(r"(?:(year(?: group)?|yr|y|nc) ?)?0*(\d{1,2})(?:\.0)?|r|reception|rec|yr", re.I | re.ASCII)
_LAESTAB = re.compile(r"[2-9]\d{2}[/ -]?[1-9]\d{3}(?:\.0)?", re.ASCII)
_URN = re.compile(r"\d{5,6}(?:\.0)?", re.ASCII)
_CLASS = re.compile(r"(?:\d{1,2}|R|Y\d{1,2}) ?[-/]?[A-Za-z]{1,3}\d?|[A-Za-z]{1,3}\d{1,2}", re.ASCII)
_NAME = re.compile(r"[^\W\d_]+(?:[ '’.-]+[^\W\d_]+)*\.?")
_PHASES = re.compile(
    r"(?:middle deemed )?(?:primary|secondary|all[- ]through|nursery|16 plus|infant|junior|not applicable)",
    re.I,
)
_SEND_CODES = {"k", "sen support"}  # codes that mean nothing else
OLDEST_BIRTH = 1985  # nobody born before was at school in the years this software is for
YOUNGEST_AGE = 2
FEW = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of a column, for one field: the share of cells that could be it, and how far the cells alone settle it, 0 to 1."""

    could: float
    settles: float = 0.0


@dataclass(frozen=True)
class Cells:
    """The cells of a column that hold something: all of them, and each distinct one."""

    texts: Sequence[str]
    this_year: int

    @property
    def distinct(self) -> set[str]:
        return set(self.texts)

    def share(self, good: Callable[[str], object]) -> float:
        """The share of cells that are good."""
        verdicts = {text: bool(good(text)) for text in self.distinct}
        return sum(verdicts[text] for text in self.texts) / len(self.texts)

    def variety(self) -> float:
        """Distinct cells for each cell."""
        return len(self.distinct) / len(self.texts)


def evidence(field: str, cells: Cells) -> Evidence:
    """What the cells say of one field; a column with no cell filled could be anything."""
    if not cells.texts:
        return Evidence(1.0)
    return _JUDGES.get(field, _anything)(cells)


def _anything(_: Cells) -> Evidence:
    return Evidence(1.0)


def _upn(cells: Cells) -> Evidence:
    def valid(text: str) -> bool:
        upn = normalise_upn(text)
        return has_upn_shape(upn) and check_letter(upn) == upn[0]

    share = cells.share(valid)
    return Evidence(
        cells.share(lambda text: has_upn_shape(normalise_upn(text))), 0.97 if share >= 0.7 else 0.0
    )


def _former_upn(cells: Cells) -> Evidence:
    """Only the heading can say that a pupil number is a former one."""
    return Evidence(_upn(cells).could)


def _days(cells: Cells) -> list[dt.date]:
    parse = parse_date(date_order(cells.distinct), cells.this_year)
    return [parsed.value for text in cells.texts if (parsed := parse(text)).value]


def _dob(cells: Cells) -> Evidence:
    """Dates of birth are of many days in every month, and of years in which a pupil can have been born."""
    days = _days(cells)
    born = [OLDEST_BIRTH <= day.year <= cells.this_year - YOUNGEST_AGE for day in days]
    if not days or sum(born) < 0.8 * len(days):
        return Evidence(0.0)
    share = len(days) / len(cells.texts)
    if cells.variety() <= 0.3 and len(cells.texts) >= FEW:
        return Evidence(0.3 * share)
    months = Counter(day.month for day in days)
    all_year = len(months) >= 9 and max(months.values()) < 0.3 * len(days)
    return Evidence(share, (0.82 if all_year else 0.6) * share if len(days) >= FEW // 2 else 0.0)


def _test_date(cells: Cells) -> Evidence:
    """Test dates are of few days, most of them in the same year."""
    days = _days(cells)
    share, years = len(days) / len(cells.texts), {day.year for day in days}
    few = years and len(cells.distinct) <= max(FEW, len(cells.texts) // 10) and max(years) - min(years) <= 1
    return Evidence(share if few else 0.3 * share, 0.55 * share if few and len(days) > FEW // 2 else 0.0)


def _sex(cells: Cells) -> Evidence:
    share = cells.share(lambda text: not parse_sex(text).reason)
    return Evidence(
        share, 0.85 if share > 0.95 and len({text[0].casefold() for text in cells.distinct}) == 2 else 0.0
    )


def _year_group(cells: Cells) -> Evidence:
    def year(text: str) -> Any:
        found = _YEAR.fullmatch(text)
        return found and (found[2] is None or int(found[2]) <= 13)

    share = cells.share(year)
    said = cells.share(lambda text: (found := _YEAR.fullmatch(text)) and found[1])
    few = len(cells.distinct) <= 14
    return Evidence(share if few else 0.0, 0.85 if few and said > 0.9 else 0.3 * share if few else 0.0)


def _yes_no(cells: Cells) -> Evidence:
    return Evidence(cells.share(lambda text: not parse_yes_no(text).reason))


def _send(cells: Cells) -> Evidence:
    share = cells.share(lambda text: not parse_send(text).reason)
    codes = {text.casefold() for text in cells.distinct} & _SEND_CODES
    return Evidence(share, 0.8 if share > 0.95 and codes and len(cells.distinct) <= 6 else 0.0)


def _score(cells: Cells) -> Evidence:
    """Numbers on a standardised or key stage scale settle a little: several columns of a file may hold such."""
    if not mostly_scores(cells.texts):
        return Evidence(0.0)
    numbers = [item.value for text in cells.texts if not (item := parse_number(text.lstrip("<>≤≥= "))).reason]
    inside = [40 <= value <= 160 for value in numbers]
    if not numbers or sum(inside) < 0.9 * len(inside) or len(set(numbers)) < 3:
        return Evidence(0.8)
    central = 85 <= sum(numbers) / len(numbers) <= 115
    return Evidence(1.0, 0.5 if central else 0.2)


def _person(cells: Cells) -> Evidence:
    share = cells.share(_NAME.fullmatch)
    varied = cells.variety() > 0.25 or len(cells.distinct) > FEW
    return Evidence(
        share, 0.4 if share > 0.95 and varied and cells.share(lambda text: len(text) > 2) > 0.8 else 0.0
    )


def _other_name(cells: Cells) -> Evidence:
    """Cells alone never tell which of a pupil's names they are."""
    return Evidence(cells.share(_NAME.fullmatch))


def _class(cells: Cells) -> Evidence:
    share, few = cells.share(_CLASS.fullmatch), len(cells.distinct) <= max(FEW, len(cells.texts) // 5)
    return Evidence(1.0 if few else 0.2, 0.6 if few and share > 0.9 else 0.0)


def _school(cells: Cells) -> Evidence:
    share = cells.share(_LAESTAB.fullmatch)
    spelt = cells.share(lambda text: any(letter.isalpha() for letter in text))
    return Evidence(1.0 - 0.6 * spelt, 0.75 if share > 0.95 else 0.0)


def _school_number(cells: Cells) -> Evidence:
    share = cells.share(_URN.fullmatch)
    return Evidence(share, 0.6 if share > 0.95 and cells.share(lambda text: text[0] == "1") > 0.9 else 0.0)


def _pupil_id(cells: Cells) -> Evidence:
    coded = cells.share(lambda text: " " not in text and any(mark.isdigit() for mark in text))
    return Evidence(min(coded, 1.0 if cells.variety() > 0.8 else 0.3))


def _phase(cells: Cells) -> Evidence:
    share = cells.share(_PHASES.fullmatch)
    return Evidence(1.0, 0.85 if share > 0.9 else 0.0)


def _coordinate(cells: Cells) -> Evidence:
    return Evidence(
        cells.share(lambda text: not (item := parse_number(text)).reason and 0 <= item.value < 1.4e6)
    )


def _whole_name(cells: Cells) -> Evidence:
    """A school's name, or both of a pupil's: several words, no figures, hardly one twice."""
    share = cells.share(lambda text: any(map(str.isalpha, text)) and not any(map(str.isdigit, text)))
    several = cells.share(lambda text: " " in text) > 0.7 and cells.variety() > 0.9
    return Evidence(share, 0.6 if several else 0.0)


_JUDGES: dict[str, Callable[[Cells], Evidence]] = {
    "upn": _upn, "former_upn": _former_upn, "pupil_id": _pupil_id, "forename": _person, "surname": _person, "dob": _dob,
    "sex": _sex, "year_group": _year_group, "class": _class, "disadvantaged": _yes_no, "fsm6": _yes_no,
    "premium": _yes_no, "fsm": _yes_no, "looked_after": _yes_no, "eal": _yes_no, "send": _send, "score": _score,
    "test_date": _test_date, "school": _school, "urn": _school_number, "phase": _phase, "easting": _coordinate,
    **{field.name: _other_name for field in ALSO_CALLED}, "northing": _coordinate, "name": _whole_name,
}  # fmt: skip
