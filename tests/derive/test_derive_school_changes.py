"""Schools' published figures over time: the real tables as the csv module has them, and invented ones with every fault."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from evaluation.derive.published import spread_out
from evaluation.derive.school_changes import Figure, lacks, school_changes
from evaluation.errors import DataError
from evaluation.ingest.published import read_published

EARLIER, LATER = "2016-2017_850_ks2final.csv", "2018-2019_850_ks2final.csv"
HEADINGS = "RECTYPE,LEA,ESTAB,URN,URN_AC,NFTYPE,SCHNAME,TELIG,MAT_AVERAGE,MAT_AVERAGE_16\n"
ROWS = {
    "north_2017": [
        "1,301,2001,900001,,CY,Ash,30,100,98",
        "1,301,2002,900002,,CY,Beech,20,SUPP,99",
        "1,301,2003,900003,900103,CY,Cedar,40,104,SUPP",
        "1,301,2004,900004,,CY,Dogwood,0,101,101",
        "1,301,2005,900005,,CY,Elm,25,103,101",
        "3,301,,,,,,9000,103,102",
    ],
    "south_2017": ["1,302,2001,900011,,CY,Fir,10,99,97", "2,302,7001,900012,,CYS,Gorse,5,90,"],
    "all_2019": [
        "1,301,2001,900001,,CY,Ash,60,102,",
        "1,301,2002,900002,,CY,Beech,20,101,",
        "1,301,2903,900103,,ACC,Cedar Academy,40,106,",
        "1,301,2004,900004,,CY,Dogwood,30,101,",
        "1,301,2006,900006,,F,Hazel,25,103,",
        "1,302,2001,900011,,CY,Fir,10,NEW,",
        "2,302,7001,900012,,CYS,Gorse,5,88,",
    ],
}
YEARS = {"north_2017": "2016/17", "south_2017": "2016/17", "all_2019": "2018/19"}
BEFORE = Figure(("north_2017", "south_2017"), "MAT_AVERAGE", "TELIG")
AFTER = Figure(("all_2019",), "MAT_AVERAGE", "TELIG")


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    folder, read = tmp_path_factory.mktemp("published"), {}
    for name, rows in ROWS.items():
        path = folder / f"{name}.csv"
        path.write_text(HEADINGS + "\n".join(rows) + "\n", encoding="utf-8")
        read[name] = read_published(path, "ks2")
    return spread_out(read, YEARS)


def test_every_school_has_a_change_or_a_reason(invented: dict[str, pd.DataFrame]) -> None:
    found = school_changes(invented, BEFORE, AFTER)
    names = found["name_before"].where(found["name_before"] != "", found["name_after"])
    assert dict(zip(names, found["why"], strict=True)) == {
        "Ash": "",
        "Beech": "MAT_AVERAGE of 2016/17: SUPP",
        "Cedar": "",
        "Dogwood": "TELIG of 2016/17: 0",
        "Fir": "MAT_AVERAGE of 2018/19: NEW",
        "Gorse": "",
        "Elm": "not in the 2018/19 table: no candidate",
        "Hazel": "not in the 2016/17 table: no candidate",
    }
    changed = found[found["why"] == ""].set_index("name_before")
    assert changed["change"].to_dict() == {"Ash": 2, "Cedar": 2, "Gorse": -2}
    # 30 pupils and then 60: as precise as twice a test of 20 pupils would be once
    assert changed["size"].to_dict() == pytest.approx({"Ash": 20, "Cedar": 20, "Gorse": 2.5})
    assert changed.loc["Cedar", ["urn_before", "urn_after", "type_after"]].tolist() == [
        "900003",
        "900103",
        "ACC",
    ]


def test_an_earlier_year_in_the_same_file(invented: dict[str, pd.DataFrame]) -> None:
    found = school_changes(invented, Figure(BEFORE.sources, "MAT_AVERAGE_16", "TELIG"), BEFORE)
    assert found.set_index("name_before")["change"].dropna().to_dict() == {
        "Ash": 2,
        "Dogwood": 0,
        "Elm": 2,
        "Fir": 2,
    }
    whys = found.set_index("name_before")["why"]
    assert whys["Cedar"] == "MAT_AVERAGE_16 of 2016/17: SUPP"
    assert whys["Gorse"] == "MAT_AVERAGE_16 of 2016/17: empty"


def test_the_same_school_twice_is_no_change(invented: dict[str, pd.DataFrame]) -> None:
    """A year's table named twice over: no school of it is linked, and each is listed."""
    twice = pd.concat([invented["published_schools"]] * 2, ignore_index=True)
    found = school_changes({**invented, "published_schools": twice}, BEFORE, AFTER)
    assert set(found["why"]) >= {"not in the 2018/19 table: two candidates"}
    assert not (found["why"] == "").any()


def test_a_measure_that_is_not_there_is_named(invented: dict[str, pd.DataFrame]) -> None:
    wrong = Figure(("all_2019",), "MAT_AVERAG", "TELIG")
    assert lacks(invented, wrong) == "MAT_AVERAG"
    assert lacks(invented, AFTER) == ""
    with pytest.raises(DataError, match=r"all_2019: no measure 'MAT_AVERAG'\. Did you mean 'MAT_AVERAGE"):
        school_changes(invented, BEFORE, wrong)


def number(text: str) -> float | None:
    try:
        return float(text.rstrip("%"))
    except ValueError:
        return None


@pytest.mark.parametrize("measure", ["MAT_AVERAGE", "PTRWM_EXP", "READPROG"])
def test_the_real_tables_by_the_csv_module(real: Path, measure: str) -> None:
    tables = spread_out(
        {"one": read_published(real / EARLIER, "ks2"), "two": read_published(real / LATER, "ks2")},
        {"one": "2016/17", "two": "2018/19"},
    )
    found = school_changes(tables, Figure(("one",), measure, "TELIG"), Figure(("two",), measure, "TELIG"))
    by_number = []
    for name in (EARLIER, LATER):
        with (real / name).open(encoding="utf-8-sig", newline="") as stream:
            rows = [row for row in csv.DictReader(stream, restval="") if row["RECTYPE"] in ("1", "2")]
        by_number.append(
            {row["LEA"] + row["ESTAB"]: (number(row[measure]), number(row["TELIG"])) for row in rows}
        )
    one, two = by_number
    both = {key for key in one.keys() & two.keys() if None not in (*one[key], *two[key])}
    expected = {key: (two[key][0] - one[key][0], 1 / (1 / one[key][1] + 1 / two[key][1])) for key in both}
    changed = found[found["why"] == ""]
    assert len(found) == len(one.keys() | two.keys()) == 333
    assert set(changed["laestab_before"]) == both
    for key, change, size in changed[["laestab_before", "change", "size"]].itertuples(index=False):
        assert (change, size) == pytest.approx(expected[key])
