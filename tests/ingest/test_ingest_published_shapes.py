"""Published files of other years, areas and kinds, and as other programs save them: small invented ones of their shapes."""

import csv
import io
import random
import time
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import DataError, SourceError
from evaluation.ingest.published import Published, read_published

KS2 = [
    "RECTYPE",
    "LEA",
    "ESTAB",
    "URN",
    "SCHNAME",
    "URN_AC",
    "OPEN_AC",
    "NFTYPE",
    "ICLOSE",
    "TELIG",
    "PTMAT_EXP",
    "MATPROG",
]
ROWS = [
    ["1", "301", "2001", "900001", "Ash", "0", "", "CY", "0", "30", "75%", "-1.2"],
    ["2", "301", "7002", "900002", "Elm", "900102", "20190601", "CYS", "1", "8", "SUPP", "LOWCOV"],
    ["1", "301", "2003", "900003", "Oak", "0", "", "F", "0", "NEW"],
    ["3", "301", " ", " ", "Invented", " ", " ", " ", " ", "1000", "71%", "0.4"],
    ["4", " ", " ", " ", " ", " ", " ", " ", " ", "600000", "79%", "0.0"],
]


def text(rows: list[list[str]], separator: str = ",", ending: str = "\r\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator=ending).writerows(rows)
    return stream.getvalue()


def read(folder: Path, content: str | bytes, kind: str = "ks2", name: str = "table.csv") -> Published:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8-sig"))
    return read_published(path, kind)  # type: ignore[arg-type]


@pytest.fixture
def plain(tmp_path: Path) -> Published:
    return read(tmp_path, text([KS2, *ROWS]))


def same(one: Published, other: Published) -> None:
    assert one.schools.reset_index(drop=True).equals(other.schools.reset_index(drop=True))
    assert one.areas.reset_index(drop=True).equals(other.areas.reset_index(drop=True))
    for measure in ("TELIG", "PTMAT_EXP", "MATPROG"):
        np.testing.assert_array_equal(one.value(measure), other.value(measure))


def test_a_small_table_by_hand(plain: Published) -> None:
    assert plain.schools["laestab"].tolist() == ["3012001", "3017002", "3012003"]
    assert plain.schools["closed"].tolist() == [False, True, False]
    assert plain.schools.loc[3, ["urn_ac", "type"]].tolist() == ["900102", "CYS"]
    assert str(plain.schools.loc[3, "open_ac"])[:10] == "2019-06-01"
    assert plain.areas["level"].tolist() == ["local authority", "England, all schools"]
    np.testing.assert_array_equal(plain.value("ptmat_exp"), [75, np.nan, np.nan, 71, 79])
    assert plain.reason("MATPROG").tolist() == ["", "LOWCOV", "absent", "", ""]
    assert dict(zip(plain.codes["reason"], plain.codes["cells"], strict=True)) == {
        "absent": 2, "LOWCOV": 1, "NEW": 1, "SUPP": 1,
    }  # fmt: skip
    assert "MATCOV" in plain.summary()[2]
    assert plain.expected["MATPROG"]
    assert not plain.expected["MAT_AVERAGE"]


@pytest.mark.parametrize(
    "content",
    [
        text([KS2, *ROWS]).encode("cp1252"),
        text([KS2, *ROWS], ";").encode("cp1252"),
        text([KS2, *ROWS], "\t").encode("utf-16"),
        text([KS2, *([*row, *[""] * (12 - len(row))] for row in ROWS), [""] * 12, [" "] * 12]).encode(),
        text([["Key stage 2, 2018/19"], [], KS2, *ROWS]).encode(),
        text([[name.title() for name in KS2], *ROWS]).encode(),
        text([[f" {name}  " for name in KS2], *ROWS], ending="\n").encode(),
    ],
    ids=["cp1252", "semicolons", "utf-16", "padded", "title", "case", "spaces"],
)
def test_a_table_saved_by_another_program_is_the_same(
    tmp_path: Path, plain: Published, content: bytes
) -> None:
    found = read(tmp_path, content)
    same(found, plain)
    assert found.rows_in == len(ROWS)


def test_the_order_of_columns_has_no_part_in_it(tmp_path: Path, plain: Published) -> None:
    full = [[*row, *[""] * (12 - len(row))] for row in [KS2, *ROWS]]
    order = random.Random(5).sample(range(12), 12)
    same(read(tmp_path, text([[row[at] for at in order] for row in full])), plain)


def test_decimal_commas_are_read_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, text([KS2, [*ROWS[0][:9], "1,030", "75,5%", "-1,2"]], ";"))
    assert [found.value(name).iloc[0] for name in ("TELIG", "PTMAT_EXP", "MATPROG")] == [1030, 75.5, -1.2]
    said = [fault.reason for fault in found.faults if fault.rule == "commas"]
    assert said == [
        "In 1 cells a comma was read as parting thousands.",
        "In 2 cells a comma was read as parting decimals.",
    ]


def workbook(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def test_a_workbook_keeps_percentages(tmp_path: Path, plain: Published) -> None:
    """Excel turns 75% into the number 0.75 shown as a percentage, and 900001 into a number."""

    def cell(heading: str, value: str) -> object:
        if value.endswith("%"):
            return float(value[:-1]) / 100
        return float(value) if value.replace(".", "").lstrip("-").isdigit() else value

    full = [[cell(name, value) for name, value in zip(KS2, row, strict=False)] for row in ROWS]
    workbook(tmp_path / "table.xlsx", [list(KS2), *full])
    found = read_published(tmp_path / "table.xlsx", "ks2")
    same(found, plain)
    assert [fault.rule for fault in found.faults if fault.rule == "fractions"] == ["fractions"]
    # Percentages that keep their sign are left alone, however small.
    workbook(tmp_path / "small.xlsx", [list(KS2), [*ROWS[0][:10], "0.5%", "1"], [*ROWS[1][:10], "1%", "1"]])
    assert read_published(tmp_path / "small.xlsx", "ks2").value("PTMAT_EXP").tolist() == [0.5, 1]
    workbook(tmp_path / "text.xlsx", [list(KS2), *ROWS])
    same(read_published(tmp_path / "text.xlsx", "ks2"), plain)


def test_codes_that_nobody_knows_are_kept_and_listed(tmp_path: Path) -> None:
    found = read(tmp_path, text([KS2, [*ROWS[0][:9], "30", "XYZ", "#N/A"], [*ROWS[1][:9], "supp", "-", "z"]]))
    assert found.reason("PTMAT_EXP").tolist() == ["XYZ", "-"]
    assert set(found.codes.loc[found.codes["meaning"] == "", "reason"]) == {"XYZ", "#N/A", "-"}
    assert "XYZ" in found.summary()[-1]
    assert not found.measures.loc[found.measures["reason"] != "", "value"].notna().any()


def test_a_key_stage_4_table(tmp_path: Path) -> None:
    headings = [
        "RECTYPE",
        "LEA",
        "ESTAB",
        "URN",
        "SCHNAME",
        "NFTYPE",
        "ADMPOL",
        "EGENDER",
        "TPUP",
        "ATT8SCR",
        "ATT8SCR_NFSM6CLA1A",
    ]
    headings += ["P8MEA", "P8_BANDING", "PTL2BASICS_94"]
    rows = [
        ["1", "301", "4001", "900011", "Ash High", "ACC", "COMP", "MIXED", "150", "46.7", "48.1", "-0.13", "Average", "64%"],
        ["1", "301", "6002", "900012", "Elm College", "IND", "NA", "GIRLS", "40", "NE", "NE", "NP", "NP", "NE"],
        ["2", "301", "7003", "900013", "Oak", "CYS", "NA", "MIXED", "4", "SUPP", "SUPP", "SUPP", "SUPP", "SUPP"],
        ["4", "301", " ", " ", "Invented", " ", " ", " ", "3000", "45.9", "49.0", "0.02", "", "61.9%"],
        ["5", " ", " ", " ", " ", " ", " ", " ", "600000", "44.7", "NA", "NA", "", "59.8%"],
        ["7", "NAT", " ", " ", " ", " ", " ", " ", "540000", "46.7", "50.3", "-0.03", "", "64.9%"],
    ]  # fmt: skip
    found = read(tmp_path, text([headings, *rows]), "ks4")
    assert found.rectypes == {"1": 2, "2": 1, "4": 1, "5": 1, "7": 1}
    assert found.areas["level"].tolist() == [
        "local authority",
        "England, all schools",
        "England, state-funded schools",
    ]
    assert found.value("P8MEA").tolist()[0] == -0.13
    assert found.reason("P8MEA").tolist()[1:3] == ["NP", "SUPP"]
    # Asked for under key stage 2's spelling too.
    assert found.value("ATT8SCR_NotFSM6CLA1A").iloc[0] == 48.1
    assert found.reason("P8_BANDING").tolist()[0] == "Average"
    assert [name for name, there in found.expected.items() if not there] == [
        "ATT8SCR_FSM6CLA1A", "P8MEAMAT", "P8MEACOV", "PTL2BASICS_95",
    ]  # fmt: skip
    with pytest.raises(SourceError, match=r"is it of kind 'ks4'\?"):
        read_published(tmp_path / "table.csv", "ks2")


def test_a_table_of_the_2000s_without_urns(tmp_path: Path) -> None:
    headings = [
        "RECTYP",
        "ALPHAIND",
        "LA",
        "ESTAB",
        "SCHNAME",
        "DUMMY",
        "NFTYPE",
        "DUMMY",
        "TELIG",
        "PTNOTFSMCLA",
    ]
    rows = [
        ["1", "1", "301", "2001", "Ash", "", "CY", "x", "<", "40"],
        ["3", "", "301", "", "Invented", "", "", "", "900", "55.5"],
    ]
    found = read(tmp_path, text([headings, *rows]))
    assert found.schools["laestab"].tolist() == ["3012001"]
    assert found.schools["urn"].tolist() == [""]
    assert found.reason("TELIG").iloc[0] == "<"
    assert found.value("PTNotFSMCLA").tolist() == [40, 55.5]
    assert found.value("PTNFSMCLA").tolist() == [40, 55.5]
    assert "DUMMY" not in found.table.names


def test_rows_that_are_not_understood_are_listed_with_why(tmp_path: Path) -> None:
    rows = [
        ROWS[0],
        ["6", "301", "2009", "900009", *ROWS[0][4:]],  # a school's numbers under no school's record type
        ["1", "", "", "", *ROWS[0][4:]],  # a school without a number
        ["1", "3O1", "2010", "900010", *ROWS[0][4:]],  # a letter for a figure
        ROWS[0],
        [*ROWS[0], "stray"],
        ["Source: an invented department"],
        ROWS[4],
        ROWS[4],
    ]
    found = read(tmp_path, text([KS2, *rows]))
    assert list(found.not_understood[["row", "rule"]].itertuples(index=False, name=None)) == [
        (3, "record_type"), (4, "no_number"), (5, "not_a_number"), (6, "duplicate"), (7, "ragged"), (8, "no_record_type"), (10, "duplicate"),
    ]  # fmt: skip
    assert (len(found.schools), len(found.areas), found.rows_in) == (1, 1, 9)


CELLS = st.sampled_from(
    [
        "",
        " ",
        "0",
        "1",
        "2",
        "3",
        "4",
        "301",
        "2001",
        "900001",
        "75%",
        "SUPP",
        "NA",
        "1,5",
        "x" * 30,
        '"',
        "\u00e9",
    ]
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=14), min_size=1, max_size=8))
def test_accepted_and_listed_rows_are_the_rows_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    filled = sum(any(cell.strip() for cell in row) for row in rows)
    folder = tmp_path_factory.mktemp("rows")
    if not filled:
        with pytest.raises(SourceError, match="no rows below"):
            read(folder, text([KS2, *rows]))
        return
    found = read(folder, text([KS2, *rows]))
    assert found.rows_in == filled
    assert len(found.schools) + len(found.areas) + len(found.not_understood) == filled
    assert len(found.measures) == (len(found.schools) + len(found.areas)) * 3


@pytest.mark.parametrize("day", ["20170401", "01/04/2017", "1/4/2017", "01-04-2017", "2017-04-01"])
def test_dates_as_they_are_written_and_as_excel_writes_them(tmp_path: Path, day: str) -> None:
    found = read(tmp_path, text([KS2, [*ROWS[0][:5], "900111", day, *ROWS[0][7:]]]))
    assert str(found.schools["open_ac"].iloc[0])[:10] == "2017-04-01"
    assert found.faults == ()


def test_a_date_that_is_none_is_listed(tmp_path: Path) -> None:
    found = read(tmp_path, text([KS2, [*ROWS[0][:5], "900111", "April", *ROWS[0][7:]]]))
    assert found.schools["open_ac"].isna().all()
    assert [(fault.row, fault.column, fault.severity) for fault in found.faults] == [(2, "OPEN_AC", "cell")]


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    agree = [[*KS2, "Matprog"], [*ROWS[0], "-1.2"]]
    assert read(tmp_path, text(agree)).value("MATPROG").tolist() == [-1.2]
    with pytest.raises(SourceError, match="two columns headed 'MATPROG' differ"):
        read(tmp_path, text([*agree, [*ROWS[1], "3"]]))


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column is headed 'RECTYPE'"):
        read(tmp_path, "Name,Date\r\nZebediah Quince,01/02/2010\r\n")
    with pytest.raises(SourceError) as error:
        read(tmp_path, "Zebediah,Quince\r\nAda,Quince\r\n")
    assert "Quince" not in str(error.value)
    with pytest.raises(SourceError, match=r"'ks3'.* Did you mean 'ks"):
        read_published(tmp_path / "table.csv", "ks3")  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=r"no such file. Did you mean 'table.csv'"):
        read_published(tmp_path / "tables.csv", "ks2")
    with pytest.raises(SourceError, match="no rows below"):
        read(tmp_path, text([KS2]))
    with pytest.raises(DataError, match="Did you mean 'MATPROG'"):
        read(tmp_path, text([KS2, *ROWS])).value("MATPROGS")


def test_the_whole_register(tmp_path: Path) -> None:
    headings = [
        "URN",
        "LA (code)",
        "LA (name)",
        "EstablishmentNumber",
        "EstablishmentName",
        "TypeOfEstablishment (name)",
    ]
    headings += [
        "EstablishmentStatus (name)",
        "OpenDate",
        "PhaseOfEducation (name)",
        "NumberOfPupils",
        "PercentageFSM",
    ]
    headings += ["HeadLastName", "Easting", "Northing"]
    rows = [
        ["900001", "301", "Invented", "2001", "Caf\u00e9 Lane School", "Community school", "Closed", "01-09-1990", "Primary", "210", "12.5", "Quince", "500000", "200000"],
        ["900101", "301", "Invented", "2001", "Caf\u00e9 Lane Academy", "Academy converter", "Open", "01-04-2017", "Primary", "", "", "Quince", "500000", "200000"],
        ["900202", "301", "Invented", "", "Proposed School", "Free schools", "Proposed to open", "", "Secondary", "", "", "", "", ""],
        ["900303", "000", "Does not apply", "", "Overseas School", "Service school", "Open", "", "", "", "", "", "", ""],
        ["900001", "301", "Invented", "2001", "Again", "Community school", "Open", "", "Primary", "", "", "", "", ""],
    ]  # fmt: skip
    found = read(tmp_path, text([headings, *rows]).encode("cp1252"), "schools", "edubasealldata20240101.csv")
    assert found.schools["name"].tolist() == [
        "Caf\u00e9 Lane School",
        "Caf\u00e9 Lane Academy",
        "Proposed School",
        "Overseas School",
    ]
    assert found.schools["laestab"].tolist() == ["3012001", "3012001", "", ""]
    assert found.schools["closed"].tolist()[:2] == [True, False]
    assert found.schools["closed"].isna().tolist() == [False, False, True, False]
    assert found.value("Easting").iloc[0] == 500000
    assert found.not_understood["rule"].tolist() == ["duplicate"]
    # Heads are named in the register; nobody needs them here.
    assert "Quince" not in found.table.cells.texts


def test_the_links_file(tmp_path: Path) -> None:
    headings = ["URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate"]
    rows = [
        ["900101", "900001", "Ash", "Predecessor", "01-04-2017"],
        ["900001", "900101", "Ash", "Successor", "01-04-2017"],
        ["900001", "", "Ash", "Successor", ""],
    ]
    found = read(tmp_path, text([headings, *rows]).encode("cp1252"), "links")
    assert found.links[["urn", "linked_urn", "link_type"]].to_numpy().tolist() == [
        ["900101", "900001", "Predecessor"],
        ["900001", "900101", "Successor"],
    ]
    assert str(found.links["date"].iloc[0])[:10] == "2017-04-01"
    assert found.not_understood["row"].tolist() == [4]


def test_damaged_files_are_read_in_full_or_refused(tmp_path: Path) -> None:
    """Bytes and cells changed at random: never anything but a table that accounts for its rows, or a SourceError."""
    content = text([KS2, *ROWS * 3]).encode()
    chance = random.Random(11)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.randint(0, 3)] = chance.choice(
                [b'"', b",", b"\r\n", b"\x80", b"", b"\xe9", b"9"]
            )
        try:
            found = read(tmp_path, bytes(broken))
        except SourceError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert found.rows_in == len(found.schools) + len(found.areas) + len(found.not_understood)
    assert min(outcomes.values()) > 10


def test_a_national_file_takes_seconds_and_little_memory(tmp_path: Path) -> None:
    """16,500 schools and 300 measures: a quarter of a minute would be too long, and four bytes a cell are held."""
    measures = [f"M{number}" for number in range(300)]
    chance = random.Random(3)
    blocks = [
        ",".join(chance.choice(["SUPP", "NA", "", f"{n % 97}%", f"{n / 10}"]) for n in range(300))
        for _ in range(40)
    ]
    schools = "".join(
        f"1,{200 + n // 500},{2000 + n % 500},{100000 + n},School {n},{blocks[n % 40]}\r\n"
        for n in range(16_500)
    )
    started = time.process_time()
    found = read(tmp_path, "RECTYPE,LEA,ESTAB,URN,SCHNAME," + ",".join(measures) + "\r\n" + schools)
    long = found.measures
    assert time.process_time() - started < 15
    assert len(long) == 16_500 * 300
    assert found.table.cells.at.nbytes == 4 * len(long)
    assert long.memory_usage(index=False).sum() < 30 * len(long)
    cells = blocks[7].split(",")
    held = [found.value(name).iloc[7] for name in measures]
    np.testing.assert_array_equal(
        held, [float(cell.strip("%")) if cell[:1].isdigit() else np.nan for cell in cells]
    )
