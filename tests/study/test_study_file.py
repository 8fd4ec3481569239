"""The study file is strict, and each fault names the file, the line and the nearest valid choice."""

from pathlib import Path

import pytest

from evaluation.errors import StudyError
from evaluation.study import find_root, load_study
from evaluation.study.start import start_study

ROOT = Path(__file__).parents[2]
STAR = (ROOT / "params" / "star.yml").read_text()

FAULTS = [
    # what is changed, what it becomes, words the message must hold
    (
        "synthetic: false",
        "syntetic: false",
        ["unknown key 'syntetic'", "Did you mean 'synthetic'", "'synthetic' is missing"],
    ),
    ("seed: 1985", 'seed: "1985"', ["seed", "integer"]),
    ("synthetic: false", "synthetic: maybe", ["synthetic", "boolean"]),
    (
        "kind: randomised",
        "kind: randomized",
        ["comparison.kind is 'randomized'", "Did you mean 'randomised'"],
    ),
    (
        "      pupil_id: pupil\n",
        "      pupl_id: pupil\n",
        ["'pupl_id' is not a column", "Did you mean 'pupil_id'"],
    ),
    (
        "instrument: sat_maths, wave",
        "instrument: sat_math, wave",
        ["no instrument is called 'sat_math'", "Did you mean 'sat_maths'"],
    ),
    ("wave: spring, title", "wave: sprung, title", ["no wave is called 'sprung'", "Did you mean 'spring'"]),
    ('year_groups: ["K"]', "year_groups: [1]", ["year_groups.0 must be text", "put it in quotes"]),
    ('year_groups: ["K"]', "year_groups: [no]", ["true or false (false)", "put it in quotes"]),
    ('year_groups: ["K"]', 'year_groups: ["1"]', ["year group 'K' is not in this study", "Year groups: 1"]),
    ("primary: maths", "primary: math", ["primary is 'math'", "not among outcomes: maths"]),
    ("treatment: small", "treatment: smal", ["treatment is 'smal'", "not among indicators: small, aide"]),
    ("minimum: 250", "minimum: 900", ["minimum must be below maximum"]),
    ("minimum_cell: 10", "minimum_cell: 2", ["disclosure.public.minimum_cell", "greater than or equal to 3"]),
    ("    headline:\n", "    headlines:\n", ["models needs one named headline"]),
    ("beside: gap_slope\n", "beside: gaps\n", ["model gap is beside 'gaps'"]),
    ("study: star", "study: stars", ["study is 'stars' but the file is called star.yml"]),
    ("path: star_kindergarten.csv", "path: /etc/star.csv", ["sources.0.path", "inside the study's folder"]),
    ("path: star_kindergarten.csv", "path: ../star.csv", ["inside the study's folder"]),
    ("path: star_kindergarten.csv", "path: a\\star.csv", ["write paths with /"]),
    ("synthetic: false", "synthetic: false\nodd: &a [*a]", ["refers to itself"]),
    ("seed: 1985", "seed: 1985\nseed: 1986", ["'seed' is given twice"]),
    ("seed: 1985", "seed: 1985\n  oops: [", ["not valid YAML"]),
    ("  - name: maths\n", "  - name: pupils\n", ["named more than once: pupils"]),
    ("    instrument: sat_maths\n", "", ["a scores source needs an instrument"]),
]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    FAULTS,
    ids=[fault[1].strip().splitlines()[-1] if fault[1] else fault[0] for fault in FAULTS],
)
def test_a_fault_names_its_line_and_the_nearest_choice(
    tmp_path: Path, old: str, new: str, words: list[str]
) -> None:
    assert old in STAR
    path = tmp_path / "star.yml"
    path.write_text(STAR.replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        load_study(str(path))
    message = str(caught.value)
    for word in words:
        assert word in message
    assert f"{tmp_path.name}/star.yml:" in message


def test_the_line_is_the_line_of_the_fault(tmp_path: Path) -> None:
    path = tmp_path / "star.yml"
    path.write_text(STAR.replace("seed: 1985", 'seed: "x"'))
    line = next(number for number, text in enumerate(STAR.splitlines(), 1) if text == "seed: 1985")
    with pytest.raises(StudyError, match=rf"star.yml:{line}: seed"):
        load_study(str(path))


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "star.yml"
    path.write_text(STAR.replace("seed: 1985", "seed: x").replace("kind: randomised", "kind: random"))
    with pytest.raises(StudyError) as caught:
        load_study(str(path))
    assert "seed" in str(caught.value)
    assert "comparison.kind" in str(caught.value)


def test_an_unknown_study_names_the_nearest() -> None:
    with pytest.raises(StudyError, match="Did you mean 'star'"):
        load_study("sta", ROOT)


@pytest.mark.parametrize("content", [b"", b"- a\n- b\n", b"just words", b"\xff\xfe\x00a"])
def test_a_file_that_is_no_study_file_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.yml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"odd\.yml"):
        load_study(str(path))


def test_a_started_study_reads_whole_and_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "params").mkdir()
    path, folder = start_study("mine", tmp_path)
    assert load_study("mine", tmp_path).study == "mine"
    assert folder == tmp_path / "data" / "raw" / "mine"
    with pytest.raises(StudyError, match="exists already"):
        start_study("mine", tmp_path)
    with pytest.raises(StudyError, match="cannot name a study"):
        start_study("My study", tmp_path)
    assert path.read_text().startswith("# A study")


def test_the_root_is_found_from_below_and_its_absence_said(tmp_path: Path) -> None:
    (tmp_path / "params").mkdir()
    below = tmp_path / "notebooks" / "deep"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path
    with pytest.raises(StudyError, match="No params/ folder"):
        find_root(Path("/"))
