"""The assessment says what the study file says, marks what it cannot know, and is never written over."""

from pathlib import Path

import pytest
from pipeline_study import write_study

from evaluation.errors import StoreError
from evaluation.handing.dpia import dpia, write_dpia
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
# the steps of the Information Commissioner's sample template
STEPS = (
    "Step 1: Identify the need",
    "Step 2: Describe the processing",
    "Step 3: Consultation",
    "Step 4: Necessity and proportionality",
    "Step 5 and 6: Risks",
    "Step 7: Sign off",
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_study(tmp_path)
    return load_study("mine", tmp_path)


def test_it_has_every_step_in_order_and_marks_what_is_to_fill_in(study: Study, tmp_path: Path) -> None:
    path, left = write_dpia(study, tmp_path)
    text = path.read_text(encoding="utf-8")
    places = [text.index(f"## {step}") for step in STEPS]
    assert places == sorted(places)
    assert path == tmp_path / "reports" / "mine" / "dpia.md"
    assert left == text.count("**TO FILL IN:**") > 20
    for asked in ("controller", "Lawful basis: **TO FILL IN", "Kept until: **TO FILL IN", "Article 9"):
        assert asked in text
    assert "{{" not in text
    assert "None" not in text


def test_it_says_what_the_study_file_knows(study: Study, tmp_path: Path) -> None:
    text = dpia(study, tmp_path)
    for source in study.sources:
        assert f"| {source.name} |" in text
        assert source.path in text
    assert "| upn | unique pupil number | yes | matching alone; not in the store |" in text
    assert "| looked_after |" not in text  # no source of this study has it
    for audience in ("school", "cluster", "project", "public"):
        chosen = "yes" if audience == study.reports.audience else "no"
        assert f"| {audience} | {study.policy(audience).minimum_cell} | {chosen} |" in text
    for model in study.analysis.models.values():
        assert f"- {model.title}" in text


def test_it_names_no_place_on_this_machine(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-elsewhere")
    text = dpia(study, tmp_path)
    assert str(tmp_path) not in text
    assert str(Path.home()) not in text


def test_what_a_person_filled_in_is_never_written_over(study: Study, tmp_path: Path) -> None:
    path, _ = write_dpia(study, tmp_path)
    path.write_text("filled in by hand", encoding="utf-8")
    with pytest.raises(StoreError, match="may have been filled in"):
        write_dpia(study, tmp_path)
    assert path.read_text(encoding="utf-8") == "filled in by hand"
    other, _ = write_dpia(study, tmp_path, tmp_path / "other.md")
    assert other.read_text(encoding="utf-8") == dpia(study, tmp_path)


@pytest.mark.parametrize("name", ["star", "ssif_maths"])
def test_the_shipped_studies_have_one_too(name: str, tmp_path: Path) -> None:
    text = dpia(load_study(name, ROOT), tmp_path)
    assert ("This study is synthetic" in text) == (name == "ssif_maths")
    assert "- Pupils: **TO FILL IN:**" in text  # there is no store to count them in
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_a_bar_in_a_study_file_does_not_break_a_table(study: Study, tmp_path: Path) -> None:
    wave = study.waves[0].model_copy(update={"title": "before | and\nafter"})
    text = dpia(study.model_copy(update={"waves": (wave, *study.waves[1:])}), tmp_path)
    assert "| before \\| and after |" in text
