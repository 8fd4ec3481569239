"""Pupils and staff in records: pseudonyms in the store, no names in texts, nothing left of whoever is forgotten."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records_study import FORENAMES, SCHOOLS, SURNAMES, pupils, silent, upn, write, write_study

from evaluation import forget
from evaluation.clean.rules.named_in_text import name_marks, without_names
from evaluation.exchange import check
from evaluation.intake import take_in
from evaluation.store import Store, changes, write_store
from evaluation.study import Study, load_study

ELM, OAK, ASH = SCHOOLS
LINES = (
    "{name: said, kind: testimonials, path: said.csv, columns: {date: D, school: S, words: W, may_be_quoted: Q}}",
    "{name: came, kind: training, path: came.csv, columns: {date: D, school: S, provider: P, person: N, attended: A}}",
    "{name: helped, kind: interventions, path: helped.csv, columns: {upn: U, surname: L, forename: F, dob: B, hours: H}}",
)
SAID = [
    ["7/11/2023", ELM, "Zebedee Quillfeather's sums are better, and ysolde's too.", "Yes"],
    [
        "7/11/2023",
        "Oakhanger",
        "Grace and SMITH-UMBERS will go on; Mrs Brackenbury led it with grace.",
        "Yes",
    ],
    ["7/11/2023", ASH, "Nobody is named here: the maths lead will go on.", "Yes"],
]
CAME = [
    ["7/11/2023", ELM, "Tancred Thistlewick Trust", "Jane Brackenbury", "Y"],
    ["8/11/2023", ELM, "Grace Hub", "JB", "Y"],
]
HELPED = [
    [upn(0), "", "", "", "1h30"],
    ["", "Quillfeather", "Ysolde", "2015-02-10", "90 min"],
    ["", "Nobody", "Listed", "2015-02-10", "2"],
]


def made(root: Path) -> Study:
    """The study with texts that name people, taken in, checked and stored."""
    study = write_study(root, *LINES)
    raw = root / "data" / "raw" / "tiny"
    write(raw / "said.csv", list("DSWQ"), SAID)
    write(raw / "came.csv", list("DSPNA"), CAME)
    write(raw / "helped.csv", list("ULFBH"), HELPED)
    tables = take_in(study, root, silent)
    folder = root / "data" / "processed" / "tiny"
    write_store(folder, tables, changes(folder, tables))
    check(study, root, silent)
    return study


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project's folder after `made`, for tests that only look, or to copy."""
    root = tmp_path_factory.mktemp("taken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        made(root)
        yield root


def store(root: Path) -> Store:
    return Store(root / "data" / "processed" / "tiny")


def test_texts_are_kept_without_the_names_of_pupils_and_staff(taken: Path) -> None:
    said = store(taken).read("testimonials")
    assert said["words"].tolist() == [
        "[name] [name]'s sums are better, and [name]'s too.",
        "[name] and [name] will go on; Mrs [name] led it with [name].",
        SAID[2][2],
    ]
    assert said["may_be_quoted"].tolist() == [0, 0, 1]
    assert store(taken).read("training")["provider"].tolist() == ["[name] [name] Trust", "Grace Hub"]
    issues = store(taken).read("issues", where={"rule": "names_someone"})
    assert sorted(zip(issues["file"], issues["row"], strict=True)) == [
        ("came.csv", 2),
        ("said.csv", 2),
        ("said.csv", 3),
    ]


def test_no_name_of_pupil_or_staff_is_in_store_or_lists(taken: Path) -> None:
    derived = [path for path in (taken / "data" / "processed").rglob("*") if path.suffix in (".csv", ".json")]
    text = "".join(path.read_text(encoding="utf-8") for path in derived)
    text += "".join(store(taken).read(name).to_csv() for name in store(taken).tables())
    assert len(text) > 1000
    for name in (*FORENAMES, *SURNAMES.values(), "Brackenbury", "JB,"):
        if name != "Grace":  # a provider's name holds the word
            assert name.casefold() not in text.casefold(), name


def test_staff_are_pseudonyms_that_tell_people_apart(taken: Path) -> None:
    person = store(taken).read("training")["person"]
    assert person.nunique() == 2
    assert person.str.fullmatch("[0-9a-f]{16}").all()


def test_interventions_are_linked_and_what_does_not_link_goes_to_review(taken: Path) -> None:
    helped, listed = (store(taken).read(name) for name in ("interventions", "pupils"))
    places = listed.set_index("row")["pupil"]
    assert helped["pupil"].tolist()[:2] == [places[2], places[3]]
    assert helped["pupil"].isna().tolist() == [False, False, True]
    assert helped["hours"].tolist() == [1.5, 1.5, 2.0]
    review = store(taken).read("review", where={"file": "helped.csv"})
    assert review["row"].tolist() == [4]


@pytest.mark.parametrize("whom", ["pupil", "school"])
def test_whoever_is_forgotten_is_in_no_record_and_no_text_any_more(
    whom: str, taken: Path, root: Path
) -> None:
    shutil.copytree(taken, root, dirs_exist_ok=True)
    shutil.copytree(f"{taken}-keys", f"{root}-keys")
    study = load_study("tiny", root)
    asked = forget.Asked((upn(0),)) if whom == "pupil" else forget.Asked((), (ELM,))
    before = store(root).read("pupils").set_index("row")["pupil"]
    plan = forget.prepare(study, root, asked, silent)
    done = forget.do(plan, "2024-09-01", silent)
    assert done.fault is None, list(done.lines())
    words = " ".join(store(root).read("testimonials")["words"])
    assert "Zebedee" not in words
    assert "Quillfeather" not in words
    assert before[2] not in store(root).read("interventions")["pupil"].tolist()
    withdrawn = store(root).read("issues", where={"rule": "withdrawn"})
    assert "helped.csv" in set(withdrawn["file"])
    if whom == "school":
        for table in ("training", "testimonials"):
            assert ELM not in store(root).read(table)["school"].tolist()
        lost = store(root).read("sources").set_index("source")
        assert lost.loc["came", ["rows_in", "rows_accepted", "rows_listed"]].tolist() == [2, 0, 2]
    else:
        assert len(store(root).read("testimonials")) == 3


def test_a_school_called_by_its_name_in_a_record_is_found_to_be_forgotten(taken: Path) -> None:
    study = load_study(str(taken / "params" / "tiny.yml"))
    plan = forget.prepare(study, taken, forget.Asked((), (OAK,)), silent)
    assert isinstance(plan, forget.Plan)
    assert plan.raw["said.csv"] == 1


MARKS = set(name_marks([who[2] for who in pupils()], [who[1] for who in pupils()]))
WORDS = [
    "the",
    "maths",
    "lead",
    "said",
    "that",
    "children",
    "like",
    "games",
    "more",
    "now",
    "Project",
    "Well",
]


@given(
    st.lists(st.sampled_from([*WORDS, *FORENAMES, *SURNAMES.values()]), min_size=1, max_size=12),
    st.sampled_from([" ", ", ", " / "]),
)
@settings(max_examples=300)
def test_no_whole_name_is_left_in_a_text_and_every_other_word_is(words: list[str], between: str) -> None:
    rows = pd.DataFrame(
        {"words": [between.join(words)], "date": [None], "school": [ELM], "file": "f", "row": 1}
    )
    left, _ = without_names("testimonials", rows, MARKS.__contains__, {"words": pd.Series(["W"])})
    names = {*FORENAMES, *SURNAMES.values()}
    assert left["words"].iloc[0].split(between) == ["[name]" if word in names else word for word in words]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Will you say so? May did well in May.", "[name] you say so? [name] did well in [name]."),
        ("We will mark it, as she may.", "We will mark it, as she may."),
        ("So it is. Jo and So agreed.", "So it is. [name] and [name] agreed."),
        ("O'Brien’s and OBrien's, Núñez and nunez", "[name]’s and [name]'s, [name] and [name]"),
        ("Willow and Joanna are other words", "Willow and Joanna are other words"),
    ],
)
def test_names_that_are_words_too(text: str, left: str) -> None:
    known = set(
        name_marks(
            ["Will", "May", "Jo", "So", "Mark", None, "Ana"],
            [None, None, None, None, None, "O'Brien", "Núñez"],
        )
    )
    rows = pd.DataFrame({"words": [text], "date": [None], "school": [ELM], "file": "f", "row": 1})
    assert without_names("testimonials", rows, known.__contains__, {"words": pd.Series(["W"])})[0][
        "words"
    ].tolist() == [left]
