"""The demo study's records against the truth written beside them: every planted fault, and nothing else."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluation.clean import Cleaned, check_records, clean_register, clean_source
from evaluation.clean.shelf import shelved
from evaluation.derive.records import record_tables
from evaluation.ingest import read_source, read_tables
from evaluation.link import listed_pupils, pupil_keys
from evaluation.simulate import write_demo
from evaluation.study import Study, load_study
from evaluation.study.records import ITEMS, RECORDS

ROOT = Path(__file__).parents[2]
KEY = b"k" * 32
# Faults of whole files and habits of columns, which are no single record's.
SAID_ONCE = {"date_column", "started_column", "ended_column"}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study("ssif_maths", ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo")
    write_demo(root, 17)
    return root / "data" / "raw" / "ssif_maths"


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, dict[str, Any]]:
    return json.loads((folder / "truth.json").read_text())["records"]


@pytest.fixture(scope="module")
def cleaned(study: Study, folder: Path) -> dict[str, Cleaned]:
    assert study.schools is not None
    headings = list(study.schools.columns.values())
    register = clean_register(
        study, read_tables(folder / study.schools.path, "schools", "schools", headings)
    ).rows
    schools = dict(zip(register["school"], register["name"], strict=True))
    return {
        source.path: clean_source(study, source, read_source(folder, study, source), schools)
        for source in study.sources
        if source.kind in (*RECORDS, "pupils") and not source.path.endswith(".xml")
    }


@pytest.fixture(scope="module")
def pupils(cleaned: dict[str, Cleaned]) -> pd.DataFrame:
    return pd.concat(
        [item.rows for path, item in cleaned.items() if path.startswith("mis/")], ignore_index=True
    )


@pytest.fixture(scope="module")
def checked(
    study: Study, truth: dict[str, dict[str, Any]], cleaned: dict[str, Cleaned], pupils: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    return check_records(
        study, {made["kind"]: cleaned[path].rows for path, made in truth.items()}, shelved([pupils])
    )


def test_there_is_a_file_of_every_kind(truth: dict[str, dict[str, Any]]) -> None:
    assert [made["kind"] for made in truth.values()] == list(RECORDS)


def test_the_rules_met_are_those_planted(
    truth: dict[str, dict[str, Any]],
    cleaned: dict[str, Cleaned],
    checked: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    for path, made in truth.items():
        found = pd.concat([cleaned[path].issues, checked[1][checked[1]["file"] == path]])
        assert Counter(found["rule"]) - Counter(dict.fromkeys(SAID_ONCE, 1)) == Counter(made["faults"]), path
        assert len(cleaned[path].rows) == made["accepted"], path


def test_what_the_records_come_to_is_the_truth(
    study: Study,
    truth: dict[str, dict[str, Any]],
    checked: tuple[dict[str, pd.DataFrame], pd.DataFrame],
    pupils: pd.DataFrame,
) -> None:
    rows = checked[0]
    helped = rows["interventions"].assign(wave="baseline")
    helped = helped.join(pupil_keys(study, listed_pupils(study, shelved([pupils]), KEY)[0], helped, KEY))
    tables = record_tables(study, {**rows, "interventions": helped}, KEY)
    facts = {name: value for made in truth.values() for name, value in made["facts"].items()}
    assert facts == pytest.approx(
        {
            "attended": (tables["training"]["attended"] == "yes").sum(),
            "passed_on": tables["training"]["passed_on"].sum(),
            "days": tables["support"]["days"].sum(),
            "attending": tables["workshops"]["attending"].sum(),
            "hours": tables["interventions"]["hours"].sum(),
            "linked": tables["interventions"]["pupil"].notna().sum(),
            "to_review": (helped["reason"] != "").sum(),
            "budget": tables["ledger"]["budget"].sum(),
            "actual": tables["ledger"]["actual"].sum(),
            "sum_of_answers": tables["staff_survey"][list(ITEMS)].sum().sum(),
            "sum_of_ratings": tables["ratings"]["rating"].sum(),
            "may_be_quoted": tables["testimonials"]["may_be_quoted"].sum(),
        }
    )


def test_the_pupils_named_in_testimonials_are_not_stored(
    checked: tuple[dict[str, pd.DataFrame], pd.DataFrame], pupils: pd.DataFrame
) -> None:
    said = checked[0]["testimonials"]["words"]
    assert said.str.startswith("[name] [name] now explains").sum() == 2
    names = set((pupils["forename"] + " " + pupils["surname"]).dropna())
    assert not [text for text in said if any(name in text for name in names)]
