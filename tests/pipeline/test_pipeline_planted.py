"""Planted names: whatever is wrong with the files, no command prints, lists or stores who a pupil is."""

import csv
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pipeline_pages import silent
from pipeline_study import PER_SCHOOL, SCHOOLS, upn, write, write_study

from evaluation import cli, pipeline
from evaluation.batch.plan import Wanted
from evaluation.study import load_study

SURNAMES = [f"Wumble{letter}thwick" for letter in "abcdefghijkl"]
FORENAMES = [f"Zq{letter}orvane" for letter in "abcdefghijklmnop"]
NUMBERS = [upn(number) for number in range(SCHOOLS * PER_SCHOOL)]
CLASSES = [f"Mrs {SURNAMES[1]}", f"Miss Z. {SURNAMES[2]}'s class", f"4 {SURNAMES[3]}", f"{FORENAMES[3]} {SURNAMES[4]}", FORENAMES[5],
           f"{SURNAMES[6]}/Year 4", "4A"]  # fmt: skip
BORN = re.compile(r"\d{1,2}[/.-]0?3[/.-](20)?17|2017-03-\d\d|0?3/\d{1,2}/2017")
# Made to hold identities, for the evaluator or for the school they are of; what they are called still is looked at.
PRIVATE = ("requests", "review")
WHO = ["School", "UPN", "Forename", "Surname", "Date of birth"]


def planted(text: str) -> list[str]:
    """What a text says of who anybody is."""
    plain = text.casefold()
    words = [word for word in (*SURNAMES, *FORENAMES, *NUMBERS) if word.casefold() in plain]
    return words + [found[0] for found in BORN.finditer(text)]


def named(row: list[str]) -> list[str]:
    """A row of the invented study with unmistakable names in place of its own."""
    return [SURNAMES[ord(cell[-1]) - 97] if cell.startswith("Surname") and cell != "Surname" else
            FORENAMES[ord(cell[-1]) - 97] if cell.startswith("Forename") and cell != "Forename" else cell
            for cell in row]  # fmt: skip


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    return header, [named(row) for row in rows]


def write_planted(root: Path) -> Path:
    """The invented study, with names, numbers and dates of birth where they should not be."""
    raw = write_study(root)
    header, rows = read(raw / "pupils.csv")
    place = {name: at for at, name in enumerate(header)}
    rows[1] = [rows[1][0], "", *rows[1][1:-1]]  # every cell one to the right
    for row, column, cell in (
        (2, "Year", SURNAMES[0]), (4, "Pupil premium", NUMBERS[4]),
        (5, "Sex", FORENAMES[5]), (6, "School", SURNAMES[0]), (7, "Year", "7/3/17"), (8, "Date of birth", FORENAMES[8]),
        *((at, "Class", CLASSES[at % len(CLASSES)]) for at in range(3, len(NUMBERS))), (9, "UPN", f"{SURNAMES[0]} {FORENAMES[9]}"), (10, "UPN", "A" + NUMBERS[10][1:]), (11, "UPN", ""), (12, "Pupil premium", ""),
    ):  # fmt: skip
        rows[row][place[column]] = cell
    rows[20][1], rows[21][1] = rows[21][1], rows[20][1]  # two numbers exchanged
    rows[36][2], rows[36][3] = rows[36][3], rows[36][2]  # first and family name exchanged
    write(
        raw / "pupils.csv",
        header,
        [*rows, rows[40], ["Total", "", SURNAMES[2], FORENAMES[0], "", "", "", "", "16"]],
    )
    header, rows = read(raw / "test_before.csv")
    write(raw / "test_before.csv", header, rows)
    header, rows = read(raw / "test_after.csv")
    scores = [SURNAMES[0], NUMBERS[1], "03/03/2017", f"{FORENAMES[3]} {SURNAMES[0]}, 2017-03-04", "", "1O1"]
    for row, score in zip(rows, scores, strict=False):
        row[-1] = score
    rows[11][1], rows[11][3] = "", SURNAMES[0][:-1]  # no number, and a letter short
    rows[12][0] = f"{FORENAMES[12]} {SURNAMES[0]}"
    again = [*rows[40][:-1], "99"]
    write(raw / "test_after.csv", header, [*rows, again, ["", "", f"Mean of {SURNAMES[1]}", "", "", "101"]])
    return raw


class Said:
    """What commands print, log and raise, under what was asked."""

    def __init__(self, root: Path) -> None:
        self.root, self.texts = root, {}

    def __call__(self, *words: str) -> str:
        out, log = io.StringIO(), logging.StreamHandler(io.StringIO())
        logging.getLogger().addHandler(log)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
            patch.setattr(sys, "argv", ["evaluation", *words])
            patch.setenv("COLUMNS", "200")
            with pytest.raises(SystemExit):
                cli.main()
        logging.getLogger().removeHandler(log)
        self.texts[" ".join(words)] = out.getvalue() + log.stream.getvalue()
        return out.getvalue()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Said]:
    """Every command that prints or writes, on the planted study; then on files broken in other ways."""
    root = tmp_path_factory.mktemp("planted")
    raw = write_planted(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(root.parent / "planted-keys"))
        patch.chdir(root)
        said = Said(root)
        for words in (
            ["check", "mine"], ["check", "mine", "--json"], ["request", "mine"], ["request", "mine", "--json"],
            ["request", "mine", "--records", "all"], ["request", "mine", "--school", SURNAMES[0]],
            ["map", str(raw / "pupils.csv")], ["map", str(raw / "test_after.csv"), "--json"], ["map", str(raw / "pupils.csv"), "-o", "map.yml"],
        ):  # fmt: skip
            said(*words)
        answer(root, raw)
        said("check", "mine")
        finished = pipeline.run(
            load_study("mine", root), root, Wanted(notebooks=("00_data_quality", "10_design")), 1, silent
        )
        said.texts["run"] = "\n".join([str(finished), *(item.error or "" for item in finished.outcomes)])
        (root / "gone.txt").write_text(f"{NUMBERS[30]}\n")
        (root / "wrong.txt").write_text(f"{NUMBERS[31][:-1]}\n")
        said("forget", "mine", "--upn-file", "wrong.txt", "--dry-run")
        said("forget", "mine", "--upn-file", "gone.txt", "--dry-run")
        said("forget", "mine", "--upn-file", "gone.txt", "--yes")
        yield said


def answer(root: Path, raw: Path) -> None:
    """A request sent back with a name in every cell that was to be filled."""
    made = sorted((root / "data" / "processed" / "mine" / "requests").glob("*.xlsx"))[0]
    book = openpyxl.load_workbook(made)
    for row in book["Pupils"].iter_rows(min_row=2):
        for cell in row:
            if not cell.protection.locked:
                cell.value = f"{FORENAMES[0]} {SURNAMES[0]}"
    (raw / "returned").mkdir()
    book.save(raw / "returned" / made.name)


def test_the_faults_were_found(said: Said) -> None:
    """Or there would be nothing to say."""
    rules = {item["rule"] for item in json.loads(said.texts["check mine --json"])["rules"]}
    assert {
        "upn",
        "dob",
        "year_group",
        "disadvantaged",
        "school",
        "score",
        "total",
        "conflict",
        "duplicate",
    } <= rules
    assert "Nothing of them was found." in said.texts["forget mine --upn-file gone.txt --yes"]
    assert "1 of the 1 pupil numbers given" in said.texts["forget mine --upn-file wrong.txt --dry-run"]
    assert not [words for words, text in said.texts.items() if "A fault in the software" in text]


def test_no_command_says_who_anybody_is(said: Said) -> None:
    own = {"request mine --school " + SURNAMES[0]: SURNAMES[0]}  # what was typed is said back
    found = {words: planted(text.replace(own.get(words, "\0"), "")) for words, text in said.texts.items()}
    assert not {words: names for words, names in found.items() if names}


def test_nothing_written_says_who_anybody_is(said: Said) -> None:
    """Issue lists, tables, pages, the proposed map and the list of those withdrawn; and every file's name."""
    looked = 0
    for top in ("data/processed", "reports", "params", "map.yml"):
        base = said.root / top
        for path in [base] if base.is_file() else sorted(item for item in base.rglob("*") if item.is_file()):
            assert not planted(path.name), path.name
            if path.parent.name in PRIVATE:
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".parquet" and path.parent.name != "cleaned":
                text = pd.read_parquet(path).to_csv()
            looked += 1
            assert not planted(text), path.relative_to(said.root)
    assert looked > 30


def test_files_that_cannot_be_read_are_refused_without_saying_what_is_in_them(said: Said) -> None:
    raw = said.root / "data" / "raw" / "mine"
    whole = (raw / "pupils.csv").read_bytes()
    header, *lines = whole.decode().splitlines()
    for name, content in {
        "no headings": "\n".join(lines),
        "one row": "\n".join([header, lines[1]]),
        "not text": "\0".join(lines),
    }.items():
        (raw / "pupils.csv").write_text(content)
        for words in (["check", "mine"], ["run", "mine"], ["map", str(raw / "pupils.csv")]):
            text = said(*words)
            assert not planted(text), (name, words)
            assert "Traceback" not in text
    (raw / "pupils.csv").write_bytes(whole)
