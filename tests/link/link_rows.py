"""Cleaned rows of invented pupils, straight from a few words, for tests of linkage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.clean.shelf import shelved
from evaluation.link import Decision, linking
from evaluation.study import Study, load_study
from evaluation.study.fields import ALSO_CALLED

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
KEY = b"\x07" * 32
ELM, OAK = "9992001", "9992002"
WAVES = {source.name: source.wave for source in STUDY.sources}
TEXTS = [
    "source", "file", "sheet", "wave", "school", "upn", "former_upn", "pupil_id", "forename", "surname", "sex",
    "year_group", "class", "set", *(field.name for field in ALSO_CALLED),
]  # fmt: skip
FLAGS = ["disadvantaged", "eal", "send"]

Row = Mapping[str, Any]


def person(names: str, dob: str | None, **more: Any) -> dict[str, Any]:
    """A row from "Surname, Forename" and a date of birth, at ELM in year 4 unless said otherwise."""
    surname, _, forename = names.partition(", ")
    return {
        "surname": surname,
        "forename": forename or None,
        "dob": dob,
        "school": ELM,
        "year_group": "4",
        **more,
    }


@dataclass(frozen=True)
class Whole:
    """What came of linking, its rows as frames."""

    pupils: pd.DataFrame
    scores: pd.DataFrame
    review: pd.DataFrame
    counts: pd.DataFrame
    doubtful: pd.DataFrame


def link(
    study: Study, pupils: pd.DataFrame, scores: pd.DataFrame, key: bytes, decisions: Sequence[Decision] = ()
) -> Whole:
    """Frames of cleaned rows linked."""
    found = linking.link(study, shelved([pupils]), shelved([scores]), key, decisions)
    return Whole(found.pupils.frame(), found.scores.frame(), found.review, found.counts, found.doubtful)


# A school of 60, so that names have frequencies and dates are spread.
SURNAMES = [
    "Smith",
    "Khan",
    "Patel",
    "Nowak",
    "Baker",
    "Okafor",
    "Hughes",
    "Singh",
    "Rossi",
    "Walker",
    "Dunne",
    "Farah",
]
FORENAMES = ["Amelia", "George", "Zofia", "Hamza", "Priya"]
SCHOOL = [
    person(f"{surname}, {forename}", f"20{14 + at % 2}-{1 + at % 12:02d}-{1 + (7 * at + 3 * place) % 28:02d}", sex="FMFMF"[at])
    for place, surname in enumerate(SURNAMES)
    for at, forename in enumerate(FORENAMES)
]  # fmt: skip


def rows(source: str, *people: Row) -> pd.DataFrame:
    """Cleaned rows of a source of the small study, as `clean_source` gives them."""
    frame = pd.DataFrame(list(people)).reindex(columns=["dob", *TEXTS, *FLAGS])
    frame = frame.assign(source=source, file=f"{source}.csv", sheet="", wave=WAVES[source])
    typed = frame.astype(dict.fromkeys(TEXTS, "str") | dict.fromkeys(FLAGS, "Int64"))
    typed = typed.assign(
        row=range(2, len(frame) + 2), dob=pd.to_datetime(frame["dob"]).astype("datetime64[us]")
    )
    if source.startswith("marks"):
        return typed.assign(instrument="ptm", score=99.0, score_reason="", censored="")
    return typed


def linked(
    pupils: list[pd.DataFrame], scores: list[pd.DataFrame], decisions: list[Decision] | None = None
) -> Whole:
    """The rows linked."""
    together = [pd.concat(frames, ignore_index=True) for frames in (pupils, scores)]
    return link(STUDY, *together, KEY, decisions or [])


def whom(result: Whole) -> list[int | None]:
    """For each score row the place of its pupil among the pupils listed, in order of first listing."""
    order = {pupil: at for at, pupil in enumerate(result.pupils["pupil"].unique())}
    return [order.get(pupil) for pupil in result.scores["pupil"]]
