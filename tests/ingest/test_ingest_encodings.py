"""CSV files in whatever encoding, separator and state they come: every cell right, or the doubt stated."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import SourceError
from evaluation.ingest import RawTable, read_tables
from evaluation.ingest.encoding import decode

HEADINGS = ["UPN", "Surname", "Score"]
NAMES = ["Núñez", "Zoë", "Löwe", "O’Brien", "Françoise", "Siân", "Béatrice", "Jürgen", "Anaïs"]
TEXT = "UPN,Surname,Score\r\n" + "".join(f"u{at},{name},{90 + at}\r\n" for at, name in enumerate(NAMES))


def read(path: Path, content: bytes, headings: list[str] = HEADINGS) -> RawTable:
    path.write_bytes(content)
    (table,) = read_tables(path, path.name, "marks", headings)
    return table


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"],
)
def test_names_survive_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = read(tmp_path / "a.csv", TEXT.encode(encoding))
    assert table.cells["Surname"].tolist() == NAMES
    assert [fault.rule for fault in table.faults] == (["encoding"] if encoding == "mac_roman" else [])


def test_utf16_big_endian_with_its_mark_and_latin_1(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", b"\xfe\xff" + TEXT.encode("utf-16-be")).cells["Surname"].tolist() == NAMES
    plain = TEXT.replace("’", "'")
    assert read(tmp_path / "a.csv", plain.encode("latin-1")).cells["Surname"].tolist()[:3] == NAMES[:3]


def test_two_encodings_in_one_file_are_each_read_right(tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    content = b"".join(line.encode("cp1252" if at % 2 else "utf-8") for at, line in enumerate(lines))
    table = read(tmp_path / "a.csv", content)
    assert table.cells["Surname"].tolist() == NAMES
    (fault,) = table.faults
    assert "Two encodings in one file: 5 lines" in fault.reason


def test_windows_names_with_rarer_letters_are_not_taken_for_a_mac_s(tmp_path: Path) -> None:
    content = "UPN,Surname,Score\nu1,Šimić,1\nu2,Žižek,2\nu3,O’Neill,3\n".replace("ć", "c").encode("cp1252")
    assert read(tmp_path / "a.csv", content).cells["Surname"].tolist() == ["Šimic", "Žižek", "O’Neill"]


def test_a_byte_of_no_encoding_costs_a_character_and_says_so(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", b"UPN,Surname,Score\nu1,Lee,99\nu2,\x81\x8d,98\n")
    assert table.cells["Score"].tolist() == ["99", "98"]
    assert "2 characters could not be read" in table.faults[0].reason


def test_nul_bytes_are_left_out_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", TEXT.encode() + b"\0\0\0")
    assert table.cells["Surname"].tolist() == NAMES
    assert "3 NUL characters" in table.faults[0].reason


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_every_separator_and_one_declared(tmp_path: Path, separator: str) -> None:
    body = f"UPN{separator}Surname{separator}Score\nu1{separator}Lee{separator}99\n"
    assert read(tmp_path / "a.csv", body.encode()).header_row == 1
    declared = read(tmp_path / "a.csv", f"sep={separator}\n{body}".encode())
    assert declared.header_row == 2
    assert declared.cells.loc[3].tolist() == ["u1", "Lee", "99"]


def test_a_declared_separator_goes_before_the_look_of_the_file(tmp_path: Path) -> None:
    table = read(tmp_path / "a.csv", b"sep=;\nUPN;Surname;Score\nu1;Lee, Ann, Mary;99\n")
    assert table.cells.loc[3, "Surname"] == "Lee, Ann, Mary"


@pytest.mark.parametrize("above", [0, 1, 15, 29])
def test_headings_are_found_in_any_of_the_first_thirty_rows(tmp_path: Path, above: int) -> None:
    table = read(tmp_path / "a.csv", b"Some title, 4A\n" * above + TEXT.encode())
    assert table.header_row == above + 1
    assert table.cells["Surname"].tolist() == NAMES


def test_headings_lower_than_that_are_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="lies below row 30"):
        read(tmp_path / "a.csv", b"Some title\n" * 30 + TEXT.encode())


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_after_the_headings_are_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with suppress(SourceError):
        table = read(path, b"UPN,Surname,Score\nu1,Lee,99\n" + tail)
        assert table.cells.iloc[0].tolist()[0] == "u1"


@given(
    st.text(
        alphabet=st.characters(
            codec="utf-8", exclude_characters="\0\ufeff\ufffd", exclude_categories=("Cs",)
        ),
        min_size=1,
    )
)
def test_utf8_is_always_read_as_it_was_written(text: str) -> None:
    if text.strip() and "\0" not in text:
        content = text.encode()
        if not content.startswith((b"\xff\xfe", b"\xfe\xff")) and text.count("\0") == 0:
            assert decode(content, "a.csv").text == text
