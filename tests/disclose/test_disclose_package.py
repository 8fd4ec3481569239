"""A release is a data package that anybody's tools read; what a second one adds is listed figure by figure."""

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import frictionless
import jsonschema
import numpy as np
import pandas as pd
import pytest
from data_package import PACKAGE
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.disclose import (
    Release,
    read_release,
    release_files,
    revealed_line,
    with_revealed,
    write_release,
)
from evaluation.disclose.leaks.patterns import shapes
from evaluation.disclose.standard import STANDARD, standard_columns
from evaluation.disclose.symbols import cell_symbols
from evaluation.errors import StoreError

META = {
    "study": "made_up",
    "audience": "project",
    "run": "made_up-0123abcd45",
    "title": "A made-up study",
    "about": "Nobody is in it.",
    "licence": "CC-BY-4.0",
    "outcome": {"name": "after", "unit": "standardised points"},
    "outcomes": [
        {"name": "before", "date": "2023-09-25"},
        {"name": "middle", "date": "2024-01-15"},
        {"name": "after", "date": "2024-06-24"},
    ],
    "schools": [
        {"school": "9992001", "urn": "100001", "name": "Oak Primary", "slug": "9992001"},
        {"school": "28", "urn": "", "name": "Elm Primary", "slug": "28"},
    ],
    "clusters": [{"cluster": "Coast", "slug": "coast", "schools": ["28"]}],
    "changed_schools": ["9992001", "28"],
}


def descriptives() -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is shown of four groups, and what it was before: one withheld, one without its count, one rounded to nothing."""
    rows = [
        ("project", "", "before", 40.0, 100.1),
        ("cluster", "Coast", "middle", 20.0, 99.0),
        ("school", "9992001", "after", 12.0, 0.04),
        ("school", "28", "after", 3.0, 88.0),
    ]
    before = pd.DataFrame(rows, columns=["level", "unit", "outcome", "n", "mean"])
    shown = before.assign(mean=before["mean"].round(1), symbol=["", "", "", "c"])
    shown.loc[3, ["n", "mean"]] = np.nan
    shown.loc[1, "n"] = np.nan
    return shown, before


def release() -> Release:
    shown, before = descriptives()
    sizes = pd.DataFrame(
        {
            "model": ["headline", "gap"],
            "estimate": [0.1, np.nan],
            "df": [np.inf, np.nan],
            "reason": ["", "no spread"],
        }
    )
    effects = pd.DataFrame({"school": ["9992001", "28"], "shrunken": [-0.0, 2.5], "share": [np.nan, 0.5]})
    sources = pd.DataFrame({"kind": ["pupils", "scores"], "files": [13, 1]})
    tables = {"descriptives": shown, "effect_sizes": sizes, "school_effects": effects, "sources": sources}
    return Release(META, tables, {"descriptives": cell_symbols(shown, before)})


def cells(folder: Path, name: str) -> list[dict[str, str]]:
    """A file's rows as anybody's CSV reader has them."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_cell_without_a_number_says_why(tmp_path: Path) -> None:
    write_release(release(), tmp_path)
    shown = [(row["n"], row["mean"]) for row in cells(tmp_path, "descriptives")]
    assert shown == [("40", "100.1"), ("c", "99"), ("12", "low"), ("c", "c")]
    sizes = cells(tmp_path, "effect_sizes")
    assert [(row["estimate"], row["df"]) for row in sizes] == [("0.1", "INF"), ("x", "x")]
    assert [(row["shrunken"], row["share"]) for row in cells(tmp_path, "school_effects")] == [
        ("0", "z"),
        ("2.5", "0.5"),
    ]


def test_symbols_and_numbers_come_back(tmp_path: Path) -> None:
    write_release(release(), tmp_path)
    back = read_release(tmp_path)
    assert back.tables["descriptives"]["mean"].fillna(-1).tolist() == [100.1, 99.0, 0.0, -1.0]
    assert back.symbols["descriptives"]["n"].tolist() == ["", "c", "", "c"]
    assert back.tables["effect_sizes"]["df"].iloc[0] == np.inf
    assert release_files(back) == release_files(release())
    assert list(back.tables["descriptives"].columns) == ["level", "unit", "outcome", "n", "mean", "symbol"]


def test_the_description_keeps_to_the_standard_and_to_the_files(tmp_path: Path) -> None:
    write_release(release(), tmp_path)
    described = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(PACKAGE).validate(described)
    assert described["licenses"] == [{"name": "CC-BY-4.0"}]
    assert described["sources"] == [{"title": "pupils: 13 files"}, {"title": "scores: 1 file"}]
    for item in described["resources"]:
        content = (tmp_path / item["path"]).read_bytes()
        assert item["bytes"] == len(content)
        assert item["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        rows = cells(tmp_path, item["name"])
        assert [field["name"] for field in item["schema"]["fields"]] == list(rows[0])
        key = item["schema"].get("primaryKey", [])
        assert len({tuple(row[name] for name in key) for row in rows}) == (len(rows) if key else 1)
    mean = next(f for f in described["resources"][0]["schema"]["fields"] if f["name"] == "mean")
    assert (mean["unit"], mean["missingValues"]) == ("standardised points", ["", "c", "x", "z", "low"])


def test_a_run_that_is_all_figures_is_not_taken_for_a_learner_number() -> None:
    """Ten figures that pass the check of one, as one run in twelve hundred has."""
    described = release_files(Release({**META, "run": "made_up-9276308686"}, {}))["datapackage.json"].decode()
    assert "9276308686" in described
    assert list(shapes("9276308686", ())) == [(0, "learner number")]
    assert list(shapes(described, ())) == []


def test_without_a_licence_none_is_made_up(tmp_path: Path) -> None:
    without = json.loads(release_files(replace(release(), meta={**META, "licence": ""}))["datapackage.json"])
    jsonschema.Draft202012Validator(PACKAGE).validate(without)
    assert "licenses" not in without
    assert "No licence is stated" in without["description"]


def test_frictionless_reads_it_and_finds_nothing_wrong(tmp_path: Path) -> None:
    write_release(release(), tmp_path)
    assert frictionless.validate(str(tmp_path / "datapackage.json")).flatten(["type", "note"]) == []
    (row, *_) = (
        frictionless.Package(str(tmp_path / "datapackage.json")).get_resource("descriptives").read_rows()
    )
    assert (row["n"], row["school_urn"], row["time_period"]) == (40, None, "202324")
    altered = (tmp_path / "descriptives.csv").read_text(encoding="utf-8").replace("40", "forty")
    (tmp_path / "descriptives.csv").write_text(altered, encoding="utf-8")
    assert not frictionless.validate(str(tmp_path / "datapackage.json")).valid


def test_a_file_changed_after_it_was_written_is_refused(tmp_path: Path) -> None:
    write_release(release(), tmp_path)
    path = tmp_path / "descriptives.csv"
    path.write_bytes(path.read_bytes().replace(b"40", b"41"))
    with pytest.raises(StoreError, match="No whole release"):
        read_release(tmp_path)


def test_places_and_terms_are_those_of_the_department_s_standard() -> None:
    found = standard_columns(descriptives()[0], META)
    assert list(found.columns) == list(STANDARD)
    assert found["geographic_level"].tolist() == ["Project", "Cluster", "School", "School"]
    assert found["time_period"].tolist() == ["202324"] * 4
    assert found["time_identifier"].tolist() == ["Autumn term", "Spring term", "Summer term", "Summer term"]
    assert found.iloc[2].tolist()[3:] == ["E92000001", "England", "100001", "9992001", "Oak Primary"]
    assert found.iloc[3].tolist()[3:] == [
        "",
        "",
        "",
        "",
        "Elm Primary",
    ]  # no number of the department's: no country


@pytest.mark.parametrize(
    ("day", "period", "term"),
    [("2023-08-31", "202223", "Summer"), ("2023-09-01", "202324", "Autumn"), ("1999-12-31", "199900", "Autumn"),
     ("2000-01-01", "199900", "Spring"), ("2000-03-31", "199900", "Spring"), ("2000-04-01", "199900", "Summer")],
)  # fmt: skip
def test_a_day_is_in_its_academic_year_and_term(day: str, period: str, term: str) -> None:
    meta = {**META, "outcomes": [{"name": "after", "date": day}]}
    (row,) = standard_columns(pd.DataFrame({"school": ["28"]}), meta).to_dict("records")
    assert (row["time_period"], row["time_identifier"]) == (period, f"{term} term")


def test_a_table_about_no_place_has_none_of_the_standard_s_columns() -> None:
    assert standard_columns(release().tables["effect_sizes"], META).empty


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
numbers = st.one_of(st.floats(allow_nan=True), st.sampled_from([0.0, 1e-300, 2.0**60, 12.0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, numbers, st.booleans(), st.integers(-(2**40), 2**40)), max_size=5))
def test_any_table_reads_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    folder = tmp_path_factory.mktemp("release")
    table = pd.DataFrame(rows, columns=["school", "value", "flag", "whole"])
    table = table.astype({"school": "str", "value": "float64", "flag": "bool", "whole": "int64"})
    write_release(Release(META, {"any": table}), folder)
    back = read_release(folder).tables["any"]
    pd.testing.assert_frame_equal(back, table, check_dtype=False, check_exact=True)


def changed(**values: float) -> Release:
    """The release with some means of the table of groups changed, by their place in it; NaN withholds."""
    made = release()
    table = made.tables["descriptives"].copy()
    for place, value in values.items():
        table.loc[int(place[1:]), "mean"] = value
    return replace(
        made,
        meta={**META, "run": "made_up-second"},
        tables={**made.tables, "descriptives": table},
        symbols={},
    )


def test_what_a_second_release_adds_is_listed_figure_by_figure() -> None:
    second = changed(_0=100.2, _1=np.nan, _3=91.0)
    table = with_revealed(second, release()).tables["revealed"]
    assert table.to_numpy().tolist() == [
        ["descriptives", "project", "", "before", "mean", "changed"],
        ["descriptives", "cluster", "Coast", "middle", "mean", "withdrawn"],
        ["descriptives", "school", "28", "after", "mean", "new"],
    ]
    line = revealed_line(with_revealed(second, release()))
    assert (
        line
        == "Figures for the project audience since run made_up-0123abcd45: 1 new, 1 changed, 1 withdrawn (revealed.csv)."
    )


def test_tables_and_rows_that_come_or_go_are_told_of() -> None:
    first = release()
    fewer = replace(
        first,
        tables={name: table.iloc[1:] for name, table in first.tables.items() if name != "sources"},
        symbols={},
    )
    gone = with_revealed(fewer, first).tables["revealed"]
    assert set(gone["change"]) == {"withdrawn"}
    assert ["sources", "", "", "pupils", "files", "withdrawn"] in gone.to_numpy().tolist()
    come = with_revealed(first, fewer).tables["revealed"]
    assert set(come["change"]) == {"new"}
    assert come.drop(columns="change").to_numpy().tolist() == [
        *gone.drop(columns="change").to_numpy().tolist()
    ]


def test_the_same_release_reveals_nothing_and_the_first_says_so() -> None:
    assert with_revealed(release(), release()).tables["revealed"].empty
    first = with_revealed(release(), None)
    assert first.meta["since"] == ""
    assert "every figure in it is new" in revealed_line(first)


def test_a_claim_withheld_is_a_figure_withdrawn() -> None:
    claims = pd.DataFrame({"level": ["school"], "unit": ["28"], "question": ["gap"], "code": ["lower"]})
    first = Release(META, {"claims": claims})
    second = Release(META, {"claims": claims.assign(code="withheld")})
    assert with_revealed(second, first).tables["revealed"]["change"].tolist() == ["withdrawn"]


@pytest.mark.parametrize(("level", "unit"), [("school", "28"), ("cluster", "Coast")])
def test_a_unit_s_part_of_a_release_names_no_other(level: str, unit: str, tmp_path: Path) -> None:
    part = release().of_unit(level, unit)
    written = b"".join(release_files(part).values()).decode()
    others = {"9992001", "100001", "Oak Primary", "99" if level == "school" else "2.5"}
    assert not [other for other in others if f",{other}," in written or f'"{other}"' in written]
    assert unit in written
    if level == "school":
        assert part.symbols["descriptives"]["mean"].tolist() == ["c"]
