"""What is known of the small study's pupils once its schools have answered."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
from exchange_study import FORENAMES, NORTH, silent, upn

from evaluation.clean.shelf import shelved
from evaluation.intake import linked
from evaluation.link import Linked
from evaluation.receive import Received, receive
from evaluation.study import Study


def take(study: Study, root: Path) -> Received:
    return as_cleaned(receive(study, root, silent))


def as_cleaned(received: Received) -> Received:
    """What was received, its rows in the types they were cleaned in."""
    return replace(received, pupils=received.pupils.frame(), scores=received.scores.frame())


def on_shelves(received: Received) -> Received:
    """The same as a run has it."""
    return replace(received, pupils=shelved([received.pupils]), scores=shelved([received.scores]))


def facts(received: Received) -> pd.DataFrame:
    """What is known of the north school's pupils, by forename."""
    rows = received.pupils[received.pupils["school"] == NORTH].set_index("forename")
    return rows[["upn", "dob", "year_group", "disadvantaged"]]


def answered_scores(received: Received) -> set[tuple[str, str, float, str]]:
    """The scores that come from the workbook: forename, wave, score (-1 for none) and the reason there is none."""
    rows = received.scores[received.scores["file"].str.startswith("returned")].fillna({"score": -1.0})
    return set(map(tuple, rows[["forename", "wave", "score", "score_reason"]].to_numpy().tolist()))


def score(found: Linked, received: Received, forename: str, wave: str) -> tuple[float, str, str]:
    """The score that linking gives a pupil of the north school: the number, the reason there is none, censored."""
    number = upn(FORENAMES.index(forename))
    mine = received.scores[received.scores["upn"] == number]
    scores = found.scores.frame()
    at = mine.merge(scores[["file", "sheet", "row", "pupil"]], on=["file", "sheet", "row"])
    pupil = at["pupil"].dropna().iloc[0]
    rows = scores[(scores["pupil"] == pupil) & (scores["wave"] == wave)]
    best = rows.sort_values("score").iloc[0]
    return best["score"], best["score_reason"], best["censored"]


def assert_answered(study: Study, root: Path) -> tuple[Received, Linked]:
    """Everything the north school was asked is known, and is what it answered."""
    received = take(study, root)
    known = facts(received)
    assert known.loc["Adaeze", "dob"] == pd.Timestamp("2014-05-13")
    assert known.loc["Bennet", "disadvantaged"] == 1
    assert known.loc["Carys", "year_group"] == "5"
    assert known.loc["Dilip", "upn"] == upn(3)
    assert known.notna().all().all()
    found = linked(study, on_shelves(received))
    assert score(found, received, "Esme", "autumn")[0] == 104
    assert score(found, received, "Farouk", "autumn")[0] == 88.5
    assert ("Farouk", "summer", -1.0, "absent") in answered_scores(received)
    assert score(found, received, "Greta", "summer") == (70, "", "low")
    assert score(found, received, "Hamish", "summer")[0] == 97
    assert score(found, received, "Jonty", "summer")[0] == 95 + FORENAMES.index("Jonty")
    assert found.review.empty
    return received, found
