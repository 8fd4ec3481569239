"""Real published files, read and set beside the same files opened with the csv module alone."""

import csv
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evaluation.ingest.published import Published, read_published

KS2 = ("2016-2017_850_ks2final.csv", "2018-2019_850_ks2final.csv")
NUMBER = re.compile(r"-?\d+(\.\d+)?%?")
SD_MATHS_2019 = 5.39  # the department's pupil-level standard deviation of maths progress in 2018/19
# Everything up to the first figure about pupils says who the row is about.
FIRST_MEASURE = "TOTPUPS"


def raw(path: Path, encoding: str = "utf-8-sig") -> tuple[list[str], list[list[str]]]:
    with path.open(encoding=encoding, newline="") as stream:
        headings, *rows = csv.reader(stream)
    return headings, rows


def published(text: str | None) -> tuple[float, str]:
    """A cell's value, or the reason for none."""
    if text is not None and NUMBER.fullmatch(text):
        return float(text.rstrip("%")), ""
    return math.nan, "absent" if text is None else {"": "empty", " ": "blank"}.get(text, text)


@pytest.fixture(scope="module", params=KS2)
def table(request: pytest.FixtureRequest, real: Path) -> tuple[Path, Published]:
    return real / request.param, read_published(real / request.param, "ks2")


def test_every_row_is_counted_by_record_type(table: tuple[Path, Published]) -> None:
    path, found = table
    _, rows = raw(path)
    assert found.rectypes == Counter(row[0] for row in rows)
    assert (len(found.schools), len(found.areas)) == (
        sum(row[0] in "12" for row in rows),
        sum(row[0] in "345" for row in rows),
    )
    assert found.rows_in == len(rows)
    assert found.not_understood.empty


def test_every_value_and_every_code_is_as_published(table: tuple[Path, Published]) -> None:
    path, found = table
    headings, rows = raw(path)
    first = headings.index(FIRST_MEASURE)
    assert list(found.table.names) == [heading.upper() for heading in headings[first:]]
    codes: Counter[str] = Counter()
    for column, heading in enumerate(headings[first:], start=first):
        expected = [published(row[column] if column < len(row) else None) for row in rows]
        assert found.value(heading).index.tolist() == list(range(2, len(rows) + 2))
        np.testing.assert_array_equal(found.value(heading), [value for value, _ in expected])
        assert found.reason(heading).tolist() == [reason for _, reason in expected]
        codes.update(reason for _, reason in expected if reason)
    assert dict(zip(found.codes["reason"], found.codes["cells"], strict=True)) == codes
    assert {"SUPP", "NA", "NEW"} <= codes.keys()


def test_the_local_authority_and_england_are_as_published(table: tuple[Path, Published]) -> None:
    path, found = table
    headings, rows = raw(path)
    level = {"3": "local authority", "4": "England, all schools", "5": "England, state-funded schools"}
    for number, row in enumerate(rows, start=2):
        if row[0] in level:
            area = found.areas.loc[number]
            assert (area["level"], area["la"]) == (level[row[0]], row[2].strip())
            for measure in ("TELIG", "PTMAT_EXP", "MAT_AVERAGE", "MAT_AVERAGE_NotFSM6CLA1A"):
                assert found.value(measure)[number] == float(row[headings.index(measure)].rstrip("%"))


def test_schools_have_their_numbers(table: tuple[Path, Published]) -> None:
    path, found = table
    headings, rows = raw(path)
    place = {name: headings.index(name) for name in ("LEA", "ESTAB", "URN", "URN_AC", "NFTYPE", "ICLOSE")}
    schools = [(number, row) for number, row in enumerate(rows, start=2) if row[0] in "12"]
    assert found.schools.index.tolist() == [number for number, _ in schools]
    for number, row in schools:
        school = found.schools.loc[number]
        assert int(school["laestab"]) == int(row[place["LEA"]]) * 10_000 + int(row[place["ESTAB"]])
        assert school["urn"] == row[place["URN"]]
        assert school["urn_ac"] == {"0": ""}.get(row[place["URN_AC"]], row[place["URN_AC"]])
        assert school["type"] == row[place["NFTYPE"]]
        assert school["closed"] == (row[place["ICLOSE"]] == "1")


def test_the_long_table_is_the_columns_spread_out(table: tuple[Path, Published]) -> None:
    _, found = table
    long = found.measures
    assert len(long) == (len(found.schools) + len(found.areas)) * len(found.table.names)
    maths = long[long["measure"] == "MATPROG"].set_index("row")
    np.testing.assert_array_equal(maths["value"], found.value("MATPROG"))
    assert maths["reason"].tolist() == found.reason("MATPROG").tolist()
    assert maths["key"].tolist() == found.keys.tolist()
    assert ((long["reason"] == "") == long["value"].notna()).all()


def test_published_progress_intervals_are_those_of_the_published_standard_deviation(real: Path) -> None:
    """Score +/- 1.96 sd / sqrt(n), n the pupils covered: known but for the rounding of score, limits and coverage."""
    found = read_published(real / KS2[1], "ks2")
    score, low, high = (found.value(f"MATPROG{end}") for end in ("", "_LOWER", "_UPPER"))
    eligible, coverage = found.value("TELIG"), found.value("MATCOV")
    known = score.index[(score.notna() & coverage.notna()) & score.index.isin(found.schools.index)]
    assert len(known) > 250
    for row in known:
        # Coverage is rounded to a whole percentage, the score and its limits to a tenth.
        pupils = [max(eligible[row] * (coverage[row] + shift) / 100, 1) for shift in (-0.5, 0.5)]
        pupils[1] = min(pupils[1], eligible[row])
        narrow, wide = (1.96 * SD_MATHS_2019 / math.sqrt(n) for n in reversed(pupils))
        for half in (high[row] - score[row], score[row] - low[row]):
            assert narrow - 0.11 <= half <= wide + 0.11, (row, half, narrow, wide)


def test_the_register_is_read_as_it_is(real: Path) -> None:
    path = real / "gias_extract_2021.csv"
    found = read_published(path, "schools")
    headings, rows = raw(path, "utf-8")
    place = {name: position for position, name in enumerate(headings)}
    assert len(found.schools) == found.rows_in == len(rows)
    for school, row in zip(found.schools.itertuples(), rows, strict=True):
        assert school.urn == row[place["URN"]]
        assert school.laestab == row[place["LA (code)"]] + row[place["EstablishmentNumber"]]
        assert school.name == row[place["EstablishmentName"]]
        assert school.phase == row[place["PhaseOfEducation (name)"]]
    free_meals = found.value("PercentageFSM")
    empty = [number for number, row in enumerate(rows, start=2) if row[place["PercentageFSM"]] == ""]
    assert free_meals.index[free_meals.isna()].tolist() == empty
    assert free_meals.sum() == pytest.approx(sum(float(row[place["PercentageFSM"]] or 0) for row in rows))
