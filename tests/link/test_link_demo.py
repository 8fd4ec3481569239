"""The demo study's messy files against the truth written beside them: every planted fault is found, and nothing else."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from link_rows import Whole, link

from evaluation.clean import Cleaned, clean_register, clean_source
from evaluation.ingest import read_source, read_tables
from evaluation.simulate import write_demo
from evaluation.study import load_study

ROOT = Path(__file__).parents[2]
SEED = 41


@dataclass(frozen=True)
class Demo:
    planted: dict[str, Counter[str]]
    cleaned: dict[str, Cleaned]
    linked: Whole
    on_roll: dict[str, int]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    write_demo(root, SEED)
    folder = root / "data" / "raw" / "ssif_maths"
    truth = json.loads((folder / "truth.json").read_text())
    study = load_study("ssif_maths", ROOT)
    assert study.schools is not None
    register = clean_register(
        study,
        read_tables(
            folder / study.schools.path, "schools", "schools", list(study.schools.columns.values()), None
        ),
    )
    cleaned, by_source = {}, {}
    for source in study.sources:
        tables = read_source(folder, study, source)
        by_source[source.name] = clean_source(study, source, tables, set(register.rows["school"]))
        cleaned[source.path] = by_source[source.name]
    rows = {
        kind: pd.concat(
            [by_source[source.name].rows for source in study.sources if source.kind == kind],
            ignore_index=True,
        )
        for kind in ("pupils", "scores")
    }
    planted = {path: Counter(counts) for path, counts in truth["planted"].items()}
    return Demo(
        planted, cleaned, link(study, rows["pupils"], rows["scores"], b"k" * 32), truth["pupils_on_roll"]
    )


def test_the_rows_and_cells_listed_are_those_planted(demo: Demo) -> None:
    for path, planted in demo.planted.items():
        issues = demo.cleaned[path].issues
        found = Counter(issues.loc[issues["severity"] != "note", "rule"])
        wrong_numbers = found.pop("upn", 0)
        assert found == +Counter(
            {
                "duplicate": planted["duplicate_exact"],
                "conflict": 2
                * planted["duplicate_conflicting"],  # the row not kept, and the score of the one kept
                "total": planted["totals_row"],
                "score": planted["score_letter_for_digit"] + planted["score_out_of_range"],
            }
        ), path
        if path.startswith("mis/"):
            assert wrong_numbers == planted["upn_wrong_letter"]
        else:  # pupils whose number is wrong on the roll have it here too
            on_roll = sum(
                counts["upn_wrong_letter"] for file, counts in demo.planted.items() if file.startswith("mis/")
            )
            assert planted["upn_wrong_letter"] <= wrong_numbers <= planted["upn_wrong_letter"] + on_roll


def test_the_reasons_for_a_missing_score_are_those_planted(demo: Demo) -> None:
    for path, planted in demo.planted.items():
        if path.startswith("tests/"):
            reasons = Counter(demo.cleaned[path].rows["score_reason"])
            assert [reasons[code] for code in ("A", "absent", "blank", "EXS", "conflict")] == [
                planted["no_score_A"], planted["no_score_absent"], planted["no_score_blank"], planted["score_grade"],
                planted["duplicate_conflicting"],
            ]  # fmt: skip


def test_marked_scores_are_the_censored_ones(demo: Demo) -> None:
    for path in ("tests/autumn_results.xlsx", "tests/summer_results.csv"):
        censored = Counter(demo.cleaned[path].rows["censored"])
        assert censored["low"] == demo.planted[path]["score_censored_low"]
        assert censored["high"] == demo.planted[path]["score_censored_high"]


def test_every_pupil_on_a_roll_has_a_key(demo: Demo) -> None:
    pupils = demo.linked.pupils
    assert pupils.groupby("wave")["pupil"].nunique()["baseline"] == demo.on_roll["baseline"]
    assert pupils["pupil"].nunique() == demo.on_roll["endline"]
    schools = pupils.groupby("pupil")["school"].nunique()
    assert (schools > 1).sum() == demo.planted["mis/tidemarsh_summer.csv"]["moved"]


def test_swapped_names_and_missing_birthdays_are_what_only_probability_links(demo: Demo) -> None:
    scores = demo.linked.scores
    by_file = scores[scores["linked_by"] == "probable"].groupby("file").size().to_dict()
    assert by_file == {
        "tests/spring_results.csv": demo.planted["tests/spring_results.csv"]["names_swapped"],
        "tests/summer_results.csv": demo.planted["tests/summer_results.csv"]["dob_missing"],
        "tests/number_facts.xlsx": demo.planted["tests/number_facts.xlsx"]["names_swapped"],
    }
    assert scores["pupil"].notna().all()
    assert demo.linked.review.empty
    assert not scores.duplicated(["pupil", "instrument", "wave"]).any()
