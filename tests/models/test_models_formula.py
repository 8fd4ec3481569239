"""lme4's notation, and what is refused."""

import pytest

from evaluation.errors import ModelError
from evaluation.models.sums.spec import RandomTerm, parse_formula


def random_terms(formula: str) -> list[tuple[str, str]]:
    return [(term.effects, term.name) for term in parse_formula(formula).random]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("y ~ x + (1 | school)", [("1", "school")]),
        ("y ~ (1 | school/class)", [("1", "school"), ("1", "school:class")]),
        ("y ~ (1 | school) + x + (1 | school:class)", [("1", "school"), ("1", "school:class")]),
        ("y ~ (1 | la/school/class)", [("1", "la"), ("1", "la:school"), ("1", "la:school:class")]),
        ("y ~ x + (1 + x | school)", [("1 + x", "school")]),
        ("y ~ x + (x || school)", [("1", "school"), ("0 + x", "school")]),
        ("y ~ (0 + x || school/class)", [("0 + x", "school"), ("0 + x", "school:class")]),
        ("y ~ log(x + 1) * (a + b)", []),
    ],
)
def test_random_terms(formula: str, expected: list[tuple[str, str]]) -> None:
    assert random_terms(formula) == expected


def test_fixed_part_is_what_is_left() -> None:
    spec = parse_formula("log(y) ~ (1 | school) + x * (a + b) + (1 + `free lunch` | school:class) + z - 1")
    assert (spec.outcome, spec.fixed) == ("log(y)", "x * (a + b) + z - 1")
    assert spec.columns == ("a", "b", "class", "free lunch", "school", "x", "y", "z")
    assert parse_formula("y ~ (1 | school)").fixed == "1"
    assert spec.random[1] == RandomTerm("1 + `free lunch`", ("school", "class"))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("score", "cannot be read: it needs an outcome"),
        ("~ x", "cannot be read: it needs an outcome"),
        ("y ~ x * (1 | school)", "not a random term"),
        ("y ~ x + (1 | school", "not a random term"),
        ("y ~ x + (1 | a | b)", "not a random term"),
        ("y ~ x + (| school)", "not a random term"),
        ("y ~ x + (1 | school + class)", "not a grouping"),
        ("y ~ x + (1 | )", "not a grouping"),
        ("y ~ x + (1 | school) + (1 | school)", "stands twice"),
        ("y ~ x + + (1 | school)", "cannot be read"),
        ("y ~~ x + (1 | school)", "one '~'"),
    ],
)
def test_refused(formula: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        parse_formula(formula)
    assert "\n" not in str(caught.value)
