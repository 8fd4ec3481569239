"""The demo study, school by school: nothing is asked that its files say already, and contradictions are listed."""

import csv
import datetime as dt
import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from exchange_study import silent

from evaluation.exchange.needs import Needs, find_needs
from evaluation.intake import Tables, assemble
from evaluation.receive import receive
from evaluation.simulate.demo import demo_files
from evaluation.simulate.identities import check_letter
from evaluation.study import find_root, load_study

RESULTS = {
    "baseline": ("tests/autumn_results.xlsx", "UPN", "Surname", "Forename", "Standardised Score"),
    "midpoint": ("tests/spring_results.csv", "upn", "last_name", "first_name", "age_standardised_score"),
    "endline": ("tests/summer_results.csv", "UPN", "Family name", "Given name", "Standard score"),
}
SAY_NOTHING = {"", "1O5", "999"}  # a blank, and the scores planted to be refused
LISTED = "mis/farrowick.csv"


@dataclass(frozen=True)
class Demo:
    files: dict[str, bytes]
    tables: Tables
    needs: list[Needs]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    (root / "params").symlink_to(find_root(Path(__file__).parent) / "params")
    files = demo_files(11)
    for name, content in files.items():
        path = root / "data" / "raw" / "ssif_maths" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        study = load_study("ssif_maths", root)
        received = receive(study, root, silent)
        needs = find_needs(study, root, received, dt.date(2024, 9, 1))
        return Demo(files, assemble(study, received), needs)


def csv_rows(
    content: bytes, first: str, encoding: str = "utf-8-sig", mark: str = ","
) -> list[dict[str, str]]:
    """The rows of a CSV file below the line of headings, which holds `first`."""
    lines = list(csv.reader(io.StringIO(content.decode(encoding)), delimiter=mark))
    at = next(number for number, line in enumerate(lines) if first in line)
    return [dict(zip(lines[at], line, strict=False)) for line in lines[at + 1 :]]


def raw_rows(content: bytes, name: str, first: str) -> list[dict[str, str]]:
    """The rows of a results file, read without the library."""
    if name.endswith(".csv"):
        return csv_rows(content, first, *(("cp1252", ";") if "summer" in name else ()))
    found = []
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        lines = [
            ["" if cell is None else str(cell) for cell in line] for line in sheet.iter_rows(values_only=True)
        ]
        at = next((number for number, line in enumerate(lines) if first in line), len(lines))
        found += [dict(zip(lines[at], line, strict=True)) for line in lines[at + 1 :]]
    return found


def said(files: dict[str, bytes], wave: str) -> dict[object, set[str]]:
    """What a wave's file says of each pupil's score, by number or, where a row has none, by both names."""
    name, number, surname, forename, score = RESULTS[wave]
    found: dict[object, set[str]] = defaultdict(set)
    for row in raw_rows(files[name], name, number):
        if score in row:
            upn = row[number].replace(" ", "").upper()
            who = upn or frozenset((row[surname].casefold(), row[forename].casefold()))
            found[who].add(row[score].strip())
    return found


def test_no_school_is_asked_for_a_score_that_a_file_gives(demo: Demo) -> None:
    known = {wave: said(demo.files, wave) for wave in RESULTS}
    asked = set()
    for need in demo.needs:
        for column in (item for item in need.columns if item.field == "score"):
            for pupil in need.pupils[need.missing[column.heading]].to_dict("records"):
                asked.add((column.wave, pupil["upn"]))
                names = frozenset((pupil["surname"].casefold(), pupil["forename"].casefold()))
                found = known[column.wave].get(pupil["upn"], set()) | known[column.wave].get(names, set())
                assert found <= SAY_NOTHING, (need.school, column.wave)
    blank = {
        (wave, who)
        for wave, pupils in known.items()
        for who, scores in pupils.items()
        if scores <= SAY_NOTHING and isinstance(who, str) and check_letter(who[1:]) == who[0]
    }
    assert len(blank) > 30
    assert blank <= asked


def test_no_school_is_asked_for_a_detail_that_its_list_or_its_spells_give(demo: Demo) -> None:
    for need in demo.needs:
        details = [
            column for column in need.columns if column.field in ("upn", "dob", "year_group", "disadvantaged")
        ]
        for column in details:
            wanted = need.pupils.loc[need.missing[column.heading], column.field]
            assert wanted.isna().all(), (need.school, column.field)
            assert column.field == "upn" or not len(wanted)
    assert len(demo.needs) == 30


def test_the_three_pupils_of_whom_list_and_spells_disagree_are_listed_and_settled(demo: Demo) -> None:
    """The pupils are found by the standard library alone: in the school's list, and in its common transfer file."""
    name = next(path for path in demo.files if path.startswith("ctf/"))
    on_meals = {
        pupil.findtext("UPN")
        for pupil in ElementTree.fromstring(demo.files[name]).iter("Pupil")
        for spell in pupil.iter("FSMinstance")
        if spell.findtext("UKcountry") == "ENG" and str(spell.findtext("FSMstartDate")) <= "2023-09-25"
    }
    listed = csv_rows(demo.files[LISTED], "Date of birth")
    yes = {row["UPN (Unique Pupil Number)"]: row["Pupil Premium Recipient"] == "Yes" for row in listed}
    wrong = {number for number, value in yes.items() if value != (number in on_meals)}
    assert len(wrong) == 3
    pupils = demo.tables["pupils"]
    mine = pupils[(pupils["file"] == LISTED) & (pupils["wave"] == "baseline")].sort_values("row")
    assert len(mine) == len(yes)
    who = dict(zip(mine["pupil"], yes, strict=True))
    conflicts = demo.tables["conflicts"]
    assert {who[pupil] for pupil in conflicts["pupil"]} == wrong
    assert set(conflicts["used"]) == {"spells"}
    settled = dict(zip(mine["pupil"].map(who), mine["disadvantaged"], strict=True))
    assert {number for number, value in settled.items() if value == 1} == on_meals
    assert pd.Series(settled).notna().all()
