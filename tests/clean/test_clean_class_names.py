"""A class called by a person's name is stored under a label; codes and the words schools give their rooms are kept."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.clean.rules.class_names import may_name_someone, settle_classes, unnamed_classes
from evaluation.clean.rules.named_in_text import without_names

PLAIN = [
    "3B",
    "Year 4 Oak",
    "5/6",
    "4JP",
    "Y4",
    "10MA1",
    "7ABC",
    "Reception",
    "KS2 maths set 1",
    "Kingfishers",
    "class_3",
    "04-Jan",
    "R",
]
NAMED = [
    "Mrs Okafor",
    "Miss J. Patel's class",
    "4 Lee",
    "Lee",
    "Class Okafor",
    "OKAFOR/4",
    "Zoë",
    "4 Ali",
    "Year 4 Núñez",
]


@pytest.mark.parametrize("name", PLAIN)
def test_codes_and_rooms_are_kept(name: str) -> None:
    assert not may_name_someone(name)


@pytest.mark.parametrize("name", NAMED)
def test_what_may_be_a_name_is_taken_for_one(name: str) -> None:
    assert may_name_someone(name)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from([*PLAIN, *NAMED])), min_size=1))
def test_pupils_stay_in_the_classes_they_were_in_under_other_words(rows: list[tuple[str, str]]) -> None:
    pupils = pd.DataFrame(rows, columns=["school", "class"]).astype("category")
    found = unnamed_classes(pupils, lambda who: f"{abs(hash(who)):06x}")
    assert found["class"].isin(PLAIN).equals(pupils["class"].isin(PLAIN))
    assert not found["class"].isin(NAMED).any()
    together = (
        pd.Series(list(zip(frame["school"], frame["class"], strict=True))) for frame in (pupils, found)
    )
    one, other = (pd.factorize(both)[0].tolist() for both in together)
    assert one == other


def test_a_note_counts_them_and_repeats_none() -> None:
    place = {"source": "roll", "file": "roll.csv", "sheet": ["a", "a", "b"], "row": [2, 3, 4], "school": "A"}
    rows = pd.DataFrame({**place, "class": ["Mrs Okafor", "mrs okafor", "4A"]})
    _, issues = settle_classes(rows, "Class")
    (note,) = [item for item in pd.concat(issues).to_dict("records") if item["rule"] == "class_named"]
    assert (note["sheet"], note["severity"]) == ("a", "note")
    assert "name: 1." in note["reason"]
    assert "kafor" not in note["reason"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Cover for Mrs Okafor", "Cover for [name]"), ("Miss Z. Patel's session", "[name]'s session"), ("mr lee", "[name]"),
        ("MS ADA OKAFOR", "[name]"), ("Dr Frost", "[name]"), ("Mrs Okafor Year 4", "[name] Year 4"),
        ("Staff miss network meetings", "Staff miss network meetings"), ("Bar models", "Bar models"), ("St James Dr", "St James Dr"),
    ],
)  # fmt: skip
def test_what_stands_after_a_title_is_taken_out_of_labels_though_no_list_has_the_name(
    text: str, left: str
) -> None:
    columns = ["source", "file", "sheet", "row", "school", "provider", "session"]
    rows = pd.DataFrame([["x", "x.csv", "", 2, "A", text, "Bars"]], columns=columns)
    headings = {name: pd.Series("H", rows.index) for name in columns}
    found, issues = without_names("training", rows, lambda mark: False, headings)
    assert found["provider"].tolist() == [left]
    assert len(issues) == (left != text)
