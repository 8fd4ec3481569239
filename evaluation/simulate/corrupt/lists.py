"""Faults of a whole pupil list: a column in another convention, and sexes that its school does not take."""

from collections.abc import Iterator

import numpy as np

from evaluation.simulate.corrupt.kind import Fault, Kind, Plant
from evaluation.simulate.corrupt.sheets import Files


def whole_lists(column: str, form: dict[str, str]) -> Plant:
    """A column of a whole pupil list in another convention; lists nothing was planted in, at most two."""

    def plant(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
        lists = [
            sheet for sheet in files.of("pupils") if sheet.source.school and sheet.source.wave == "baseline"
        ]
        able = [sheet for sheet in lists if not any(row.touched for row in sheet.data)]
        for at in rng.permutation(len(able))[: min(count, 2)]:
            sheet = able[at]
            for row in sheet.data:
                sheet.set(row, column, form[sheet.get(row, column)[0]])
            yield Fault(sheet, column, tuple(sheet.data), whole=True)

    return plant


def _single_sex(files: Files, rng: np.random.Generator, count: int) -> Iterator[Fault]:
    """Boys in schools that the register is made to call girls' schools: at most five a school."""
    lists = [sheet for sheet in files.of("pupils") if sheet.source.school and sheet.source.wave == "baseline"]
    schools = [sheet.source.school for sheet in files.of("pupils")]
    able = [
        sheet
        for sheet in lists
        if schools.count(sheet.source.school) == 1 and not any(row.touched for row in sheet.data)
    ]
    for at in rng.permutation(len(able))[: min(count, 1)]:
        sheet = able[at]
        school = str(sheet.source.school)
        register = files.others["schools.csv"].decode().splitlines(keepends=True)
        files.others["schools.csv"] = "".join(
            line.replace("Mixed", "Girls") if line.startswith(school) else line for line in register
        ).encode()
        boys = rng.permutation(len(sheet.data))[: min(count, 5)]
        for place, row in enumerate(sheet.data):
            long = len(sheet.get(row, "sex")) > 1
            boy = place in boys
            sheet.set(row, "sex", ("Male" if long else "M") if boy else ("Female" if long else "F"))
            if boy:
                yield Fault(sheet, "sex", (row,), sheet.get(row, "upn"))


LISTS = (
    Kind("sexes as 1 and 2", whole_lists("sex", {"F": "2", "M": "1"}), ("sex_column",)),
    Kind(
        "yes ticked, no blank",
        whole_lists("eal", {"Y": "Y", "N": "", "T": "Y", "F": "", "1": "Y", "0": ""}),
        ("eal_column",),
    ),
    Kind("sex in a single-sex school", _single_sex, ("sex_of_school",)),
)
