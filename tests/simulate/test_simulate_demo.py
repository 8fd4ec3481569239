"""The demo study's raw files: the same bytes from a seed, the faults counted, nothing replaced that is not a demo."""

import csv
import io
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from evaluation.errors import SourceError
from evaluation.simulate import demo_files, write_demo
from evaluation.simulate.exports import LABEL
from evaluation.simulate.identities import LETTERS, check_letter, temporary, wrong_letter
from evaluation.study import load_study

ROOT = Path(__file__).parents[2]
SEED = 7
READ = {
    "mis/brannock.csv": ("cp1252", ";"),
    "mis/comparison_schools.csv": ("utf-8", ","),
    "mis/tidemarsh.csv": ("utf-8-sig", ","),
    "mis/tidemarsh_summer.csv": ("utf-8-sig", ","),
    "tests/spring_results.csv": ("utf-8", ","),
    "tests/summer_results.csv": ("cp1252", ";"),
}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return demo_files(SEED)


@pytest.fixture(scope="module")
def planted(files: dict[str, bytes]) -> dict[str, Counter[str]]:
    counts = json.loads(files["truth.json"])["planted"]
    return {path: Counter(kinds) for path, kinds in counts.items()}


def read(files: dict[str, bytes], path: str) -> Rows:
    """The rows under the headings of a CSV file, read with nothing but the standard library."""
    encoding, delimiter = READ[path]
    grid = list(csv.reader(io.StringIO(files[path].decode(encoding)), delimiter=delimiter))
    at = next(number for number, row in enumerate(grid) if len(row) > 1)
    return [dict(zip(grid[at], row, strict=True)) for row in grid[at + 1 :]]


def autumn(files: dict[str, bytes]) -> Rows:
    """The rows of the workbook's sheets."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(files["tests/autumn_results.xlsx"]))
    grids = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names if name.startswith("Year")]
    return [dict(zip(grid[2], row, strict=True)) for grid in grids for row in grid[3:]]


def fits(upn: str) -> bool:
    return check_letter(upn[1:]) == upn[0]


@pytest.mark.parametrize("upn", ["H801200001001", "A950000178301"])
def test_check_letters_are_those_published(upn: str) -> None:
    assert check_letter(upn[1:]) == upn[0]


def test_temporary_numbers_fit_and_wrong_ones_do_not() -> None:
    upn = "H801200001001"
    assert fits(temporary(upn))
    assert temporary(upn)[-1] in LETTERS
    assert not fits(wrong_letter(upn))


def test_the_same_seed_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    time.sleep(2.1)  # a zip records the time to two seconds
    again = demo_files(SEED)
    assert list(again) == list(files)
    assert [name for name in files if again[name] != files[name]] == []


def test_another_seed_gives_other_pupils(files: dict[str, bytes]) -> None:
    other = demo_files(SEED + 1)
    assert other["mis/brannock.csv"] != files["mis/brannock.csv"]


def test_every_file_says_it_is_synthetic(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".xlsx"):
            sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
            assert LABEL in str(sheet[0][0]), name
        else:
            assert LABEL.encode() in content, name
    assert load_study("ssif_maths", ROOT).synthetic


def test_every_number_is_in_the_invented_authority(files: dict[str, bytes]) -> None:
    upns = [row["UPN"] for row in read(files, "mis/brannock.csv") + read(files, "mis/comparison_schools.csv")]
    assert len(upns) > 1500
    assert all(upn[1:4] == "999" and len(upn) == 13 for upn in upns)


def test_faults_in_pupil_lists(files: dict[str, bytes], planted: dict[str, Counter[str]]) -> None:
    compared = read(files, "mis/comparison_schools.csv")
    assert len(compared) - len({row["UPN"] for row in compared}) == 1
    assert sum(not fits(row["UPN"]) for row in compared) == 0
    before, after = (read(files, f"mis/tidemarsh{suffix}.csv") for suffix in ("", "_summer"))
    number = "UPN (Unique Pupil Number)"
    new = {row[number] for row in after} - {row[number] for row in before}
    elsewhere = {row["UPN"] for row in compared} | ockerfold(files)
    counts = planted["mis/tidemarsh_summer.csv"]
    assert len(new & elsewhere) == counts["moved"] == 2
    assert len(new - elsewhere) == counts["joined_late"] == 2
    every = [kinds for path, kinds in planted.items() if path.startswith("mis/") and "summer" not in path]
    assert sum(kinds["upn_temporary"] for kinds in every) == 5
    assert sum(kinds["upn_wrong_letter"] for kinds in every) == 2


def ockerfold(files: dict[str, bytes]) -> set[str]:
    text = files["mis/ockerfold.csv"].decode("utf-8-sig")
    return {row[2] for row in csv.reader(io.StringIO(text)) if len(row) > 2}


def test_faults_in_the_workbook(files: dict[str, bytes], planted: dict[str, Counter[str]]) -> None:
    counts = planted["tests/autumn_results.xlsx"]
    rows = autumn(files)
    totals = [row for row in rows if row["School ID"] == "Total"]
    pupils = [row for row in rows if row["School ID"] != "Total"]
    assert len(totals) == counts["totals_row"] == 3
    check_scores(Counter(row["Standardised Score"] for row in pupils), counts, "<70", ">130")
    assert sum(row["Standardised Score"] == "1O5" for row in pupils) == counts["score_letter_for_digit"] == 1
    check_numbers([row["UPN"] for row in pupils], counts)
    assert len(pupils) - len({tuple(row.values()) for row in pupils}) == counts["duplicate_exact"] == 3
    assert max(int(row["Date of Birth"][3:5]) for row in pupils) == 12  # day first
    assert max(int(row["Date of Birth"][:2]) for row in pupils) == 31


def test_faults_in_the_spring_file(files: dict[str, bytes], planted: dict[str, Counter[str]]) -> None:
    counts = planted["tests/spring_results.csv"]
    rows = read(files, "tests/spring_results.csv")
    scores = Counter(row["age_standardised_score"] for row in rows)
    assert scores["A"] == counts["no_score_A"]
    assert scores["EXS"] == counts["score_grade"] == 4
    assert set(scores) & {"<70", ">130", "<69", ">141"} == set()
    assert min(int(score) for score in scores if score.isdigit()) == 69
    untidy = [row["upn"] for row in rows if row["upn"] != row["upn"].upper().replace(" ", "")]
    assert len(untidy) == counts["upn_untidy"] == 25
    check_numbers([row["upn"].upper().replace(" ", "") for row in rows], counts)


def test_faults_in_the_summer_file(files: dict[str, bytes], planted: dict[str, Counter[str]]) -> None:
    counts = planted["tests/summer_results.csv"]
    *rows, total = read(files, "tests/summer_results.csv")
    assert total["Establishment"] == "Total"
    scores = Counter(row["Standard score"] for row in rows)
    check_scores(scores, counts, "<70", ">130")
    assert scores["999"] == counts["score_out_of_range"] == 1
    assert scores["EXS"] == counts["score_grade"] == 2
    assert sum(row["Birth date"] == "" for row in rows) == counts["dob_missing"] == 2
    check_numbers([row["UPN"] for row in rows], counts)
    assert len(rows) - len({tuple(row.values()) for row in rows}) == counts["duplicate_exact"] == 3
    whose = Counter((row["UPN"], row["Family name"], row["Given name"]) for row in rows)
    assert sum(n > 1 for n in whose.values()) == counts["duplicate_exact"] + counts["duplicate_conflicting"]
    births = [row["Birth date"] for row in rows if row["Birth date"]]
    assert max(int(born[:2]) for born in births) == 12  # month first
    assert max(int(born[3:5]) for born in births) == 31


def check_scores(scores: Counter[str], counts: Counter[str], low: str, high: str) -> None:
    assert scores[low] == counts["score_censored_low"] > 0
    assert scores[high] == counts["score_censored_high"] > 0
    assert [scores[code] for code in ("A", "absent", "")] == [
        counts["no_score_A"], counts["no_score_absent"], counts["no_score_blank"],
    ]  # fmt: skip


def check_numbers(upns: list[str], counts: Counter[str]) -> None:
    """About one row in twelve has no number; wrong check letters are those planted here and the two on rolls."""
    assert upns.count("") == counts["upn_missing"]
    assert 0.07 < upns.count("") / len(upns) < 0.09
    wrong = sum(not fits(upn) for upn in upns if upn)
    assert counts["upn_wrong_letter"] <= wrong <= counts["upn_wrong_letter"] + 2


def test_a_demo_is_written_whole_and_written_again(tmp_path: Path) -> None:
    write_demo(tmp_path, 1)
    written = write_demo(tmp_path, 2)
    folder = tmp_path / "data" / "raw" / "ssif_maths"
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)
    assert json.loads((folder / "truth.json").read_text())["seed"] == 2
    assert [path.name for path in folder.parent.iterdir()] == ["ssif_maths"]


def test_somebody_elses_files_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "raw" / "ssif_maths"
    folder.mkdir(parents=True)
    (folder / "schools.csv").write_text("real")
    with pytest.raises(SourceError, match="did not write"):
        write_demo(tmp_path, 1)
    assert (folder / "schools.csv").read_text() == "real"


def test_the_study_file_names_every_raw_file(files: dict[str, bytes]) -> None:
    study = load_study("ssif_maths", ROOT)
    assert study.schools is not None
    named = {study.schools.path, *(source.path for source in study.sources)}
    assert named | {"README.txt", "truth.json"} == set(files)
