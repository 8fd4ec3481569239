"""Forgetting: of those withdrawn nothing is left in anything derived, and everything else is as it was."""

from pathlib import Path

import pandas as pd
import pytest
from forget_study import ELM, WITH_NUMBER, WITHOUT, holding, make
from store_study import (
    FORENAMES,
    SCHOOLS,
    SURNAMES,
    copied,
    no_step,
    pupils,
    scores_after,
    under_keys_of,
    upn,
    write_tiny,
)
from typer.testing import CliRunner

from evaluation import forget
from evaluation.cli import app
from evaluation.errors import DataError, StoreError, StudyError
from evaluation.forget import removal
from evaluation.intake import take_in
from evaluation.link import key_path, pseudonym, pseudonym_key
from evaluation.store import Store
from evaluation.store.withdrawn import name_mark
from evaluation.study import Study, load_study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with the study so made, to copy and not to change."""
    root = tmp_path_factory.mktemp("made") / "project"
    with under_keys_of(root):
        make(root)
    return root


@pytest.fixture
def study(made: Path, root: Path) -> Study:
    """The study of a copy of that folder."""
    return load_study("tiny", copied(made, root))


def forgotten(study: Study, root: Path, *numbers: str, schools: tuple[str, ...] = ()) -> forget.Forgotten:
    plan = forget.prepare(study, root, forget.Asked(numbers, schools), no_step)
    done = forget.do(plan, "2026-01-01", no_step)
    assert isinstance(done, forget.Forgotten)
    return done


def others(root: Path, name: str, gone: set[str]) -> pd.DataFrame:
    table = Store(root / "data" / "processed" / "tiny").read(name)
    return table[~table["pupil"].isin(gone)].reset_index(drop=True)


def test_a_pupil_is_nowhere_afterwards_and_the_others_are_as_they_were(study: Study, root: Path) -> None:
    number, surname, forename, *_ = WITH_NUMBER
    name = pseudonym(pseudonym_key("tiny"), "tiny", f"upn|{number}")
    raw = {path: path.read_bytes() for path in (root / "data" / "raw").rglob("*.*")}
    before = {table: others(root, table, {name}) for table in ("pupils", "scores")}
    assert holding(root, name)
    assert holding(root, number)
    done = forgotten(study, root, number)
    assert done.fault is None
    assert not holding(root, name)
    assert not holding(root, number)
    assert not holding(root, number.lower())
    rows = [
        line
        for path in (root / "data").rglob("*.csv")
        if "raw" not in path.parts
        for line in path.read_text().splitlines()
    ]
    assert not [line for line in rows if forename in line and surname in line]
    for table, frame in before.items():
        pd.testing.assert_frame_equal(others(root, table, set()), frame)
    assert {path: path.read_bytes() for path in raw} == raw
    assert done.plan.raw == {"roll.csv": 1, "before.xlsx": 1, "after.csv": 1}
    requests = sorted(path.name for path in (root / "data" / "processed" / "tiny" / "requests").iterdir())
    assert requests == ["other_school.csv"]
    assert sorted(path.name for path in (root / "reports" / "tiny").iterdir()) == ["before"]


def test_the_search_finds_whatever_was_planted(study: Study, root: Path) -> None:
    """In a page whose tags and entities part the name, a notebook, a hidden sheet, Parquet and deciphered rows."""
    plan = forget.prepare(study, root, forget.Asked((WITH_NUMBER[0],)), no_step)
    assert isinstance(plan, forget.Plan)
    found = {path.name: what for path, what in plan.holding.found.items() if path.parent.name != "cleaned"}
    assert found == {
        "page.html": ["name"],
        "made.ipynb": ["name"],
        f"{ELM}.xlsx": ["name", "pupil number"],
        "asked.parquet": ["name"],
        "pupils.parquet": ["pseudonym"],
        "scores.parquet": ["pseudonym"],
        "analysis.parquet": ["pseudonym"],
    }
    assert len([path for path in plan.holding.found if path.parent.name == "cleaned"]) == 3
    said = "\n".join(plan.lines())
    assert not [word for word in (*WITH_NUMBER[:4],) if word in said]


def test_rows_without_a_number_are_told_by_name_and_birthday_in_any_order(root: Path) -> None:
    """The pupil's row in the summer's file has no number, names exchanged, and the date written another way."""
    rows = scores_after()
    number, surname, forename, born, school = WITH_NUMBER
    year, month, day = born.split("-")
    rows[0] = ["", forename, surname.upper(), f"{day}/{month}/{year}", school, 99]
    study = write_tiny(root, rows)
    done = forgotten(study, root, number)
    assert done.plan.raw == {"roll.csv": 1, "before.xlsx": 1, "after.csv": 1}
    tables = take_in(study, root, no_step)
    assert len(tables["scores"]) == 2 * (len(pupils()) - 1)
    turned = tables["issues"][tables["issues"]["rule"] == "withdrawn"]
    assert turned[["file", "row"]].to_numpy().tolist() == [
        ["roll.csv", 2],
        ["before.xlsx", 2],
        ["after.csv", 2],
    ]
    sources = tables["sources"].set_index("file").loc[["roll.csv", "before.xlsx", "after.csv"]]
    assert (sources["rows_in"] == 18).all()
    assert (sources["rows_accepted"] == 17).all()
    assert (sources["rows_listed"] == 1).all()


@pytest.mark.parametrize(
    ("born", "same"),
    [("2015-05-13", True), ("13/05/2015", True), ("05/13/2015", True), ("13 May 2015", True), ("13.5.15", True),
     ("2015-05-13 00:00:00", True), ("14/05/2015", False), ("", False), ("2015", False)],
)  # fmt: skip
def test_a_date_written_otherwise_is_the_same_date(born: str, same: bool) -> None:
    assert (name_mark("O'Brien", "Núria", born) == name_mark("NURIA", "OBrien", "2015-05-13")) is same


def test_a_school_takes_with_it_its_rows_and_the_pupils_of_no_other(root: Path) -> None:
    rows = scores_after()
    rows[1][4] = ""  # one of its pupils' results does not say which school
    study = make(root, rows)
    names = set(Store(root / "data" / "processed" / "tiny").read("pupils", where={"school": ELM})["pupil"])
    before = {table: others(root, table, names) for table in ("pupils", "scores")}
    done = forgotten(study, root, schools=(ELM,))
    assert done.fault is None
    for text in (*names, SURNAMES[ELM], ELM):
        assert not holding(root, text)
    for table, frame in before.items():
        pd.testing.assert_frame_equal(others(root, table, set()), frame)
    assert Store(root / "data" / "processed" / "tiny").read("schools")["school"].tolist() == list(SCHOOLS)[1:]


def test_interrupted_half_way_it_can_be_run_again(
    study: Study, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("_made_again", "search", "_remove"):
        with monkeypatch.context() as patch:
            patch.setattr(removal, step, stopped)
            with pytest.raises(KeyboardInterrupt):
                forgotten(study, root, WITH_NUMBER[0])
    assert forgotten(study, root, WITH_NUMBER[0]).fault is None
    assert not holding(root, WITH_NUMBER[0])
    assert not holding(root, pseudonym(pseudonym_key("tiny"), "tiny", f"upn|{WITH_NUMBER[0]}"))


def test_the_list_of_those_withdrawn_says_nothing_of_them_and_holds_for_its_key_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    study = write_tiny(root)
    forgotten(study, root, WITH_NUMBER[0])
    text = (root / "params" / "tiny.withdrawn.json").read_text()
    assert not [
        word
        for word in (*WITH_NUMBER, pseudonym(pseudonym_key("tiny"), "tiny", f"upn|{WITH_NUMBER[0]}"))
        if word in text
    ]
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-others")
    with pytest.raises(StoreError, match="made under another pseudonym key"):
        take_in(study, root, no_step)
    (root / "params" / "tiny.withdrawn.json").write_text("{}")
    with pytest.raises(StoreError, match="is damaged"):
        take_in(study, root, no_step)


def test_the_command_asks_for_the_number_and_shows_it_nowhere(
    study: Study, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    number = WITH_NUMBER[0]
    command = CliRunner()
    dry = command.invoke(app, ["forget", "tiny", "--pupil", "--dry-run"], input=f"{number}\n")
    assert dry.exit_code == 0
    assert "Nothing was done." in dry.output
    assert holding(root, number)
    refused = command.invoke(app, ["forget", "tiny", "--pupil"], input=f"{number}\nn\n")
    assert holding(root, number)
    assert not (root / "params" / "tiny.withdrawn.json").exists()
    (root / "numbers.txt").write_text(f"\ufeff{number.lower()}\n\n")
    done = command.invoke(app, ["forget", "tiny", "--upn-file", "numbers.txt", "--yes"])
    assert done.exit_code == 0
    assert "Nothing of them was found." in done.output
    assert not holding(root, number)
    said = dry.output + refused.output + done.output
    assert not [word for word in (number, number.lower(), *WITH_NUMBER[1:4]) if word in said]


def test_whoever_is_not_there_is_said_not_to_be(root: Path) -> None:
    study = write_tiny(root)
    with pytest.raises(DataError, match="1 of the 2 pupil numbers given is in no raw file"):
        forget.prepare(study, root, forget.Asked((WITH_NUMBER[0], upn(999))), no_step)
    with pytest.raises(DataError, match="1 of the 1 school numbers given is in no raw file"):
        forget.prepare(study, root, forget.Asked((), ("9992999",)), no_step)
    for numbers, everything in (([], False), (["1"], True)):
        with pytest.raises(DataError, match="Say whom to forget"):
            forget.asked(numbers, None, [], everything)
    assert not (root / "params" / "tiny.withdrawn.json").exists()


def test_the_end_of_retention_leaves_nothing_and_lets_nothing_in(
    study: Study, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    assert key_path("tiny").is_file()
    done = CliRunner().invoke(app, ["forget", "tiny", "--all", "--yes"])
    assert done.exit_code == 0
    assert [path for top in ("data/processed", "reports") for path in (root / top).rglob("*")] == []
    assert not key_path("tiny").exists()
    assert (root / "data" / "raw" / "tiny" / "roll.csv").is_file()
    with pytest.raises(StudyError, match="retention of study 'tiny' ended"):
        take_in(study, root, no_step)


def test_a_school_s_name_alone_is_no_pupil_s(study: Study, root: Path) -> None:
    """A pupil without a number, named by nothing but the list, is found by no name that stands apart from the other."""
    page = root / "reports" / "tiny" / "before" / "page.html"
    page.write_text(f"<p>{WITHOUT[2]} School</p><p>{'word ' * 40}</p><p>{FORENAMES[1]} {WITHOUT[1]}</p>")
    done = forgotten(study, root, WITH_NUMBER[0])
    assert page.is_file()
    assert done.fault is None
