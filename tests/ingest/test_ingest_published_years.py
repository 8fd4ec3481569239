"""The department's files of other years and areas: levels and scaled scores, other suffixes and codes, national files, registers.

Small invented files under the headings of their year. Headings: the department's tables of 2010/11 to 2023/24 as public
code that reads them names them; schools and figures are made up.
"""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from evaluation.errors import SourceError
from evaluation.ingest.published import Published, read_published

WHO = ["RECTYPE", "ALPHAIND", "LEA", "ESTAB", "URN", "SCHNAME"]
PLACE = ["ADDRESS1", "TOWN", "PCODE", "TELNUM"]
# By kind and year: the measures, each with the cells of two schools, the authority and England.
KS2 = {
    "2010/11": {"TELIG": "28 9 2100 550000", "TAPS": "28.1 SUPP 27.4 27.5", "PTMATX": "86% SUPP 80% 80%", "PTENGMATX": "79% SUPP 74% 74%",
                "PT2MATH": "90% SUPP 82% 82%", "COVMATH": "100% 89% 97% 97%", "OVAMEAS": "100.4 NA 99.8 100"},
    "2013/14": {"TELIG": "31 6 2300 560000", "PTREADWRITTAMATX": "81% SUPP 78% 78%", "PTREADWRITTAMAT4B": "70% SUPP 66% 67%",
                "PTMAT4B": "78% SUPP 75% 76%", "PTMATAX": "43% SUPP 41% 42%", "TFSMCLA": "8 2 600 160000",
                "PTREADWRITTAMATX_FSMCLA": "63% SUPP 64% 67%", "PTREADWRITTAMATX_NotFSMCLA": "87% SUPP 82% 83%", "AVGLEVEL": "4B NA 4B 4B"},
    "2015/16": {"TELIG": "30 8 2400 580000", "PTMAT_EXP": "73% SUPP 69% 70%", "MAT_AVERAGE": "103 SUPP 102 103", "MATPROG": "-1.2 LOWCOV 0.1 0",
                "MATPROG_LOWER": "-2.9 LOWCOV 0 NA", "TFSM6CLA1A": "9 3 700 180000", "MATPROG_NotFSM6CLA1A": "0.3 SUPP 0.4 0.3"},
    "2021/22": {"telig": "30 8 2400 660000", "ptmat_exp": "71% c 70% 71%", "mat_average": "103 c 103 104", "tfsm6cla1a": "9 3 800 200000"},
    "2023/24": {"TELIG": "29 7 2350 670000", "PTMAT_EXP": "74% SUPP 72% 73%", "MAT_AVERAGE": "104 SUPP 104 104", "TSENELEK": "5 1 400 120000",
                "PTMAT_HIGH": "low x 23% 24%", "READPROG": "z z z z"},
}  # fmt: skip
KS4 = {
    "2013/14": {"TPUP": "180 12 9000 560000", "PTAC5EM_PTQ_EE": "61% SUPP 56% 53%", "TFSMCLA": "40 4 1900 150000", "PTFSMCLAAC5EM_PTQ_EE": "38% SUPP 36% 36%"},
    "2015/16": {"TPUP": "178 10 9100 550000", "ATT8SCR": "51.2 SUPP 49.8 48.5", "P8MEA": "0.12 NE -0.03 -0.03", "P8CILOW": "-0.05 NE -0.06 NA",
                "P8MEACOV": "97% LOWCOV 94% 94%", "ATT8SCR_FSM6CLA1A": "41.9 SUPP 40.1 41.2", "ATT8SCR_NFSM6CLA1A": "54 SUPP 53.1 52.8"},
    "2018/19": {"TPUP": "181 11 9200 540000", "ATT8SCR": "47.1 NP 46.5 46.7", "P8MEA": "-0.2 SP 0.01 -0.03", "P8MEAMAT": "0.4 RE 0 0",
                "PTL2BASICS_94": "66% DNS 64% 64%", "PTL2BASICS_95": "43% DNS 42% 43%"},
    "2023/24": {"TPUP": "185 9 9500 600000", "ATT8SCR": "46.2 c 45.5 45.9", "P8MEA": "-0.11 u -0.02 -0.03", "PTL2BASICS_94": "65% c 64% 65%"},
}  # fmt: skip
RECTYPES = {"ks2": ["1", "2", "3", "4"], "ks4": ["1", "2", "4", "5"]}


def table(kind: str, measures: dict[str, str], area: str = "301", lower: bool = False) -> str:
    columns = [cells.split() for cells in measures.values()]
    rows = [
        [
            RECTYPES[kind][at],
            "" if at > 1 else str(12345 + at),
            "" if at == 3 else area,
            "" if at > 1 else f"{2001 + 5000 * at}",
            "" if at > 1 else str(900001 + at),
            ["Ash", "Elm", "", "England"][at],
            *[""] * 4,
            *[cells[at] for cells in columns],
        ]
        for at in range(4)
    ]
    headings = [*WHO, *PLACE, *measures]
    stream = io.StringIO()
    csv.writer(stream).writerows([[name.lower() for name in headings] if lower else headings, *rows])
    return stream.getvalue()


def read(folder: Path, text: str, kind: str, encoding: str = "utf-8-sig") -> Published:
    path = folder / "published.csv"
    path.write_bytes(text.encode(encoding))
    return read_published(path, kind)  # type: ignore[arg-type]


def number(cell: str) -> float:
    try:
        return float(cell.rstrip("%"))
    except ValueError:
        return np.nan


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("area", ["301", "202", "936"])
@pytest.mark.parametrize(
    ("kind", "year"), [*(("ks2", year) for year in KS2), *(("ks4", year) for year in KS4)]
)
def test_tables_of_every_year_are_read_with_no_setting_but_their_kind(
    tmp_path: Path, kind: str, year: str, area: str, lower: bool
) -> None:
    measures = {"ks2": KS2, "ks4": KS4}[kind][year]
    found = read(tmp_path, table(kind, measures, area, lower), kind)
    assert found.schools["laestab"].tolist() == [f"{area}2001", f"{area}7001"]
    assert found.areas["level"].tolist() == ["local authority", "England, all schools"]
    assert found.not_understood.empty
    for name, cells in measures.items():
        np.testing.assert_array_equal(found.value(name), [number(cell) for cell in cells.split()])
        reasons = ["" if np.isfinite(number(cell)) else cell for cell in cells.split()]
        assert found.reason(name).tolist() == reasons


@pytest.mark.parametrize(("kind", "year"), [("ks2", "2010/11"), ("ks2", "2013/14"), ("ks4", "2013/14")])
def test_a_year_without_the_measures_looked_for_says_so_and_lacks_none_of_its_own(
    tmp_path: Path, kind: str, year: str
) -> None:
    measures = {"ks2": KS2, "ks4": KS4}[kind][year]
    found = read(tmp_path, table(kind, measures), kind)
    assert found.table.names == tuple(name.upper() for name in measures)
    assert "not there: " in found.summary()[2]
    assert {"ks2": "PTMAT_EXP", "ks4": "ATT8SCR"}[kind] in found.summary()[2]


def test_free_meals_of_the_older_definition_are_never_taken_for_those_of_the_newer(tmp_path: Path) -> None:
    found = read(tmp_path, table("ks2", KS2["2013/14"]), "ks2")
    assert found.table.named("TFSM6CLA1A") is None
    assert found.table.named("PTREADWRITTAMATX_NFSMCLA") == "PTREADWRITTAMATX_NOTFSMCLA"


def test_a_national_file_has_every_authority_once(tmp_path: Path) -> None:
    areas = [f"{number}" for number in range(201, 214)]
    parts = [table("ks2", KS2["2015/16"], area).splitlines() for area in areas]
    schools = [
        line.replace("90000", f"9{area[1:]}00")
        for part, area in zip(parts, areas, strict=True)
        for line in part[1:3]
    ]
    lines = [parts[0][0], *schools, *(part[3] for part in parts), parts[0][4]]
    found = read(tmp_path, "\n".join(lines), "ks2")
    assert found.areas["la"].tolist() == [*areas, ""]
    assert len(found.schools) == 2 * len(areas)
    assert found.not_understood.empty


def test_a_table_of_the_other_key_stage_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is it of kind 'ks4'"):
        read(tmp_path, table("ks4", KS4["2013/14"]), "ks2")


REGISTERS = {
    "Edubase, all columns": (
        ["URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (name)",
         "EstablishmentStatus (name)", "PhaseOfEducation (name)", "NumberOfPupils", "PercentageFSM", "Easting", "Northing"],
        ["900001", "301", "Invented", "2001", "Ash Café School", "Community School", "Open", "Primary", "210", "18.5", "431200", "318400"],
    ),
    "extract, in other order and quotes": (
        ["EstablishmentName", "PhaseOfEducation (name)", "EstablishmentNumber", "LA (code)", "URN", "EstablishmentTypeGroup (name)",
         "EstablishmentStatus (name)"],
        ["Ash Café School", "Primary", "2001", "301", "900001", "Community School", "Open"],
    ),
    "tables' school information": (
        ["URN", "LANAME", "LA", "ESTAB", "LAESTAB", "SCHNAME", "TOWN", "POSTCODE", "SCHSTATUS", "OPENDATE", "CLOSEDATE", "MINORGROUP",
         "SCHOOLTYPE", "ISPRIMARY", "ISSECONDARY", "GENDER"],
        ["900001", "Invented", "301", "2001", "3012001", "Ash Café School", "Wendle", "WE1 1AA", "Open", "", "", "Maintained school",
         "Community School", "1", "0", "Mixed"],
    ),
    "spreadsheet's headings in capitals": (
        ["URN", "LA (CODE)", "ESTABLISHMENTNUMBER", "ESTABLISHMENTNAME", "TYPEOFESTABLISHMENT (NAME)", "ESTABLISHMENTSTATUS (NAME)"],
        ["900001", "301", "2001", "Ash Café School", "Community School", "Open"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("layout", REGISTERS)
def test_registers_of_older_and_newer_layouts_are_read(tmp_path: Path, layout: str, encoding: str) -> None:
    headings, row = REGISTERS[layout]
    other = [
        cell.replace("900001", "900002").replace("2001", "2002").replace("Open", "Closed") for cell in row
    ]
    text = "\r\n".join(",".join(f'"{cell}"' for cell in cells) for cells in (headings, row, other))
    found = read(tmp_path, text, "schools", encoding)
    assert found.schools[["laestab", "urn", "name", "type"]].iloc[0].tolist() == [
        "3012001", "900001", "Ash Café School", "Community School",
    ]  # fmt: skip
    assert found.schools["closed"].tolist() == [False, True]
    assert found.not_understood.empty
