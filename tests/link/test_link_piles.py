"""How pupils fall into piles changes nothing: whichever numbers rows have, former ones and identifiers included."""

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from link_rows import Row, Whole, linked, rows

from evaluation.clean import shelf

UPNS = st.sampled_from([None, "A1", "B2", "C3", "D4", "E5"])
IDS = st.sampled_from([None, None, "x", "y"])
# Without names nothing is left to probability, which takes a second a time.
PEOPLE = st.lists(
    st.fixed_dictionaries({"upn": UPNS, "former_upn": UPNS, "pupil_id": IDS, "school": st.just("9992001")}),
    min_size=1,
    max_size=9,
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(roll=PEOPLE, later=PEOPLE, tested=PEOPLE)
@pytest.mark.slow
def test_linking_is_the_same_in_one_pile_and_in_many(
    roll: Sequence[Row], later: Sequence[Row], tested: Sequence[Row]
) -> None:
    def link() -> Whole:
        listed = [rows("roll", *roll), rows("roll_summer", *later)]
        return linked(listed, [rows("marks", *tested)])

    one = link()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf, "PILE_ROWS", 1)
        many = link()
    for name in ("pupils", "scores", "review", "counts"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(many, name))
