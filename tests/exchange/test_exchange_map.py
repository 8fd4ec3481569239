"""Column maps proposed for layouts nobody has described: what is right, what is asked, and that nothing is wrong."""

import csv
import json
import random
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from map_layouts import FORENAMES, LAYOUTS, SURNAMES, rows_of

from evaluation.errors import ReportError, SourceError, StudyError
from evaluation.exchange import Proposal, propose_map
from evaluation.exchange.assignment import mask
from evaluation.exchange.mapping import known_kind
from evaluation.exchange.proposal import as_dict, as_yaml, write_proposal
from evaluation.simulate import write_demo
from evaluation.study import load_study
from evaluation.study.fields import FIELDS

ROOT = Path(__file__).parents[2]
YEAR = 2024
# A field the library may come to have counts as well as the one its headings stand for meanwhile.
ALSO = {"disadvantaged": {"premium", "fsm6"}}


def propose(path: Path, rows: list[list[str]], delimiter: str = ",", **given: str) -> Proposal:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    return propose_map(path, YEAR, **given)  # type: ignore[arg-type]


def certain(proposal: Proposal) -> dict[str, str]:
    """Heading to field, for the lines that may be used as they stand."""
    return {item.heading: item.field for item in proposal.placed if item.certain}


def judged(proposal: Proposal, truth: dict[str, str]) -> tuple[int, int, list[str]]:
    """How many columns there are to place, how many are placed right for certain, and which are placed wrong."""
    known = {field.name for field in FIELDS[proposal.kind]}
    found = certain(proposal)
    wanted = {heading: field for heading, field in truth.items() if field in known}
    allowed = {heading: {field, *ALSO.get(field, ())} for heading, field in wanted.items()}
    right = sum(found.get(heading) in fields for heading, fields in allowed.items())
    wrong = [
        f"{heading} -> {field}" for heading, field in found.items() if field not in allowed.get(heading, ())
    ]
    return len(wanted), right, wrong


@pytest.mark.parametrize("layout", LAYOUTS)
def test_known_styles_are_placed_and_none_wrongly(layout: str, tmp_path: Path) -> None:
    kind, columns = LAYOUTS[layout]
    proposal = propose(tmp_path / f"{layout}.csv", rows_of(layout))
    wanted, right, wrong = judged(proposal, {heading: field for heading, _, field in columns})
    assert wrong == []
    assert proposal.kind == kind
    assert right >= 0.5 * wanted, as_yaml(proposal)


def test_over_all_styles_at_least_ninety_five_in_a_hundred_are_placed(tmp_path: Path) -> None:
    totals = [0, 0]
    for layout, (kind, columns) in LAYOUTS.items():
        proposal = propose(tmp_path / f"{layout}.csv", rows_of(layout, seed=2), ";", kind=kind)
        wanted, right, wrong = judged(proposal, {heading: field for heading, _, field in columns})
        assert wrong == []
        totals = [totals[0] + wanted, totals[1] + right]
    assert totals[1] / totals[0] >= 0.95


def test_the_demo_s_files_are_mapped_as_its_study_file_maps_them(tmp_path: Path) -> None:
    write_demo(tmp_path, 41)
    study = load_study("ssif_maths", ROOT)
    maps = {
        source.path: (source.kind, study.columns(source))
        for source in study.sources
        if not source.path.endswith(".xml")
    }
    assert study.schools is not None
    maps[study.schools.path] = ("schools", study.schools.columns)
    placed = [0, 0]
    for path, (kind, columns) in maps.items():
        if kind not in ("pupils", "scores", "schools"):
            continue
        proposal = propose_map(tmp_path / "data" / "raw" / "ssif_maths" / path, YEAR)
        wanted, right, wrong = judged(proposal, {heading: field for field, heading in columns.items()})
        assert wrong == [], path
        placed = [placed[0] + wanted, placed[1] + right]
    assert placed[1] / placed[0] >= 0.95


def test_without_headings_that_say_anything_numbers_and_birthdays_are_found_by_their_values(
    tmp_path: Path,
) -> None:
    headings, *rows = rows_of("sims")
    blind = [[f"Column {chr(65 + at)}" for at in range(len(headings))], *rows]
    found = certain(propose(tmp_path / "blind.csv", blind, kind="pupils"))
    assert found["Column B"] == "upn"
    assert found["Column E"] == "dob"
    truth = {f"Column {chr(65 + at)}": field for at, (_, _, field) in enumerate(LAYOUTS["sims"][1])}
    assert all(truth[heading] == field for heading, field in found.items())


def test_a_heading_that_the_values_refute_is_not_believed(tmp_path: Path) -> None:
    rows = rows_of("sims")
    upn, born = rows[0].index("UPN"), rows[0].index("DOB")
    crossed = [
        rows[0],
        *([*row[:upn], row[born], *row[upn + 1 : born], row[upn], *row[born + 1 :]] for row in rows[1:]),
    ]
    found = certain(propose(tmp_path / "crossed.csv", crossed))
    assert found.get("UPN") != "upn"
    assert found.get("DOB") != "dob"


def test_two_columns_that_would_do_are_a_question_with_the_runner_up(tmp_path: Path) -> None:
    rows = rows_of("mark")
    twin = [[*row, row[8]] for row in rows]
    twin[0][-1] = "Age-standardised score"
    proposal = propose(tmp_path / "twin.csv", twin)
    asked = next(item for item in proposal.placed if item.field == "score")
    assert not asked.certain
    assert "may be score as well" in asked.rival
    assert "  # score: " in as_yaml(proposal)


def test_columns_that_only_look_like_a_field_are_never_taken_for_it(tmp_path: Path) -> None:
    rows = rows_of("sims")
    traps = {
        "Former UPN": "upn",
        "Admission date": "dob",
        "Parent surname": "surname",
        "Sibling DOB": "dob",
        "Tutor Surname": "surname",
    }
    at = {name: [cells for _, cells, _ in LAYOUTS["sims"][1]].index(name) for name in set(traps.values())}
    table = [list(traps), *([row[at[field]] for field in traps.values()] for row in rows[1:])]
    assert certain(propose(tmp_path / "traps.csv", table, kind="pupils")) == {}


def test_an_american_grade_is_asked_about_and_never_taken_for_a_year(tmp_path: Path) -> None:
    proposal = propose(tmp_path / "roster.csv", rows_of("american_roster"))
    assert "Grade Level" not in certain(proposal)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_columns_changes_nothing(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    rows = rows_of("arbor", 30)
    order = list(range(len(rows[0])))
    random.Random(seed).shuffle(order)
    folder = tmp_path_factory.mktemp("order")
    plain = propose(folder / "a.csv", rows)
    mixed = propose(folder / "b.csv", [[row[at] for at in order] for row in rows])
    assert certain(plain) == certain(mixed)
    assert set(plain.absent) == set(mixed.absent)


@given(st.text(max_size=60))
def test_a_mask_keeps_no_letter_and_no_figure(text: str) -> None:
    assert set(mask(text)) <= {mark for mark in text if not mark.isalnum()} | set("Aa9?.")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_name_number_or_birthday_is_shown(layout: str, tmp_path: Path) -> None:
    rows = rows_of(layout)
    proposal = propose(tmp_path / f"{layout}.csv", rows)
    said = as_yaml(proposal) + json.dumps(as_dict(proposal))
    hidden = {
        "upn",
        "former_upn",
        "pupil_id",
        "forename",
        "surname",
        "dob",
        "dob_us",
        "dob_iso",
        "full_name",
        "email",
    }
    for at, (_, cells, _) in enumerate(LAYOUTS[layout][1]):
        if cells in hidden:
            shown = {row[at] for row in rows[1:] if len(row[at]) > 2 and row[at] in said}
            assert shown == set()
    assert not any(name in said for name in [*FORENAMES, *SURNAMES] if len(name) > 3)


def test_the_yaml_is_valid_and_holds_the_certain_lines_alone(tmp_path: Path) -> None:
    proposal = propose(tmp_path / "roster.csv", rows_of("american_test"))
    assert yaml.safe_load(as_yaml(proposal))["columns"] == {
        field: heading for heading, field in certain(proposal).items()
    }
    write_proposal(proposal, tmp_path / "map.yml")
    assert (tmp_path / "map.yml").read_text(encoding="utf-8") == as_yaml(proposal)
    with pytest.raises(ReportError, match=r"map\.yml: exists already"):
        write_proposal(proposal, tmp_path / "map.yml")


def test_title_rows_and_sheets_of_a_workbook_are_seen_through(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Read this first"])
    for name in ("4A", "4B"):
        sheet = book.create_sheet(name)
        sheet.append(["Summer results of class", name])
        sheet.append([])
        for row in rows_of("mark", 20):
            sheet.append(row)
    book.save(tmp_path / "results.xlsx")
    proposal = propose_map(tmp_path / "results.xlsx", YEAR)
    assert (proposal.sheet, proposal.heading_row, proposal.rows, proposal.alike) == ("4A", 3, 20, ("4B",))
    assert propose_map(tmp_path / "results.xlsx", YEAR, sheet="4B").sheet == "4B"


def test_a_file_without_headings_is_refused_and_nothing_of_it_shown(tmp_path: Path) -> None:
    for layout, (kind, columns) in LAYOUTS.items():
        rows = rows_of(layout)[1:]
        if kind == "schools" or not any(cells.startswith(("upn", "dob")) for _, cells, _ in columns):
            continue
        with pytest.raises(SourceError, match="no row of headings was found") as caught:
            propose(tmp_path / "bare.csv", rows)
        assert not any(cell in str(caught.value) for cell in rows[0] if len(cell) > 3)


def test_rows_of_names_alone_are_no_headings_either(tmp_path: Path) -> None:
    rows = [[row[2], row[3], row[5], row[6]] for row in rows_of("sims")[1:]]
    with pytest.raises(SourceError, match="no row of headings was found"):
        propose(tmp_path / "bare.csv", rows)


def test_unknown_kinds_and_files_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="Did you mean 'pupils'"):
        known_kind("pupil")
    with pytest.raises(SourceError, match="no such file"):
        propose_map(tmp_path / "absent.csv", YEAR)
