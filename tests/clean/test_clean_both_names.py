"""Both names in one column: parted by the evidence in the column and the other files, and never without a word."""

from pathlib import Path

import pytest
from clean_tables import pupils, raw, results
from hypothesis import given
from hypothesis import strategies as st
from real_path import headed, take

from evaluation.clean.both_names import name_order, part
from evaluation.errors import StudyError
from evaluation.store.withdrawn import Withdrawals, name_mark, who_text

MAP = {"name": "Pupil", "dob": "DOB", "school": "School", "year_group": "Year", "score": "Score"}


@pytest.mark.parametrize(
    ("cell", "order", "surname", "forename", "assumed"),
    [
        ("Okonkwo, Adaeze", "comma", "Okonkwo", "Adaeze", False),
        ("Garcia Lopez,Maria del Mar", "comma", "Garcia Lopez", "Maria del Mar", False),
        ("van der Berg, Anna", "comma", "van der Berg", "Anna", False),
        ("Anna van der Berg", "unsettled", "van der Berg", "Anna", False),
        ("Anna Maria van der Berg", "unsettled", "van der Berg", "Anna Maria", False),
        ("Omar bin Yusuf", "unsettled", "bin Yusuf", "Omar", False),
        ("Ben Whitlock-Haines", "forename first", "Whitlock-Haines", "Ben", False),
        ("Maria Garcia Lopez", "forename first", "Garcia Lopez", "Maria", True),
        ("Garcia Lopez Maria", "surname first", "Garcia Lopez", "Maria", True),
        ("GARCIA LOPEZ Maria Jose", "surname first", "GARCIA LOPEZ", "Maria Jose", False),
        ("Maria Jose GARCIA LOPEZ", "unsettled", "GARCIA LOPEZ", "Maria Jose", False),
        ("Okonkwo, Adaeze (Ada)", "comma", "Okonkwo", "Adaeze", False),
        ("Okonkwo", "comma", "Okonkwo", "", False),
        ("Okonkwo,", "comma", "Okonkwo", "", False),
        ("", "unsettled", "", "", False),
    ],
)
def test_a_cell_of_both_names(cell: str, order: str, surname: str, forename: str, assumed: bool) -> None:
    assert part(cell, order) == (surname, forename, assumed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["Okonkwo, Adaeze", "Bennet Whitlock"], "comma"),
        (["OKONKWO Adaeze", "WHITLOCK Bennet"], "surname first"),
        (["Adaeze OKONKWO", "Bennet WHITLOCK"], "forename first"),
        (["Zed Achebe", "Ann Baker", "Bo Cole", "Al Dunn", "Cy East"], "forename first"),
        (["Achebe Zed", "Baker Ann", "Cole Bo", "Dunn Al", "East Cy"], "unsettled"),
        (["ADAEZE OKONKWO"], "unsettled"),
        ([], "unsettled"),
    ],
)
def test_the_order_of_a_column(cells: list[str], order: str) -> None:
    assert name_order(cells)[0] == order


@given(
    st.text(st.sampled_from("Ab ,()-'é"), max_size=20),
    st.sampled_from(["comma", "surname first", "unsettled"]),
)
def test_no_letter_is_lost_but_those_in_brackets(cell: str, order: str) -> None:
    found = part(cell, order)  # type: ignore[arg-type]
    if not set("()") & set(cell):
        kept = sorted(mark for mark in found.surname + found.forename if mark not in " ,")
        assert kept == sorted(mark for mark in cell if mark not in " ,")


def column(rows: list[list[str]], name: str) -> list[list[object]]:
    """Result rows with one column of both names."""
    return [
        ["Pupil", "DOB", "School", "Year", "Score"],
        *([name.format(surname=row[1], forename=row[2]), *row[3:]] for row in rows),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("{surname}, {forename}", "was read before it."),
        ("{surname} {forename}", "this column has the family name first"),
        ("{forename} {surname}", "nothing in it tells which stands first"),
    ],
)
def test_results_with_one_column_are_linked_whatever_its_order(tmp_path: Path, name: str, said: str) -> None:
    files = {"roll": headed(pupils()), "marks": column(results(), name)}
    taken = take(tmp_path, files, {"marks": MAP})
    assert any(said in reason for reason in taken.reasons("name_order"))
    assert taken.received.scores["surname"].tolist() == [row[1] for row in pupils()]
    assert (taken.linked.scores["linked_by"] == "name_dob").all()


def test_a_column_known_to_have_the_family_name_first_is_read_so_for_those_not_known_too(
    tmp_path: Path,
) -> None:
    files = {"roll": headed(pupils()[:7]), "marks": column(results(), "{surname} {forename}")}
    taken = take(tmp_path, files, {"marks": MAP})
    assert taken.received.scores["surname"].tolist() == [row[1] for row in pupils()]
    assert any("which know 7 of its 10 pupils" in reason for reason in taken.reasons("name_order"))


def test_double_surnames_are_parted_as_the_list_has_them(tmp_path: Path) -> None:
    listed, tested = pupils(), results()
    for rows in (listed, tested):
        rows[4][1:3] = ["Lopez", "Maria Garcia"]
    taken = take(
        tmp_path, {"roll": headed(listed), "marks": column(tested, "{forename} {surname}")}, {"marks": MAP}
    )
    assert taken.told("marks", "name_parted") == [6]
    assert taken.told("marks", "names_parted") == [6]
    assert taken.received.scores.loc[4, ["surname", "forename"]].tolist() == ["Lopez", "Maria Garcia"]


def test_a_list_may_have_one_column_too_and_a_total_in_it_is_no_pupil(tmp_path: Path) -> None:
    rows = [["UPN", "Pupil", "DOB", "School", "Year"]]
    rows += [[row[0], f"{row[1]}, {row[2]}", *row[3:6]] for row in pupils()]
    rows += [["", "Class average", "", "", ""]]
    names = {name: heading for name, heading in MAP.items() if name != "score"} | {"upn": "UPN"}
    taken = take(tmp_path, {"roll": rows, "marks": headed(results(), scores=True)}, {"roll": names})
    assert taken.told("roll", "total") == [12]
    assert taken.received.pupils["forename"].tolist() == [row[2] for row in pupils()]


def test_one_column_of_both_and_another_of_one_are_refused(tmp_path: Path) -> None:
    rows = {"roll": headed(pupils()), "marks": column(results(), "{surname}")}
    with pytest.raises(StudyError, match="maps name, which holds both names, and surname"):
        take(tmp_path, rows, {"marks": {**MAP, "surname": "Pupil"}})


def test_a_withdrawn_pupil_is_told_wherever_the_first_name_ends(tmp_path: Path) -> None:
    none = Withdrawals(tmp_path / "small.withdrawn.json", "small", b"key")
    gone = none.add([name_mark("Maria Garcia", "Lopez", "2015-05-13")], "2024-01-01")
    rows = [
        "Maria Garcia Lopez",
        "Lopez, Maria Garcia",
        "Lopez Maria Garcia",
        "Garcia Maria Lopez",
        "Maria Lopez",
    ]
    table = raw("marks", [[name, "13/05/2015"] for name in rows], ["Pupil", "DOB"])
    text = who_text(table, {"name": "Pupil", "dob": "DOB"})
    assert gone.tells(text, None).tolist() == [True, True, True, False, False]
