"""The demo study's raw files: the same bytes from a seed, the faults counted, nothing replaced that is not a demo."""

import csv
import io
import json
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

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
    "mis/wendlemoor.csv": ("cp1252", ";"),
    "mis/farrowick.csv": ("utf-8-sig", ","),
    "mis/comparison_schools.csv": ("utf-8", ","),
    "mis/tidemarsh.csv": ("utf-8-sig", ","),
    "mis/tidemarsh_summer.csv": ("utf-8-sig", ","),
    "tests/spring_results.csv": ("utf-8", ","),
    "tests/summer_results.csv": ("cp1252", ";"),
    "records/support_days.csv": ("cp1252", ";"),
}
DAYS = {"1 day": 1.0, "1.5 days": 1.5, "½": 0.5, "half day": 0.5, "1": 1.0}
TRANSFER, FACTS = "ctf/9992005_CTF_LLLLLLL_001.xml", "tests/number_facts.xlsx"
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


def test_the_transfer_file_holds_what_the_truth_says(
    files: dict[str, bytes], planted: dict[str, Counter[str]]
) -> None:
    """Read with the standard library alone; free meals by the baseline are those of the school's own list, but for three."""
    counts = planted[TRANSFER]
    pupils = list(ElementTree.fromstring(files[TRANSFER]).iter("Pupil"))
    premium = {
        row["UPN (Unique Pupil Number)"]: row["Pupil Premium Recipient"]
        for row in read(files, "mis/farrowick.csv")
    }
    assert {pupil.findtext("UPN") for pupil in pupils} == set(premium)
    started = {
        pupil.findtext("UPN"): [spell.findtext("FSMstartDate") for spell in pupil.iter("FSMinstance")]
        for pupil in pupils
    }
    abroad = {
        pupil.findtext("UPN") for pupil in pupils if "WLS" in [item.text for item in pupil.iter("UKcountry")]
    }
    before = {upn for upn, dates in started.items() if min(dates, default="9") <= "2023-09-25"} - abroad
    in_care = {pupil.findtext("UPN") for pupil in pupils if pupil.findtext("LookedAfter/InCare") == "true"}
    listed = {upn for upn, answer in premium.items() if answer == "Yes"}
    assert len(listed ^ before) == planted["mis/farrowick.csv"]["disadvantage_contradicted"] == 3
    assert listed - before == abroad
    assert len(abroad) == counts["free_meals_abroad"] == 1
    assert len(before) == counts["free_meals_by_baseline"] > 0
    assert len(in_care & before) == counts["looked_after"] == 1
    assert sum(map(len, started.values())) == counts["spells"]
    assert (
        sum(min(dates, default="0") > "2023-09-25" for dates in started.values())
        == counts["free_meals_later"]
        == 2
    )
    assert max(max(dates, default="0") for dates in started.values()) < "2024-06-26"
    check = [stage.findtext("StageAssessment/Result") for stage in ElementTree.fromstring(files[TRANSFER]).iter("KeyStage")
        if stage.findtext("StageAssessment/Component") == "MTC"]  # fmt: skip
    assert len(check) == counts["check_results"] > 0
    assert check.count("A") == counts["check_absent"]
    assert all(0 <= int(result) <= 25 for result in check if result != "A")


def test_faults_in_the_optional_test(files: dict[str, bytes], planted: dict[str, Counter[str]]) -> None:
    counts = planted[FACTS]
    book = CalamineWorkbook.from_filelike(io.BytesIO(files[FACTS]))
    grids = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert list(grids) == ["2A", "2B", "4A", "4B"]
    rows = [row for grid in grids.values() for row in grid[3:-1]]
    assert all(grid[-1][0] == f"Total: {len(grid) - 4} pupils" for grid in grids.values())
    assert all(
        grid[2] == ["First name", "Second name", "Born", "Sat on", "Standardised"] for grid in grids.values()
    )
    assert all(book.get_sheet_by_name(name).merged_cell_ranges == [((0, 0), (0, 4))] for name in grids)
    listed = {
        (row["Legal Forename"], row["Legal Surname"], row["DOB"]) for row in read(files, "mis/wendlemoor.csv")
    }
    as_listed = [(first, last, born) in listed for first, last, born, *_ in rows]
    turned = [(last, first, born) in listed for first, last, born, *_ in rows]
    assert len(rows) == counts["no_upn"] == sum(as_listed) + sum(turned)
    assert sum(turned) == counts["names_swapped"] == 4
    scores = Counter(row[-1] for row in rows)
    assert sum(scores[band] for band in ("EXP-", "EXP", "EXP+")) == counts["score_band"] == 9
    assert scores["absent"] == counts["no_score_absent"]
    assert [scores["<69"], scores[">141"]] == [counts["score_censored_low"], counts["score_censored_high"]]
    assert counts["totals_row"] == 4


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


def test_support_went_to_schools_that_started_lower(files: dict[str, bytes]) -> None:
    """Else support has no dose, and need nothing to have driven."""
    schools = csv.DictReader(io.StringIO(files["schools.csv"].decode().split("\n", 1)[1]))
    names = {row["LAESTAB"]: row["School"] for row in schools}
    days: dict[str, float] = {}
    for row in read(files, "records/support_days.csv")[:-2]:
        days[row["School"]] = days.get(row["School"], 0.0) + DAYS[row["Days"]]
    scores: dict[str, list[int]] = {}
    for row in autumn(files):
        school, score = names.get(str(row["School ID"]), ""), str(row["Standardised Score"])
        if school in days and score.isdecimal():
            scores.setdefault(school, []).append(int(score))
    starts = sorted(days, key=lambda school: sum(scores[school]) / len(scores[school]))
    given = [days[school] for school in starts]
    assert len(set(given)) == 3
    assert sum(given[:3]) > sum(given[-3:])


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
