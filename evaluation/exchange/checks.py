"""What a cell of a workbook may hold: a drop-down or a rule, what it says when broken, and how it shows."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from evaluation.clean.upn import LETTERS
from evaluation.exchange.sheets import put
from evaluation.ingest.returned import LISTS

RED = {"fill": PatternFill(bgColor="F8B4B4", fill_type="solid"), "font": Font(color="7A0B0B", bold=True)}


@dataclass(frozen=True, slots=True)
class Check:
    """A rule for the cells of a column.

    Attributes
    ----------
    valid : str
        A formula, {0} standing for the cell, that is true of a good cell.
    says : str
        What a person is told, before and after.
    rule : dict
        The kind of data validation and its formulas; {0} stands for the cell.
    """

    valid: str
    says: str
    rule: dict[str, Any]


class Lists:
    """The hidden sheet that drop-downs choose from, a column a list; a list asked for twice is written once."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.create_sheet(LISTS)
        self._sheet.sheet_state = "hidden"
        self._known: dict[tuple[object, ...], str] = {}

    def place(self, values: Sequence[object]) -> str:
        """Where the values stand, as a formula names it."""
        key = tuple(values)
        if key not in self._known:
            at = len(self._known) + 1
            for row, value in enumerate(values, start=1):
                put(self._sheet, row, at, value)
            letter = get_column_letter(at)
            self._known[key] = f"{LISTS}!${letter}$1:${letter}${len(values)}"
        return self._known[key]


def choice(lists: Lists, values: Sequence[object], says: str = "Choose from the list.") -> Check:
    """One of the values, by drop-down."""
    place = lists.place([plain(value) for value in values])
    return Check(f"ISNUMBER(MATCH({{0}},{place},0))", says, {"type": "list", "formula1": place})


def day(first: dt.date, last: dt.date) -> Check:
    """A date between two, both included."""
    low, high = (f"DATE({date.year},{date.month},{date.day})" for date in (first, last))
    rule = {"type": "date", "operator": "between", "formula1": low, "formula2": high}
    says = f"A date from {first:%d/%m/%Y} to {last:%d/%m/%Y}, such as 31/05/{first.year + 1}."
    return Check(f"AND(ISNUMBER({{0}}),{{0}}>={low},{{0}}<={high})", says, rule)


def number(low: float, high: float, whole: bool = False) -> Check:
    """A number between two, both included."""
    says = f"A {'whole ' if whole else ''}number from {low:g} to {high:g}."
    rule = {"type": "whole" if whole else "decimal", "operator": "between"}
    valid = f"AND(ISNUMBER({{0}}),{{0}}>={low:g},{{0}}<={high:g}" + (",{0}=INT({0}))" if whole else ")")
    return Check(valid, says, {**rule, "formula1": f"{low:g}", "formula2": f"{high:g}"})


def score(lists: Lists, low: float, high: float) -> Check:
    """A score of a test, or a word that says why there is none."""
    words = ["absent", "left", "missing", f"<{low:g}", f">{high:g}"]
    place = lists.place(words)
    valid = f"OR(AND(ISNUMBER({{0}}),{{0}}>={low:g},{{0}}<={high:g}),ISNUMBER(MATCH({{0}},{place},0)))"
    says = f"A score from {low:g} to {high:g}, or one of: {', '.join(words)}."
    return Check(valid, says, {"type": "custom", "formula1": valid})


def upn(lists: Lists) -> Check:
    """A unique pupil number whose check letter agrees (`evaluation.clean.upn` gives the rule)."""
    letters, places = lists.place([LETTERS]).split(":")[0], lists.place(list(range(2, 13)))
    figures = f"SUMPRODUCT(MID({{0}},{places},1)*{places})"
    last = f"13*IFERROR(VALUE(MID({{0}},13,1)),FIND(MID({{0}},13,1),{letters})-1)"
    letter = f"MID({letters},MOD({figures}+{last},23)+1,1)"
    valid = f"AND(LEN({{0}})=13,IFERROR({letter}=LEFT({{0}},1),FALSE))"
    says = "A unique pupil number: a letter and 12 figures. Its check letter must agree with its figures."
    return Check(valid, says, {"type": "custom", "formula1": valid})


def plain(value: object) -> object:
    """A short whole number as a number, so that a typed 4 and a chosen 4 are the same."""
    return int(value) if isinstance(value, str) and value.isdigit() and str(int(value)) == value else value


def apply_check(sheet: Any, letter: str, first: int, last: int, check: Check) -> None:
    """Hold the cells of a column to a check: refused when typed, red when pasted."""
    cell, cells = f"{letter}{first}", f"{letter}{first}:{letter}{last}"
    rule = {name: value.format(cell) for name, value in check.rule.items()}
    held = DataValidation(**rule, allow_blank=True, showErrorMessage=True, showInputMessage=True)
    held.error = held.prompt = check.says
    held.errorTitle, held.promptTitle = "This cannot be right", "What to write"
    held.add(cells)
    sheet.add_data_validation(held)
    wrong = f'AND({cell}<>"",NOT({check.valid.format(cell)}))'
    sheet.conditional_formatting.add(cells, FormulaRule(formula=[wrong], **RED))
