"""What the study file says of disadvantage, scales, questions and kinds of score: each fault by line and nearest choice."""

from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.study import load_study
from evaluation.study.check_measures import told_kind
from evaluation.study.model import Study

SMALL = (Path(__file__).parents[1] / "ingest" / "small.yml").read_text()
PTM = '- {name: ptm, title: "Progress test", minimum: 70, maximum: 130}'
KEPT = (
    'scales: {footing: z, kept: [{instrument: ptm, year_group: "4", wave: autumn, method: mean_sd, reference: "them", n: 2, '
    "points: [[1, 100], [2, 115]]}]}\n"
)


def load(tmp_path: Path, text: str) -> Study:
    path = tmp_path / "small.yml"
    path.write_text(text)
    return load_study(str(path))


def test_all_of_it_reads(tmp_path: Path) -> None:
    text = SMALL.replace("comparison: {", KEPT + "comparison: {") + (
        "disadvantage: {precedence: [spells, fsm6], date: 2024-01-18}\n"
        'questions:\n  arithmetic: {"Q1": {topic: "Number", marks: 2}}\n'
    )
    text = text.replace(
        "  - {name: marks_summer",
        "  - {name: paper, kind: marks, path: p.csv, wave: autumn, instrument: ptm, questions: arithmetic, columns: {upn: UPN}}\n"
        "  - {name: meals, kind: spells, path: s.csv, wave: autumn, columns: {upn: UPN, start: From, end: To}}\n"
        "  - {name: marks_summer",
    )
    study = load(tmp_path, text)
    assert study.headings(next(source for source in study.sources if source.name == "paper")) == ["UPN", "Q1"]
    assert study.disadvantage.precedence == ("spells", "fsm6")
    assert study.scales.kept[0].points == ((1, 100), (2, 115))
    assert load(tmp_path, SMALL + "disadvantage: {date: summer}\n").disadvantage.date == "summer"


FAULTS = [
    ("disadvantage: {precedence: [spels]}\n", "", ["spels", "Did you mean 'spells'"]),
    ("disadvantage: {precedence: [fsm, fsm]}\n", "", ["named more than once: fsm"]),
    ("disadvantage: {date: sumer}\n", "", ["no wave is called 'sumer'", "Did you mean 'summer'"]),
    ("scales: {footing: zed}\n", "", ["scales.footing", "Choices: none, norms, z"]),
    ("scales: {footing: norms}\n", "", ["footing is norms, but this instrument has none"]),
    (KEPT.replace("instrument: ptm", "instrument: ptn"), "", ["no instrument is called 'ptn'", "'ptm'"]),
    (KEPT.replace('"4"', '"5"'), "", ["no year group is called '5'"]),
    (KEPT.replace("[2, 115]", "[1, 115]"), "", ["points must rise"]),
    (KEPT.replace("footing: z", "footing: none"), "", ["'mean_sd' is not of the footing 'none'"]),
    ('questions: {arithmetic: {"Q1": {topic: "Number", marks: 0}}}\n', "", ["greater than 0"]),
    ("", PTM.replace("}", ", score: scaled}"), ["scaled scores go from 80 to 120"]),
    ("", PTM.replace("}", ", norms: n.csv}"), ["say score: raw"]),
    ("", PTM.replace("}", ", score: standardized}"), ["Did you mean 'standardised'"]),
]


@pytest.mark.parametrize(("added", "test", "words"), FAULTS)
def test_a_fault_names_its_line_and_the_nearest_choice(
    tmp_path: Path, added: str, test: str, words: list[str]
) -> None:
    assert PTM in SMALL
    with pytest.raises(StudyError) as caught:
        load(tmp_path, (SMALL.replace(PTM, test) if test else SMALL) + added)
    assert f"{tmp_path.name}/small.yml:" in str(caught.value)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            "kind: marks, path: marks.csv, wave: autumn, instrument: ptm, layout: marks",
            ["names its paper (questions:)"],
        ),
        (
            "kind: marks, path: marks.csv, wave: autumn, instrument: ptm, layout: roll, questions: paper",
            ["no paper is called 'paper'"],
        ),
        ("kind: spells, path: marks.csv, wave: autumn, layout: marks", ["'year_group' is not a column"]),
        (
            "kind: spells, path: marks.csv, wave: autumn, instrument: ptm, layout: marks",
            ["scores and marks sources only"],
        ),
    ],
)
def test_sources_of_the_new_kinds_are_held_to_theirs(tmp_path: Path, changed: str, words: list[str]) -> None:
    line = "kind: scores, path: marks.csv, wave: autumn, instrument: ptm, layout: marks"
    assert line in SMALL
    with pytest.raises(StudyError) as caught:
        load(tmp_path, SMALL.replace(line, changed))
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Standardised Score", "standardised"), ("Std. score", "standardised"), ("SS", "standardised"),
        ("age_standardised_score", "age_standardised"), ("Age-Standardised Score", "age_standardised"),
        ("Standard Age Score", "age_standardised"), ("SAS", "age_standardised"), ("ASS", "age_standardised"),
        ("Raw Score", "raw"), ("Scaled score", "scaled"), ("Percentile rank", "percentile"),
        ("Score", None), ("Maths", None), ("Class", None), ("Assessment", None), ("Passed", None),
    ],
)  # fmt: skip
def test_what_a_heading_tells(heading: str, kind: str | None) -> None:
    assert told_kind(heading) == kind


def test_a_column_of_the_other_kind_is_refused_by_name(tmp_path: Path) -> None:
    declared = SMALL.replace(PTM, PTM.replace("}", ", score: standardised}"))
    told = declared.replace("score: Score", "score: Age-standardised score")
    with pytest.raises(
        StudyError, match=r"'Age-standardised score' tells of age-standardised scores, but instrument 'ptm'"
    ):
        load(tmp_path, told)
    assert load(tmp_path, declared.replace("score: Score", "score: Standardised score"))


def test_two_kinds_under_one_instrument_are_refused_by_name(tmp_path: Path) -> None:
    line = "path: marks_summer.csv, wave: summer, instrument: ptm, layout: marks"
    text = SMALL.replace("score: Score", "score: Standardised score")
    text = text.replace(line, line + ", columns: {score: Age standardised score}")
    with pytest.raises(
        StudyError, match="'Standardised score', of the same instrument 'ptm', of standardised ones"
    ):
        load(tmp_path, text)
