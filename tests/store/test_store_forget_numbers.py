"""Forgetting a pupil whose number changed, a pupil who moved, and a study of which a raw file or the store is gone."""

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from store_study import (
    FORENAMES,
    STUDY,
    SURNAMES,
    copied,
    no_step,
    pupils,
    scores_after,
    under_keys_of,
    upn,
    write,
    write_tiny,
)

from evaluation import forget
from evaluation.exchange.review import write_review
from evaluation.forget.find import NO_ROWS, find
from evaluation.intake import take_in
from evaluation.link import pseudonym, pseudonym_key
from evaluation.store import Store, changes, write_store
from evaluation.store.schema import VERSION
from evaluation.study import Study, load_study

OLD, NEW, NEWER, UNLISTED = pupils()[0][0], upn(900), upn(901), upn(902)
ELM, OAK = "9992001", "9992002"
DECIDED = "review/decided.xlsx"
LATER = ["UPN", "Former", "Surname", "Forename", "DOB", "School", "Year", "PP"]


def write_changed(root: Path, later: list[list[str]], after: list[list[object]]) -> Study:
    """The small study with a pupil list of the summer as well, which says former numbers."""
    write_tiny(root, after)
    plan = STUDY.replace(
        "  marks: {upn",
        "  later: {upn: UPN, former_upn: Former, surname: Surname, forename: Forename, "
        "dob: DOB, school: School, year_group: Year, disadvantaged: PP}\n  marks: {upn",
    )
    plan = plan.replace("  - {name: before", "  - {name: later, kind: pupils, wave: summer, layout: later, path: later.csv}\n"
                        "  - {name: before", 1)  # fmt: skip
    (root / "params" / "tiny.yml").write_text(plan)
    write(root / "data" / "raw" / "tiny" / "later.csv", LATER, later)
    return load_study(str(root / "params" / "tiny.yml"))


def changed(root: Path) -> Study:
    """The first pupil has a new number in summer; a company gives the pupil one that no list has."""
    later = [[number, "", *who, "4", "N"] for number, *who in pupils()]
    later[0][:2] = [NEW, OLD]
    after = scores_after()
    after[0][0] = UNLISTED
    return write_changed(root, later, after)


def decide(study: Study, root: Path) -> None:
    """The study's store, when a person has decided that the company's record is the pupil's."""
    folder = root / "data" / "processed" / "tiny"
    take_in(study, root, no_step, lambda pairs: write_review(study, root, pairs))
    book = openpyxl.load_workbook(folder / "review" / "linkage.xlsx")
    headings = [cell.value for cell in book["Pairs"][1]]
    book["Pairs"].cell(2, headings.index("Decision") + 1, "same")
    (root / "data" / "raw" / "tiny" / "review").mkdir()
    book.save(root / "data" / "raw" / "tiny" / "review" / "decided.xlsx")
    tables = take_in(study, root, no_step)
    write_store(folder, tables, changes(folder, tables))


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder whose store it is, to copy and not to change."""
    root = tmp_path_factory.mktemp("decided") / "project"
    with under_keys_of(root):
        decide(changed(root), root)
    return root


@pytest.fixture
def study(decided: Path, root: Path) -> Study:
    """The study of a copy of that folder."""
    return load_study("tiny", copied(decided, root))


def test_naming_one_of_a_pupil_s_numbers_takes_all(study: Study, root: Path) -> None:
    """The former number, the one that followed it, or the one that a person said is the pupil's."""
    store = Store(root / "data" / "processed" / "tiny")
    who = pseudonym(pseudonym_key("tiny"), "tiny", f"upn|{OLD}")
    scores = store.read("scores", where={"pupil": who})
    assert sorted(scores["linked_by"]) == ["decision", "upn"]
    for named in (OLD, NEW, UNLISTED):
        plan = forget.prepare(study, root, forget.Asked((named,)), no_step)
        assert isinstance(plan, forget.Plan)
        assert plan.raw == {"roll.csv": 1, "later.csv": 1, "before.xlsx": 1, "after.csv": 1, DECIDED: 0}
        assert {OLD, NEW, UNLISTED, who} <= set(plan.sought.texts)
        assert "3 pupil numbers are theirs" in "\n".join(plan.lines())
    done = forget.do(plan, "2026-01-01", no_step)
    assert done.fault is None
    left = Store(root / "data" / "processed" / "tiny")
    assert who not in {*left.read("pupils")["pupil"], *left.read("scores")["pupil"]}
    assert len(left.read("pupils")) == 2 * (len(pupils()) - 1)
    path = root / "data" / "raw" / "tiny" / "later.csv"
    path.write_text(path.read_text().replace(NEW, NEWER).replace(OLD, NEW))
    issues = take_in(study, root, no_step)["issues"]
    assert len(issues[(issues["rule"] == "withdrawn") & (issues["file"] == "later.csv")]) == 1


@pytest.mark.parametrize("many", [True, False], ids=["a column filled down", "two pupils of one list"])
def test_a_former_number_that_cannot_be_one_is_not_followed(root: Path, many: bool) -> None:
    later = [[number, OLD if many else "", *who, "4", "N"] for number, *who in pupils()]
    later[0][1] = ""
    later[1][1] = OLD
    later = later[many:]  # filled down from a row that is no longer there
    study = write_changed(root, later, scores_after())
    plan = forget.prepare(study, root, forget.Asked((OLD,)), no_step)
    assert isinstance(plan, forget.Plan)
    assert plan.raw == {"roll.csv": 1, "later.csv": 0 if many else 1, "before.xlsx": 1, "after.csv": 1}


def test_a_school_takes_no_pupil_who_is_listed_at_another_under_another_number(root: Path) -> None:
    later = [[number, "", *who, "4", "N"] for number, *who in pupils()]
    later[0] = [NEW, OLD, SURNAMES[ELM], FORENAMES[0], pupils()[0][3], OAK, "4", "N"]
    study = write_changed(root, later, scores_after())
    who = pseudonym(pseudonym_key("tiny"), "tiny", f"upn|{OLD}")
    tables = take_in(study, root, no_step)
    write_store(root / "data" / "processed" / "tiny", tables)
    plan = forget.prepare(study, root, forget.Asked((), (ELM,)), no_step)
    assert isinstance(plan, forget.Plan)
    assert not {who, OLD, NEW} & set(plan.sought.texts)
    assert (FORENAMES[0], SURNAMES[ELM]) not in plan.sought.names
    assert (FORENAMES[1], SURNAMES[ELM]) in plan.sought.names
    assert forget.do(plan, "2026-01-01", no_step).fault is None
    left = Store(root / "data" / "processed" / "tiny").read("pupils")
    assert left["school"].unique().tolist() == [OAK, "9992003"]
    assert len(left[left["wave"] == "summer"]) == len(left[left["wave"] == "autumn"]) + 1


def test_a_raw_file_or_a_store_that_is_gone_is_said_and_nothing_is_refused(study: Study, root: Path) -> None:
    manifest = root / "data" / "processed" / "tiny" / "store.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {VERSION}', f'"version": {VERSION - 1}'))
    (root / "data" / "raw" / "tiny" / "before.xlsx").unlink()
    plan = forget.prepare(study, root, forget.Asked((NEW, upn(999))), no_step)
    assert isinstance(plan, forget.Plan)
    said = "\n".join(plan.lines())
    assert "no longer there: data/raw/tiny/before.xlsx" in said
    assert "The store cannot be read" in said
    assert "1 of the 2 pupil numbers given is in no raw file" in said
    assert plan.raw == {"roll.csv": 1, "later.csv": 1, "after.csv": 0, DECIDED: 0}
    done = forget.do(plan, "2026-01-01", no_step)
    assert isinstance(done, forget.Forgotten)
    assert done.fault is None
    assert "before.xlsx" in "\n".join(done.lines())
    assert not manifest.exists()


def test_a_place_that_is_another_s_by_now_joins_nobody(study: Study, root: Path) -> None:
    """The store knows the company's file as it was; a row has been put in since, so places have moved by one."""
    path = root / "data" / "raw" / "tiny" / "after.csv"
    header, *rows = csv.reader(path.read_text().splitlines())
    write(path, header, [["", "", "", "", OAK, "99"], *rows])
    plan = forget.prepare(study, root, forget.Asked((OLD,)), no_step)
    assert isinstance(plan, forget.Plan)
    assert plan.raw == {"roll.csv": 1, "later.csv": 1, "before.xlsx": 1, "after.csv": 0, DECIDED: 0}
    assert UNLISTED not in plan.sought.texts
    assert plan.found.others == 1


def test_an_identifier_goes_with_every_number_of_its_pupil_and_with_no_one_s_when_two_have_it() -> None:
    def row(number: str, former: str, own: str) -> dict[str, str]:
        return {"upn": number, "former": former, "pupil_id": own}

    rows = pd.DataFrame(
        [row("upn|A", "", "id|1"), row("upn|B", "upn|A", "id|1"), row("", "", "id|1"),
         row("upn|C", "", "id|2"), row("upn|D", "", "id|2")], columns=NO_ROWS.columns,
    ).astype("object").fillna("").assign(stored="")  # fmt: skip
    assert len(find(rows, ["1"], []).rows) == 3
    assert find(rows, ["2"], []).marks == {"id|2"}


def test_whoever_is_withdrawn_is_known_by_every_name_a_list_gives() -> None:
    rows = NO_ROWS.reindex([0]).fillna("")
    number = pupils()[0][0]
    rows = rows.assign(upn=f"upn|{number}", forename="Ada", surname="Lee", former_surname="Okafor", stored="")
    found = find(rows.assign(preferred_forename="Addie", kind="pupils", file="pupils.csv"), [number], [])
    assert {
        "word|okafor",
        "word|addie",
        "pair|ada|okafor",
        "pair|addie|okafor",
        "pair|addie|lee",
    } <= found.marks
    assert len(found.rows) == 1
