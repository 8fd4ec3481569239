"""Topics: missing on neither side, papers added up, facility by class and school; censored scores by arm."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.derive.censored import censored_table
from evaluation.derive.topics import facility_table, topics_table
from evaluation.study import Study, load_study
from evaluation.study.measures import Question

SMALL = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
PAPERS = {
    "arithmetic": {
        "Q1": Question(topic="Number", marks=1),
        "Q2": Question(topic="Number", marks=2),
        "Q3": Question(topic="Fractions", marks=3),
    },
    "reasoning": {"Q1": Question(topic="Number", marks=4)},
}
NAN = float("nan")


def study() -> Study:
    source = next(source for source in SMALL.sources if source.name == "marks")
    change = {"kind": "marks", "instrument": "ptm", "columns": {}}
    papers = [source.model_copy(update={**change, "name": name, "questions": name}) for name in PAPERS]
    return SMALL.model_copy(update={"questions": PAPERS, "sources": (*SMALL.sources, *papers)})


def marks(source: str, *rows: tuple) -> pd.DataFrame:
    """Pupil, then the mark of each question."""
    columns = ["pupil", *(f"mark: {heading}" for heading in PAPERS[source])]
    return pd.DataFrame(rows, columns=columns).assign(source=source, wave="autumn", instrument="ptm")


ROWS = pd.concat(
    [
        marks(
            "arithmetic",
            ("a", 1, 0, 3),
            ("b", NAN, 2, NAN),
            ("c", NAN, NAN, NAN),
            (np.nan, 1, 1, 1),
            ("a", 0, 0, 0),
        ),
        marks("reasoning", ("a", 4), ("d", 1)),
    ],
    ignore_index=True,
)


def test_topics_by_hand() -> None:
    """Two papers' questions of a topic are added up; a pupil's second row and an unlinked row are not."""
    found = topics_table(study(), ROWS).set_index(["pupil", "topic"])
    expected = {
        # marks, out of, answered, questions
        ("a", "Number"): (5, 7, 3, 3),
        ("a", "Fractions"): (3, 3, 1, 1),
        ("b", "Number"): (2, 2, 1, 2),
        ("b", "Fractions"): (NAN, 0, 0, 1),
        ("c", "Number"): (NAN, 0, 0, 2),
        ("c", "Fractions"): (NAN, 0, 0, 1),
        ("d", "Number"): (1, 4, 1, 1),
    }
    assert set(found.index) == set(expected)
    for key, values in expected.items():
        assert found.loc[key, ["marks", "out_of", "answered", "questions"]].tolist() == pytest.approx(
            list(values), nan_ok=True
        )


def test_facility_is_of_the_questions_answered() -> None:
    pupils = pd.DataFrame(
        {"pupil": list("abcd"), "school": ["elm", "elm", "elm", "oak"], "class": ["4X", "4X", "4Y", np.nan]}
    )
    found = facility_table(topics_table(study(), ROWS), pupils).set_index(["school", "class", "topic"])
    columns = ["pupils", "answering", "marks", "out_of", "facility"]
    assert found.loc[("elm", "", "Number"), columns].tolist() == [3, 2, 7, 9, 7 / 9]
    assert found.loc[("elm", "4X", "Number"), columns].tolist() == [2, 2, 7, 9, 7 / 9]
    assert found.loc[("elm", "4Y", "Number"), columns].tolist() == pytest.approx(
        [1, 0, 0, 0, NAN], nan_ok=True
    )
    assert found.loc[("oak", "", "Number"), columns].tolist() == [1, 1, 1, 4, 0.25]
    assert len(found) == 7


def test_without_marks_there_are_no_topics() -> None:
    found = topics_table(SMALL, pd.DataFrame(columns=["pupil", "source", "wave", "instrument"]))
    assert found.empty
    pupils = pd.DataFrame({"pupil": ["a"], "school": ["elm"], "class": ["4X"]})
    assert facility_table(found, pupils).empty


MARK = st.sampled_from([0.0, 1.0, NAN])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(MARK, MARK, MARK), min_size=1, max_size=8))
def test_marks_are_never_made_from_nothing(rows: list[tuple]) -> None:
    sheet = marks("arithmetic", *[(f"p{at}", *row) for at, row in enumerate(rows)])
    found = topics_table(study(), sheet)
    assert found["marks"].sum() == np.nansum(np.array(rows))
    assert (found["marks"].isna() == (found["answered"] == 0)).all()
    assert (found["marks"].fillna(0) <= found["out_of"]).all()
    assert found["answered"].sum() == np.isfinite(np.array(rows)).sum()


def test_censored_scores_are_counted_by_arm_and_wave() -> None:
    table = pd.DataFrame(
        {
            "treated": [1, 1, 0, 0, 0],
            "in_population": [True, True, True, True, False],
            "before": [70.0, 130, 70, NAN, 70],
            "before_censored": ["low", "high", "low", "", "low"],
            "after": [99.0, 70, 101, 70, 70],
            "after_censored": ["", "", "", "low", "low"],
        }
    )
    assert censored_table(SMALL, table).to_numpy().tolist() == [
        ["before", "ptm", "autumn", "taking part", 2, 1, 1],
        ["before", "ptm", "autumn", "comparison", 1, 1, 0],
        ["after", "ptm", "summer", "taking part", 2, 0, 0],
        ["after", "ptm", "summer", "comparison", 2, 1, 0],
    ]
