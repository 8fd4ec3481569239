"""Who is who across waves and sources, and who is left for a person to decide."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from link_rows import Whole, link

from evaluation.clean import clean_source
from evaluation.errors import StoreError
from evaluation.ingest import RawTable
from evaluation.link import pseudonym, pseudonym_key
from evaluation.study import load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
SOURCES = {source.name: source for source in STUDY.sources}
KEY = b"\x07" * 32
ELM, OAK = "9992001", "9992002"
HEADINGS = ["UPN", "Surname", "Forename", "DOB", "School", "Year"]

ADA = ["H801200001001", "Okonkwo", "Adaeze", "2015-05-13", ELM, "4"]
BEN = ["A950000178301", "O'Whit-Lock", "Núria", "2014-11-02", ELM, "4"]
CAM = ["", "Ng", "Cam", "2015-01-09", OAK, "4"]
TWIN = ["", "Ng", "Dee", "2015-01-09", OAK, "4"]
IDENTITIES = "H801200001001 A950000178301 Okonkwo Adaeze Whit Lock Núria Ng Cam Dee 2015 2014"


def cleaned(name: str, *rows: Sequence[str]) -> pd.DataFrame:
    source = SOURCES[name]
    last = "Score" if source.kind == "scores" else "PP"
    index = pd.RangeIndex(2, len(rows) + 2, name="row")
    cells = pd.DataFrame([list(row) for row in rows], columns=[*HEADINGS, last], index=index, dtype="str")
    table = RawTable(name, f"{name}.csv", "", "0" * 64, 1, cells)
    return clean_source(STUDY, source, [table], {ELM, OAK}).rows


def listed(name: str, *pupils: list[str]) -> pd.DataFrame:
    return cleaned(name, *[[*pupil, "N"] for pupil in pupils])


def joined(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def linked_to(result: Whole, at: int = 0) -> tuple[str, str]:
    """The pupil, by position in the first listing, a score row is linked to, and by what."""
    pupils = list(result.pupils["pupil"].unique())
    row = result.scores.iloc[at]
    return (str(pupils.index(row["pupil"])) if isinstance(row["pupil"], str) else "", row["linked_by"])


def test_a_pseudonym_is_hmac_sha256() -> None:
    # printf 'small|upn|H801200001001' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707...07
    assert pseudonym(KEY, "small", "upn|H801200001001") == "4214c02e7094c101"


def test_a_pupil_who_moves_school_keeps_one_key() -> None:
    pupils = joined(listed("roll", ADA, BEN), listed("roll_summer", [*ADA[:4], OAK, "4"]))
    result = link(STUDY, pupils, cleaned("marks", [*ADA, "99"]), KEY)
    assert result.pupils["pupil"].nunique() == 2
    mover = result.pupils[result.pupils["pupil"] == result.scores["pupil"][0]]
    assert mover[["wave", "school"]].to_numpy().tolist() == [["autumn", ELM], ["summer", OAK]]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("0", "upn")),
        ({0: ""}, ("0", "name_dob")),
        ({0: "Z801200001001"}, ("0", "name_dob")),  # wrong check letter
        ({0: "", 1: "OKONKWO ", 2: "Ada-eze"}, ("0", "name_dob")),
        ({0: "", 4: OAK}, ("0", "probable")),
        ({1: "", 2: "", 3: ""}, ("0", "upn")),
        ({0: "", 2: "Chidi"}, ("", "")),
        ({0: "", 3: "2015-05-14"}, ("", "")),
        ({0: "", 3: ""}, ("", "")),
        ({0: "", 1: "Adaeze", 2: "Okonkwo"}, ("0", "probable")),
    ],
)
def test_what_links_a_score(change: dict[int, str], expected: tuple[str, str]) -> None:
    row = [change.get(at, cell) for at, cell in enumerate(ADA)]
    result = link(STUDY, listed("roll", ADA, BEN), cleaned("marks", [*row, "99"]), KEY)
    assert linked_to(result) == expected
    assert len(result.review) == (expected == ("", ""))


def test_accents_apostrophes_hyphens_and_case_do_not_part_a_name() -> None:
    row = ["", "OWHIT LOCK", "nuria", *BEN[3:]]
    assert linked_to(link(STUDY, listed("roll", ADA, BEN), cleaned("marks", [*row, "99"]), KEY)) == (
        "1",
        "name_dob",
    )


def test_twins_are_two_pupils() -> None:
    result = link(STUDY, listed("roll", CAM, TWIN), cleaned("marks", [*TWIN, "99"], [*CAM, "88"]), KEY)
    assert [linked_to(result, at) for at in (0, 1)] == [("1", "name_dob"), ("0", "name_dob")]
    assert result.review.empty


def test_two_pupils_of_one_name_and_birthday_are_not_chosen_between() -> None:
    namesake = ["A950000178301", *ADA[1:4], OAK, "4"]
    result = link(STUDY, listed("roll", ADA, namesake), cleaned("marks", ["", *ADA[1:], "99"]), KEY)
    assert linked_to(result) == ("", "")
    assert "more than one pupil" in result.review["reason"].item()


def test_another_pupil_s_valid_number_is_not_overruled_by_a_name() -> None:
    result = link(STUDY, listed("roll", ADA), cleaned("marks", [BEN[0], *ADA[1:], "99"]), KEY)
    assert linked_to(result) == ("", "")
    assert "the pupil number is another" in result.review["reason"].item()


def test_a_number_on_someone_else_s_row_is_linked_but_reviewed() -> None:
    result = link(STUDY, listed("roll", ADA, BEN), cleaned("marks", [ADA[0], *BEN[1:4], ELM, "4", "99"]), KEY)
    assert linked_to(result) == ("0", "upn")
    assert "neither the name nor the date of birth" in result.review["reason"].item()


def test_a_pupil_listed_without_a_number_is_found_by_name_among_those_with_one() -> None:
    pupils = joined(listed("roll", ADA, BEN), listed("roll_summer", ["", *ADA[1:]]))
    result = link(STUDY, pupils, cleaned("marks", [*ADA, "99"]), KEY)
    assert result.pupils["pupil"].nunique() == 2
    assert result.counts.set_index(["source", "linked_by"])["n"].to_dict() == {
        ("roll", "upn"): 2, ("roll_summer", "name_dob"): 1, ("marks", "upn"): 1,
    }  # fmt: skip


def test_a_pupil_listed_twice_at_a_wave_counts_once() -> None:
    sources = STUDY.model_copy(
        update={"sources": (*STUDY.sources, SOURCES["roll"].model_copy(update={"name": "oak"}))}
    )
    again = listed("roll", [*ADA[:4], OAK, "4"]).assign(source="oak", file="oak.csv")
    result = link(sources, joined(again, listed("roll", ADA, BEN)), cleaned("marks", [*ADA, "99"]), KEY)
    assert result.pupils["school"].tolist() == [ELM, ELM]
    assert result.review[["file", "school"]].to_numpy().tolist() == [["oak.csv", OAK]]


def test_two_scores_from_two_rows_leave_neither() -> None:
    scores = cleaned("marks", [*ADA, "99"], ["", *ADA[1:], "108"], [*BEN, "90"])
    result = link(STUDY, listed("roll", ADA, BEN), scores, KEY)
    assert result.scores["score_reason"].tolist() == ["conflict", "conflict", ""]
    assert result.scores["score"].isna().tolist() == [True, True, False]
    assert result.review["row"].tolist() == [2, 3]
    same = link(STUDY, listed("roll", ADA), cleaned("marks", [*ADA, "99"], ["", *ADA[1:], "99"]), KEY)
    assert same.scores["score"].tolist() == [99, 99]


def test_the_order_of_rows_changes_nothing() -> None:
    pupils = joined(listed("roll", ADA, BEN, CAM, TWIN), listed("roll_summer", ["", *ADA[1:]], CAM))
    scores = cleaned(
        "marks",
        ["", *BEN[1:], "99"],
        [*ADA, "88"],
        [*TWIN, "77"],
        ["", "No", "One", "2015-01-01", OAK, "4", "90"],
    )
    expected = link(STUDY, pupils, scores, KEY)
    rng = np.random.default_rng(5)
    for _ in range(3):
        shuffled = [frame.iloc[rng.permutation(len(frame))] for frame in (pupils, scores)]
        result = link(STUDY, *shuffled, KEY)
        for name in ("pupils", "scores", "review", "counts"):
            pd.testing.assert_frame_equal(getattr(result, name), getattr(expected, name))


def test_nothing_of_an_identity_leaves() -> None:
    pupils = joined(listed("roll", ADA, BEN, CAM, TWIN), listed("roll_summer", ["", *ADA[1:]]))
    scores = cleaned(
        "marks",
        ["", *BEN[1:], "99"],
        ["", "Ng", "Cam", "2014-01-01", OAK, "4", "90"],
        [BEN[0], *ADA[1:], "80"],
    )
    result = link(STUDY, pupils, scores, KEY)
    for frame in (result.pupils, result.scores, result.review, result.counts):
        text = frame.drop(columns="pupil", errors="ignore").to_csv(index=False)
        assert not [word for word in IDENTITIES.split() if word in text]
    assert len(result.review) == 4
    assert result.counts["n"].sum() == len(pupils) + len(scores)
    other = link(STUDY, pupils, scores, b"\x08" * 32)
    assert not set(other.pupils["pupil"]) & set(result.pupils["pupil"])


def test_columns_are_the_contract_s() -> None:
    result = link(STUDY, listed("roll", ADA), cleaned("marks", [*ADA, "99"]), KEY)
    assert list(result.pupils) == [
        "pupil",
        "wave",
        "school",
        "year_group",
        "class",
        "sex",
        "disadvantaged",
        "eal",
        "send",
        "set",
        "file",
        "sheet",
        "row",
    ]
    assert list(result.scores) == [
        "pupil", "wave", "instrument", "school", "year_group", "score", "score_reason", "censored", "linked_by", "file", "sheet", "row",
    ]  # fmt: skip
    assert list(result.review) == ["source", "file", "sheet", "row", "school", "reason"]


def test_the_key_is_made_once_and_is_its_owner_s_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "keys"
    monkeypatch.setenv("EVALUATION_KEYS", str(folder))
    key = pseudonym_key("small")
    assert len(key) == 32
    assert pseudonym_key("small") == key
    assert pseudonym_key("other") != key
    assert sorted(os.listdir(folder)) == ["other.key", "small.key"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "small.key").stat().st_mode) == 0o600
    (folder / "small.key").write_bytes(b"short")
    with pytest.raises(StoreError, match="not a pseudonym key"):
        pseudonym_key("small")
    monkeypatch.delenv("EVALUATION_KEYS")
    monkeypatch.setenv("HOME", str(tmp_path))
    pseudonym_key("small")
    assert (tmp_path / ".config" / "evaluation" / "keys" / "small.key").is_file()


def test_a_key_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EVALUATION_KEYS", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be made or read"):
        pseudonym_key("small")
