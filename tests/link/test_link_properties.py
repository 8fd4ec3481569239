"""Whatever rows say, each is accounted for once and nothing fails."""

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from link_rows import ELM, OAK, SCHOOL, linked, rows

names = st.sampled_from(["Ng", "Ng-Lee", "O'Neil", "Amy", "Amie", "李", "", None, "🙂", "de la Cruz", "a, b"])
people = st.fixed_dictionaries(
    {
        "surname": names,
        "forename": names,
        "dob": st.sampled_from(["2015-01-02", "2015-02-01", "2014-01-01", None]),
        "sex": st.sampled_from(["F", "M", None]),
        "school": st.sampled_from([ELM, OAK]),
        "year_group": st.sampled_from(["2", "4", None]),
        "upn": st.sampled_from(["H801200001001", "A950000178301", None, None, None]),
        "former_upn": st.sampled_from(["H801200001001", None, None, None]),
        "pupil_id": st.sampled_from(["1", None, None]),
    }
).map(lambda row: {**row, "surname": row["surname"] or None, "forename": row["forename"] or None})
files = st.lists(people, min_size=1, max_size=6)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(roll=files, later=files, tested=files)
def test_every_row_is_counted_once_and_every_unlinked_one_has_a_reason(
    roll: list[dict[str, Any]], later: list[dict[str, Any]], tested: list[dict[str, Any]]
) -> None:
    result = linked([rows("roll", *roll), rows("roll_summer", *later)], [rows("marks", *tested)])
    assert result.counts["n"].sum() == len(roll) + len(later) + len(tested)
    assert len(result.scores) == len(tested)
    assert not result.pupils.duplicated(["pupil", "wave"]).any()
    reviewed = set(zip(result.review["source"], result.review["row"], strict=True))
    unlinked = result.scores[result.scores["pupil"].isna()]
    assert {("marks", row) for row in unlinked["row"]} <= reviewed
    assert set(result.scores["pupil"].dropna()) <= set(result.pupils["pupil"])
    assert (result.scores["pupil"].notna() == (result.scores["linked_by"] != "")).all()


def test_rows_that_come_out_of_order_are_linked_as_in_order() -> None:
    roll = [rows("roll", *SCHOOL), rows("roll_summer", *SCHOOL)]
    marks = [rows("marks", *SCHOOL), rows("marks_summer", *SCHOOL).assign(score=101.0)]
    shuffled = [[pd.concat(part, ignore_index=True).sample(frac=1, random_state=1)] for part in (roll, marks)]
    straight, turned = linked(roll, marks), linked(*shuffled)
    for one, other in ((straight.pupils, turned.pupils), (straight.scores, turned.scores)):
        pd.testing.assert_frame_equal(one, other)
    assert straight.scores["score"].notna().all()
