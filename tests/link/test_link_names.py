"""Names as they are compared: each case is what a person would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.link.names import compared_names, parts
from evaluation.link.variants import VARIANTS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "OBRIEN"), ("O’Brien", "O`Brien"), ("Núñez", "Nunez"), ("Łukasz", "Lukasz"), ("Straße", "STRASSE"),
        ("Søren", "Soren"), ("NÃºria", "Núria"), ("Miss Ada", "ADA"), ("Алёна", "АЛЕНА"), ("Γιώργος", "ΓΙΩΡΓΟΣ"),
        ("مُحَمَّد", "محمد"), ("أحمد", "احمد"), ("علی", "علي"), ("שָׁלוֹם", "שלום"), ("ＬＥＥ", "Lee"), ("José", "Jose\u0301"),
        ("Smith-Jones", "smith  jones"),
    ],
)  # fmt: skip
def test_one_name_written_in_two_ways(one: str, other: str) -> None:
    assert parts(one) == parts(other)


@pytest.mark.parametrize(("one", "other"), [("राम", "रमा"), ("কাকা", "কাকি"), ("สมชาย", "สมชัย"), ("李", "王")])
def test_two_names_stay_two(one: str, other: str) -> None:
    assert parts(one) != parts(other)


def test_a_title_alone_is_kept() -> None:
    assert parts("Mr") == ["mr"]


@given(st.text(max_size=12))
def test_no_text_fails_and_doing_it_again_changes_nothing(text: str) -> None:
    found = parts(text)
    assert all(found)
    assert parts(" ".join(found)) == found


def test_every_short_form_leads_to_a_common_form_that_leads_to_itself() -> None:
    assert {VARIANTS[common] for common in VARIANTS.values()} == set(VARIANTS.values())
    assert all(parts(name) == [name] for name in VARIANTS)


def test_both_names_in_one_cell_are_taken_apart() -> None:
    import pandas as pd

    found = compared_names(pd.Series(["Okonkwo, Adaeze", None]), pd.Series([None, None], dtype="str"))
    assert found.loc[0, ["surname", "forename"]].tolist() == ["okonkwo", "adaeze"]
    assert found.loc[1].isna().all()
