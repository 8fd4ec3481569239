"""How the headline moves, as the page shows it: every row, what is withheld, and what the missing allow to be said."""

from dataclasses import replace

import pandas as pd
import pytest

from evaluation.disclose import Release
from evaluation.report import design
from evaluation.report import robustness as page
from evaluation.report.items import NOTHING, Figure
from evaluation.report.parts import by_part

NAN = float("nan")
NUMBERS = {
    "std_error": 2.0,
    "df": 9.0,
    "p_value": 0.04,
    "n_pupils": 500.0,
    "n_schools": 20.0,
    "reason": "",
    "symbol": "",
}


def row(**values: object) -> dict[str, object]:
    return {**NUMBERS, "estimate": 1.3, "ci_low": 0.4, "ci_high": 2.2, "share": NAN, **values}


ROBUSTNESS = pd.DataFrame(
    [
        row(variation="complete", change="the answer itself"),
        row(variation="imputed", change="missing values drawn", estimate=NAN, ci_low=NAN, ci_high=NAN, p_value=NAN, reason="Nothing is missing"),
        row(variation="uncensored", change="ends left out", share=0.0631),
        row(variation="year_7", change="year 7 alone", estimate=NAN, symbol="c"),
    ]
)  # fmt: skip
TIPPING = pd.DataFrame(
    [
        {"arm": "small", "finding": "higher", "delta": -2.5, "delta_sd": -0.12, "sd": 20.0, "share": 0.08, "reason": "", "symbol": ""},
        {"arm": "regular", "finding": "higher", "delta": NAN, "delta_sd": NAN, "sd": 20.0, "share": NAN, "reason": "", "symbol": "c"},
    ]
)  # fmt: skip
CURVE = pd.DataFrame(
    [
        {**row(), "place": 1, "choices": "without it", "planned": False, "estimate": 0.2, "ci_low": -0.9},
        {**row(), "place": 2, "choices": "as planned", "planned": True},
    ]
)


def released(star: Release, code: str = "fragile") -> Release:
    said = pd.DataFrame([["project", "", "missing", code]], columns=["level", "unit", "question", "code"])
    claims = pd.concat([star.tables["claims"], said], ignore_index=True)
    tables = {"robustness": ROBUSTNESS, "tipping": TIPPING, "specifications": CURVE, "claims": claims}
    return replace(star, tables={**star.tables, **tables})


def test_a_year_alone_and_by_year_group_are_told_apart(star: Release) -> None:
    """Two numbers of one year stand on the page: what each is stands beside it, where both are there."""
    assert "is a model of its own" not in str(page.variations(released(star)))
    part = {**row(), "split": "year_group", "group": "year 7", "p_adjusted": 0.1}
    both = released(star)
    both = replace(both, tables={**both.tables, "parts": pd.DataFrame([part])})
    assert "A year group alone is a model of its own" in str(page.variations(both))
    assert "All parts share the main model’s other terms" in str(by_part(both))


def test_every_variation_is_a_row_and_none_without_its_reason(star: Release) -> None:
    table = page.variations(released(star))
    lines = {line[0]: line[1:] for group in table.groups for line in group.rows}
    assert list(lines) == ["The answer itself", "Missing values drawn", "Ends left out", "Year 7 alone"]
    assert lines["The answer itself"] == ("1.3", "0.4 to 2.2", "0.040", "500", "20")
    assert set(lines["Year 7 alone"]) == {"c"}
    assert "Missing values drawn: none, because nothing is missing." in table.notes
    assert any("6.3% of pupils" in note for note in table.notes)


@pytest.mark.parametrize(
    ("code", "said", "unsaid"),
    [
        ("fragile", ["hangs on the missing scores", "0.12 standard deviations", "8%"], ["passed over"]),
        ("much_missing", ["more than can be passed over", "0.12"], ["hangs on"]),
        ("settled", ["0.12 standard deviations"], ["hangs on", "passed over"]),
    ],
)
def test_what_is_missing_is_said_as_the_claim_has_it(
    star: Release, code: str, said: list[str], unsaid: list[str]
) -> None:
    text = str(page.missing(released(star, code)))
    assert all(part in text for part in said), text
    assert not any(part in text for part in unsaid)


def test_where_no_shift_within_reach_would_do_it_is_said_so(star: Release) -> None:
    release = released(star, "settled")
    far = TIPPING.assign(delta=NAN, delta_sd=NAN, reason="not within 3 standard deviations either way")
    release = replace(release, tables={**release.tables, "tipping": far})
    assert "more than three standard deviations" in str(page.missing(release))
    assert "not within 3 standard deviations" in " ".join(page.tipping(release).notes)


def test_a_withheld_arm_shows_the_symbol(star: Release) -> None:
    lines = page.tipping(released(star)).groups[0].rows
    assert lines[0] == ("Small", "8%", "−2.5", "−0.12")
    assert set(lines[1][1:]) == {"c"}


def test_the_curve_counts_and_marks_the_planned(star: Release) -> None:
    drawn, table = page.curve_figure(released(star)), page.curve(released(star))
    assert isinstance(drawn, Figure)
    assert "2 analyses" in drawn.alt
    assert "As planned, 1.3 (0.4 to 2.2)" in drawn.alt
    assert "Of 2 analyses the interval lies above zero in 1 and below zero in 0" in table.notes[0]


def test_a_release_without_them_shows_nothing(star: Release) -> None:
    for shown in (page.variations, page.missing, page.tipping, page.curve_figure, page.curve):
        assert shown(star) is NOTHING


def test_pupils_in_no_file_are_told_of_and_cannot_be_imputed(star: Release) -> None:
    absent = {"pupils": 1471, "source": "the register of the year"}
    release = replace(star, meta={**star.meta, "absent": absent})
    assert page.missing(release).paragraphs == [
        "1,471 pupils of the population are in none of the files (the register of the year). Their scores cannot be imputed: nothing is known "
        "of them here."
    ]
    told = page.missing(replace(released(star, "settled"), meta=release.meta)).paragraphs
    assert len(told) == 2
    assert "1,471 of them are in none of the files" in design.question(release).paragraphs[1]
    assert "files" not in str(design.question(star))


def test_pupils_lost_of_whom_nobody_knows_the_group_count_over_all(star: Release) -> None:
    counts = {"small": (100, 90), "regular": (100, 96), "pupils whose arm is not known": (40, None)}
    rows = [
        {"level": "project", "unit": arm, "stage": stage, "order": at, "n": n, "symbol": ""}
        for arm, numbers in counts.items()
        for at, (stage, n) in enumerate(zip(("in the population", "analysed"), numbers, strict=True))
        if n is not None
    ]
    release = replace(star, tables={**star.tables, "flow": pd.DataFrame(rows)})
    (text,) = design.attrition(release).paragraphs
    assert "lost 10.0% of small, 4.0% of regular and 22.5% of all pupils." in text
    assert "widest difference between groups is 6.0 percentage points" in text
