"""Files as schools spoil them, on the real path: each fault is told of or put right, and no wrong number goes by unseen.

Faults of cells and rows stand in `evaluation.simulate.corrupt` with a floor for each; here are those of sheets, files and
several files, which that generator does not make.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clean_tables import STUDY, upn
from real_path import as_csv, as_xlsx, bytes_of, headed, take

from evaluation.clean.parse import parse_identifier, parse_name, parse_send, parse_sex, parse_yes_no
from evaluation.clean.plain import plain_text
from evaluation.clean.score_cells import scale_doubt

Table = list[list[object]]
COUNT = 40


def _pupils() -> list[list[str]]:
    rng = np.random.default_rng(3)
    starts, ends = (
        ["Ash", "Bar", "Col", "Dun", "Eth"],
        ["worth", "ley", "mere", "stone", "field", "wick", "combe", "thorpe"],
    )
    names = rng.permutation([start + end for start in starts for end in ends])
    firsts = rng.permutation(
        [
            start + end
            for start in ["Ad", "Be", "Ca", "Do", "El"]
            for end in ["ric", "lla", "mond", "sie", "wyn", "nor", "lin", "ra"]
        ]
    )
    days = [
        dt.date(2014, 9, 1) + dt.timedelta(days=int(day)) for day in rng.choice(364, COUNT, replace=False)
    ]
    return [
        [
            upn(at),
            names[at],
            firsts[at],
            f"{days[at]:%d/%m/%Y}",
            "9992001",
            "4",
            str(72 + (7 * at + at // 7) % 55),
        ]
        for at in range(COUNT)
    ]


PUPILS = _pupils()
SCORES = [float(row[-1]) for row in PUPILS]


def roll() -> Table:
    return headed([[*row[:-1], "N" if at % 3 else "Y"] for at, row in enumerate(PUPILS)])


def marks() -> Table:
    return headed(PUPILS, scores=True)


def test_sound_files_are_taken_in_without_a_word(tmp_path: Path) -> None:
    taken = take(tmp_path, {"roll": roll(), "marks": marks()})
    assert taken.issues.empty
    assert taken.linked.scores["score"].tolist() == SCORES


def _quoted(content: bytes) -> bytes:
    return b"\r\n".join(b'"' + line.replace(b'"', b'""') + b'"' for line in content.splitlines())


def _mark_in_the_middle(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:20], b"\xef\xbb\xbf" + lines[20], *lines[21:]])


def _mixed_ends(content: bytes) -> bytes:
    lines = content.splitlines()
    return b"".join(line + [b"\n", b"\r\n", b"\r"][at % 3] for at, line in enumerate(lines))


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_quoted, "lines_quoted"),
        (_mark_in_the_middle, ""),
        (_mixed_ends, ""),
        (lambda content: content.replace(b"worth,", b"worth\t,"), ""),
        (lambda content: content.replace(b",9992001,", b',="9992001",'), ""),
        (
            lambda content: b"Results\r\nfor Elm Tree\r\n\r\n" + content + b"\r\nPage 1 of 1,,,,,,\r\n",
            "total",
        ),
    ],
)
def test_text_files_spoilt_by_programs_hold_the_same_scores(
    tmp_path: Path, spoil: Callable[[bytes], bytes], rule: str
) -> None:
    taken = take(tmp_path, {"roll": roll(), "marks": spoil(as_csv(marks()))})
    assert taken.linked.scores["score"].tolist() == SCORES
    assert taken.linked.scores["pupil"].notna().all()
    assert set(taken.issues["rule"]) == ({rule} if rule else set())


def test_hidden_rows_columns_and_sheets_are_read_and_said(tmp_path: Path) -> None:
    book = as_xlsx(marks())
    for row in (5, 6, 7):
        book.active.row_dimensions[row].hidden = True
    book.active.column_dimensions["F"].hidden = True
    book.active.auto_filter.ref = "A1:G41"
    old = book.create_sheet("old")
    for row in marks()[:4]:
        old.append(row)
    old.sheet_state = "hidden"
    taken = take(tmp_path, {"roll": roll(), "marks": bytes_of(book)})
    said = taken.issues[taken.issues["rule"] == "hidden"]
    assert said["sheet"].tolist() == ["Sheet", "old"]
    assert said["reason"].iloc[0].startswith("4 rows or runs of columns")
    assert taken.linked.scores["score"].tolist() == SCORES


def test_a_table_below_with_its_columns_in_another_order_is_not_read_under_the_wrong_headings(
    tmp_path: Path,
) -> None:
    rows = marks()
    rows[21:] = [[row[2], row[1], row[0], row[5], row[4], row[3], row[6]] for row in [rows[0], *rows[21:]]]
    taken = take(tmp_path, {"roll": roll(), "marks": rows})
    assert taken.told("marks", "heading") == [22]
    assert taken.told("marks", "other_order") == list(range(23, 43))
    assert taken.received.scores["score"].tolist() == SCORES[:20]


def test_the_first_order_ends_what_stands_in_another(tmp_path: Path) -> None:
    rows = marks()
    turned = [[row[1], row[0], *row[2:]] for row in [rows[0], *rows[31:36]]]
    rows[31:36] = [*turned, rows[0]]
    taken = take(tmp_path, {"roll": roll(), "marks": rows})
    assert taken.told("marks", "other_order") == list(range(33, 38))
    assert len(taken.received.scores) == COUNT - 5


def test_last_wave_s_results_sent_again_are_told_and_true_ones_are_not(tmp_path: Path) -> None:
    again = take(tmp_path, {"roll": roll(), "marks": marks(), "marks_summer": marks()})
    assert again.told("marks_summer", "scores_again") == [0]
    assert again.told("marks", "scores_again") == []
    later = [[*row[:-1], str(min(130, int(row[-1]) + at % 4))] for at, row in enumerate(PUPILS)]
    taken = take(tmp_path, {"roll": roll(), "marks": marks(), "marks_summer": headed(later, scores=True)})
    assert taken.issues.empty


def test_another_school_s_pupils_in_a_file_are_noted_in_both(tmp_path: Path) -> None:
    others = [
        [upn(500 + at), f"{row[1]}x", f"{row[2]}y", *row[3:4], "9992002", "4", "N"]
        for at, row in enumerate(PUPILS)
    ]
    pasted = [[*row[:4], "9992001", *row[5:]] for row in others[:6]]
    taken = take(
        tmp_path,
        {"roll": [*roll(), *pasted], "roll_summer": headed(others), "marks": marks()},
        given={"roll_summer": {"wave": "autumn"}},
    )
    assert taken.told("roll", "in_another_file") == list(range(42, 48))


@pytest.mark.parametrize(
    ("column", "fill", "rule"),
    [
        (6, lambda _: "", "disadvantaged_column"),
        (6, lambda _: "N", "disadvantaged_column"),
        (5, lambda at: "4" if at == 0 else "", "year_group_column"),
        (3, lambda at: "01/01/2015" if at % 6 == 0 else PUPILS[at][3], "dob_common"),
    ],
)
def test_columns_of_a_list_that_cannot_be_as_they_stand_are_noted(
    tmp_path: Path, column: int, fill: Callable[[int], str], rule: str
) -> None:
    rows = roll()
    for at, row in enumerate(rows[1:]):
        row[column] = fill(at)
    taken = take(tmp_path, {"roll": rows, "marks": marks()})
    assert taken.told("roll", rule) == [0]
    if column == 6 and fill(0) == "":
        assert taken.linked.pupils["disadvantaged"].isna().all()


def test_a_listed_pupil_with_neither_number_nor_birthday_is_noted(tmp_path: Path) -> None:
    taken = take(
        tmp_path, {"roll": [*roll(), ["", "Zedmere", "Xander", "", "9992001", "4", "Y"]], "marks": marks()}
    )
    assert taken.told("roll", "no_number") == [42]


def test_the_teacher_on_a_list_is_no_pupil(tmp_path: Path) -> None:
    staff = [("Mrs Hartley", ""), ("Hartley", "Mr J"), ("Teacher", "Miss Hartley"), ("Dr. Hartley", "Jo")]
    rows = [*roll(), *(["", *who, "", "9992001", "4", ""] for who in staff)]
    taken = take(tmp_path, {"roll": rows, "marks": marks()})
    assert taken.told("roll", "staff") == [42, 43, 44, 45]
    assert len(taken.received.pupils) == COUNT


def test_a_pupil_called_like_a_title_or_a_total_stays_one(tmp_path: Path) -> None:
    rows, tested = roll(), marks()
    for table in (rows, tested):
        for at, name in enumerate(["Head", "Mean", "Page", "Class", "Max"], start=1):
            table[at][1] = name
    taken = take(tmp_path, {"roll": rows, "marks": tested})
    assert len(taken.linked.pupils) == COUNT
    assert taken.linked.scores["score"].tolist() == SCORES


WORDS = [
    "Whole class", "Class 4B avg", "Ave", "Av.", "% at EXS", "Number on roll", "N=30", "St Dev", "Year 4 mean", "Cohort", "Maple class",
    "Page 2 of 3", "National",
]  # fmt: skip


def test_totals_by_other_names_are_no_pupils(tmp_path: Path) -> None:
    rows = marks()
    rows[20:20] = [["", word, "", "", "", "", "98.3"] for word in WORDS]
    taken = take(tmp_path, {"roll": roll(), "marks": rows})
    assert taken.told("marks", "total") == list(range(21, 21 + len(WORDS)))
    assert taken.received.scores["score"].tolist() == SCORES


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("１０４", "104"),
        ("Ｈ８０１", "H801"),
        ("١٠٤", "104"),
        ('="0012"', "0012"),
        ('"Ash"', "Ash"),
        ("'104", "104"),
        ("'t Hooft", "'t Hooft"),
        ("10\u00ad4\u200b", "104"),
        ("José\u00a0 Núñez", "José Núñez"),
        ("½", "½"),
    ],
)
def test_cells_in_plain_characters(cell: str, plain: str) -> None:
    assert plain_text(cell) == plain


def test_notes_beside_names_answers_and_codes() -> None:
    assert parse_name("Ashworth (left)").value == "Ashworth"
    assert parse_name("Ashworth*").remark
    assert parse_name("=Sheet1!B3").reason
    assert "two pupils" in parse_name("Ada & Ben").remark
    assert parse_name("(left)").value == "(left)"
    assert (parse_yes_no("Yes - FSM").value, parse_yes_no("N (left)").value) == (1, 0)
    assert parse_yes_no("Nobody").reason
    assert [parse_send(text).value for text in ("K - SEN Support", "N - None", "E - EHCP")] == [1, 0, 1]
    assert parse_sex("F - Female").value == "F"
    assert parse_identifier("1.23457E+13").reason
    assert parse_identifier("12345").value == "12345"


def test_scores_unlike_the_test_s_are_doubted() -> None:
    normed = STUDY.instruments[0].model_copy(update={"norm_mean": 100.0, "norm_sd": 15.0})
    raw = normed.model_copy(update={"minimum": 0.0, "maximum": 25.0, "score": "raw", "norm_sd": None})
    assert "standard deviation" in scale_doubt([str(97 + at % 4) for at in range(40)], normed)
    assert scale_doubt([str(int(score)) for score in SCORES], normed) == ""
    assert "nought" in scale_doubt([*["0"] * 3, *[str(15 + at % 10) for at in range(30)]], raw)
    assert scale_doubt([str(at % 26) for at in range(60)], raw) == ""
    assert scale_doubt([], raw) == ""
