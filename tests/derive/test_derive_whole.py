"""From files to the store's tables: spells, flags, norms, kept scales and marks, and no identity in any of them."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from evaluation.derive import as_kept, read_scales
from evaluation.intake import Tables, take_in
from evaluation.store import Store, write_store
from evaluation.study import load_study

SMALL = (Path(__file__).parents[1] / "ingest" / "small.yml").read_text()
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
PUPILS = 24
BORN = "2014-11-02"
SOURCES = """
  - {name: meals, kind: spells, path: meals.csv, wave: autumn, columns: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, school: School, start: From, end: To}}
  - {name: paper, kind: marks, path: paper.csv, wave: autumn, instrument: ptm, questions: arithmetic, columns: {upn: UPN, school: School}}
comparison:"""
QUESTIONS = (
    'questions: {arithmetic: {"Q1": {topic: "Number", marks: 1}, "Q2": {topic: "Number", marks: 2}}}\n'
)
CHOSEN = "scales:\n  footing: z\n"
NORMED = '{name: ptm, title: "Progress test", minimum: 0, maximum: 40, score: raw, norms: norms/ptm.csv}'


def upn(at: int) -> str:
    figures = f"999{at:08d}1"
    return LETTERS[sum(int(figure) * place for place, figure in enumerate(figures, start=2)) % 23] + figures


def name(at: int) -> str:
    return f"Zq{chr(97 + at)}rwick"


def who(at: int) -> list[str]:
    return [upn(at), name(at), "Adaeze", BORN, "9992001" if at < PUPILS / 2 else "9992002", "4"]


def write(path: Path, headings: str, rows: list[list[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [headings, *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def project(root: Path, study: str, scores: list[int] | None = None) -> Tables:
    """The tables of a project of two schools, one taking part: pupil `at` has raw score `at` + 10 in autumn."""
    raw = root / "data" / "raw" / "small"
    headings = "UPN,Surname,Forename,DOB,School,Year"
    write(raw / "schools.csv", "ID,Name,Phase,Role,Cluster", [
        ["9992001", "Elm", "primary", "taking part", ""], ["9992002", "Oak", "primary", "comparison", ""],
    ])  # fmt: skip
    for path in ("roll.csv", "roll_summer.csv"):
        write(raw / path, f"{headings},PP,FSM6,Care", [
            [*who(at), "", "Y" if at == 3 else "N", "Y" if at == 5 else ""] for at in range(PUPILS)
        ])  # fmt: skip
    given = scores or [at + 10 for at in range(PUPILS)]
    for path in ("marks.csv", "marks_summer.csv"):
        write(
            raw / path, f"{headings},Score,Age", [[*who(at), score, "8:10"] for at, score in enumerate(given)]
        )
    write(raw / "meals.csv", "UPN,Surname,Forename,DOB,School,From,To", [
        [*who(0)[:5], "2019-09-01", "2020-08-31"], [*who(1)[:5], "2015-09-01", "2017-09-14"],
        [*who(2)[:5], "2020-09-01", "2020-02-30"], ["", "Zqother", "Adaeze", BORN, "9992001", "2020-09-01", ""],
    ])  # fmt: skip
    write(raw / "paper.csv", "UPN,School,Q1,Q2", [[upn(0), "9992001", 1, ""], [upn(13), "9992002", 0, 2]])
    write(raw / "norms" / "ptm.csv", "raw,standardised,age_from,age_to", [
        [score, 80 + score, "8:06", "9:05"] for score in range(5, 34)
    ])  # fmt: skip
    params = root / "params"
    params.mkdir(exist_ok=True)
    (params / "small.yml").write_text(study)
    return take_in(load_study("small", root), root, lambda *_: None)


def study(extra: str = "", test: str | None = None) -> str:
    text = SMALL.replace("\ncomparison:", SOURCES).replace(
        "disadvantaged: PP}", "disadvantaged: PP, fsm6: FSM6, looked_after: Care}"
    )
    text = text.replace("score: Score}", "score: Score, age: Age}")
    if test:
        text = text.replace('{name: ptm, title: "Progress test", minimum: 70, maximum: 130}', test)
    else:
        text = text.replace("minimum: 70, maximum: 130", "minimum: 0, maximum: 40, score: raw")
    return text + QUESTIONS + extra


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of the project as it stands, each made anew when it is asked for."""
    root = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        return project(root, study())


@pytest.fixture(scope="module")
def on_z(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, to copy and not to change, of a project whose scores are put on a footing, its tables stored."""
    root = tmp_path_factory.mktemp("on_z") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        write_store(root / "store", project(root, study(CHOSEN)))
    return root


def test_disadvantage_comes_from_spells_then_flags(plain: Tables) -> None:
    analysis = plain["analysis"]
    assert analysis["disadvantaged"].tolist()[:6] == [1, 0, 0, 0, 0, 1]
    assert analysis["disadvantaged_by"].tolist()[:6] == ["spells"] * 5 + ["looked_after"]
    # Elm sent spells, so its pupils without one have had none; Oak did not, so its flags speak.
    assert set(analysis["disadvantaged_by"][12:]) == {"fsm6"}
    conflicts = plain["conflicts"].set_index("pupil")
    assert conflicts.loc[analysis["pupil"][3], ["sources", "values", "used"]].tolist() == [
        "spells, fsm6",
        "0, 1",
        "spells",
    ]
    assert plain["characteristics"].set_index("school").loc["9992001"].tolist() == [
        "disadvantaged",
        2,
        10,
        0,
        2,
    ]
    line = plain["sources"].set_index("source").loc["meals"]
    assert (line["rows_in"], line["rows_accepted"], line["rows_listed"]) == (4, 3, 1)
    assert plain["review"]["source"].tolist() == ["meals"]


def test_norms_from_the_publisher_reach_the_outcomes(tmp_path: Path) -> None:
    tables = project(tmp_path, study("scales: {footing: norms}\n", NORMED))
    assert tables["analysis"]["before"].tolist() == [90.0 + at for at in range(PUPILS)]
    assert tables["scores"]["score"].tolist()[:PUPILS] == [10.0 + at for at in range(PUPILS)]
    assert tables["scores"]["analysed"].tolist()[:PUPILS] == [90.0 + at for at in range(PUPILS)]
    assert set(tables["scales"]["method"]) == {"norms"}
    assert "norms of ptm" in set(tables["sources"]["source"])


def test_the_footing_reaches_the_outcomes_and_a_late_score_moves_none_of_them(
    on_z: Path, tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(on_z, root)
    shutil.copytree(f"{on_z}-keys", f"{tmp_path}-keys")
    first = Store(root / "store")
    before = first.read("analysis")["before"]
    compared = before[12:]
    assert (compared.mean(), compared.std()) == (pytest.approx(100), pytest.approx(15))
    kept = as_kept(read_scales(first.read("scales")))
    indented = "".join(f"  {line}\n" for line in kept.splitlines())
    late = [at + 10 for at in range(PUPILS - 1)] + [40]
    again = project(root, study(CHOSEN + indented), late)
    assert again["analysis"]["before"][:-1].tolist() == before[:-1].tolist()
    pd.testing.assert_frame_equal(again["scales"], first.read("scales"))
    remade = project(root, study(CHOSEN), late)
    assert remade["analysis"]["before"][:-1].tolist() != before[:-1].tolist()


def test_topics_reach_the_store(plain: Tables) -> None:
    topics = plain["topics"].drop(columns="pupil")
    assert topics.to_numpy().tolist() == [
        ["autumn", "ptm", "Number", 1, 1, 1, 2],
        ["autumn", "ptm", "Number", 2, 3, 2, 2],
    ]
    assert plain["facility"]["facility"].tolist() == [1, pytest.approx(2 / 3)]


def test_nothing_that_identifies_a_pupil_is_stored(on_z: Path) -> None:
    store = Store(on_z / "store")
    names = [part for at in range(PUPILS) for part in (upn(at), name(at))]
    planted = [*names, "Zqother", "Adaeze", BORN]
    for table in store.tables():
        stored = store.read(table)
        assert not {"upn", "forename", "surname", "dob", "age", "months"} & set(stored)
        text = stored.drop(columns=["sha256"], errors="ignore").to_csv(index=False)
        assert not [word for word in planted if word in text], table
