"""Canaries leaked on purpose in every format are caught; words that merely look like names are let pass."""

import io
import zipfile
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from leak_files import PIXEL, WAYS, book, notebook, packed, page, pdf

from evaluation.clean.upn import LETTERS, check_letter
from evaluation.disclose.leaks import KINDS, Sought, forms, search_file
from evaluation.disclose.leaks.identities import FEW, identities
from evaluation.disclose.leaks.scan import own_words
from evaluation.study import find_root

ROOT = find_root()
OWN = own_words(ROOT)
CHILD = ("H801200001001", "Zebedee", "Quillfeather", "2015-05-13")
PLAIN = ("A950000178301", "Mark", "Page", "2014-11-03")
PSEUDONYM, IDENTIFIER, USER = "0123456789abcdef", "PUPIL-771203", "zlatan"
CANARIES = {
    "pupil number": ("H801200001001", "pupil number"),
    "number in small letters": ("h801200001001", "pupil number"),
    "number with spaces": ("H801 2000 0100 1", "pupil number"),
    "both names": ("Zebedee Quillfeather", "name"),
    "both names, exchanged": ("QUILLFEATHER, Zebedee", "name"),
    "both names, apart": ("Zebedee (autumn term) Quillfeather", "name"),
    "plain names": ("Mark Page", "name"),
    "rare surname": ("Quillfeather", "rare name"),
    "date of birth": ("2015-05-13", "date of birth"),
    "date of birth, as written": ("13/05/2015", "date of birth"),
    "date of birth, in words": ("13 May 2015", "date of birth"),
    "pseudonym": (PSEUDONYM, "pseudonym"),
    "identifier": (IDENTIFIER, "identifier"),
    "learner number": ("9276308686", "learner number"),
    "path": ("/home/zlatan/study", "path"),
    "Windows path": (r"C:\Users\zlatan\study", "path"),
    "user": ("zlatan", "user"),
    "trace": ("Traceback (most recent call last)", "trace"),
}
PLACES = [(name, where) for name, ways in WAYS.items() for where in ways]
# What a picture has beside its pixels is a fault whatever it says.
ALWAYS = {"figure.png": "metadata", ("page.html", "picture's text"): "metadata", ("page.ipynb", "picture"): "metadata",
          ("figure.svg", "picture"): "metadata", ("pack.zip", "picture in it"): "metadata"}  # fmt: skip
STRANGER = check_letter("A801299999001") + "801299999001"  # a valid number that is no pupil's of the study
CANARIES["stranger's number"] = (STRANGER, "pupil number")


def who(
    *pupils: tuple[str, str, str, str],
    pseudonyms: tuple[str, ...] = (PSEUDONYM,),
    public: tuple[str, ...] = (),
) -> Sought:
    rows = pd.DataFrame(pupils, columns=["upn", "forename", "surname", "dob"])
    rows = rows.assign(dob=pd.to_datetime(rows["dob"]), former_upn=None, pupil_id=IDENTIFIER)
    return Sought(identities([rows], pseudonyms, public), OWN, ("/srv/study-1",), frozenset([USER]))


SOUGHT = who(CHILD, PLAIN)


def kinds(content: bytes | str, name: str = "a.txt", sought: Sought = SOUGHT) -> set[str]:
    held = content.encode() if isinstance(content, str) else content
    return {leak.kind for leak in search_file(name, held, sought)}


def test_a_pupil_s_other_names_are_sought_too() -> None:
    rows = pd.DataFrame([CHILD], columns=["upn", "forename", "surname", "dob"]).assign(
        former_upn=None, pupil_id=None
    )
    told = rows.assign(preferred_forename="Zebbo", former_surname="Brackenthwaite")
    for text in ("Zebbo Quillfeather", "Zebedee Brackenthwaite", "Zebbo Brackenthwaite"):
        found = [kinds(text, sought=Sought(identities([frame], (), ()), OWN)) for frame in (told, rows)]
        assert "name" in found[0]
        assert "name" not in found[1]


@pytest.mark.parametrize("name", list(WAYS))
def test_a_canary_leaked_in_any_place_of_any_format_is_caught_and_not_repeated(name: str) -> None:
    for where, plant in WAYS[name].items():
        for canary, kind in CANARIES.values():
            found = search_file(name, plant(canary), SOUGHT)
            assert kind in {leak.kind for leak in found}, (where, canary)
            said = "\n".join(leak.line() for leak in found)
            assert canary.lower() not in said.lower(), (where, canary)
            assert not any(word in said for word in ("Quillfeather", "Zebedee", USER)), (where, canary)


@pytest.mark.parametrize(("name", "where"), PLACES)
def test_harmless_words_in_the_same_places_are_let_pass(name: str, where: str) -> None:
    inherent = ALWAYS.get(name) or ALWAYS.get((name, where))
    found = kinds(WAYS[name][where]("Year 4, 13 of 28 pupils"), name)
    assert found == ({inherent} if inherent else set())


def test_how_many_canaries_were_leaked() -> None:
    """The number that docs/leaks.md states."""
    assert f"{len(CANARIES) * len(PLACES)} canaries" in (ROOT / "docs" / "leaks.md").read_text()


@pytest.mark.parametrize("name", ["Quillfeather.html", "Zebedee_Quillfeather.csv", f"{CHILD[0]}.png"])
def test_a_file_s_own_name_is_searched_and_not_repeated(name: str) -> None:
    (found, *_) = search_file(f"site/project/{name}", b"", SOUGHT)
    assert found.file == "site/(name not shown)"


def test_names_of_sheets_keys_and_parts_are_not_repeated() -> None:
    for name, content in (
        ("a.json", b'{"Quillfeather": {"x": "13/05/2015"}}'),
        ("a.zip", packed("Quillfeather.txt", b"13/05/2015")),
    ):
        said = "".join(leak.line() for leak in search_file(name, content, SOUGHT))
        assert "date of birth" in said
        assert "Quillfeather" not in said


def test_a_leak_says_where_it_is() -> None:
    (leak,) = search_file("a.csv", b"school,n\nOak,12\nElm,Quillfeather\nAsh,Quillfeather\n", SOUGHT)
    assert leak.line() == f"a.csv: {KINDS['rare name']}, 2 times, first at line 3, character 5"
    (leak,) = search_file("release.json", b'{"meta": {"models": [{"title": "about Quillfeather"}]}}', SOUGHT)
    assert leak.place == "meta.models[0].title"
    assert "sheet 2, row 1" in {
        leak.place.split(": ")[-1]
        for leak in search_file("a.xlsx", book("Quillfeather", "hidden sheet"), SOUGHT)
    } | {form.place(0) for form in forms("a.xlsx", book("Quillfeather", "hidden sheet"))}


@pytest.mark.parametrize(
    "text",
    [
        "Mark the page", "mark page 3", "Page 3: mark each answer", "May, June and Page", "a page Mark",
        "python 3.14.11, pandas 3.11.14", "0.771203", "1 2 3 4 5 6 7 8 9 0 1 2 3", "B 801 2000 0100 1",
        "https://example.org/home/zebra", "and/or", "ratio 3:4", "Q:\\n", "1234567890.5", "f" * 64, "2.0.15",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_identity_is_let_pass(text: str) -> None:
    assert kinds(text) == set()


def test_a_name_that_many_bear_or_that_a_school_has_tells_nothing_alone() -> None:
    many = [
        (f"A{at:012d}", f"Forename{chr(97 + at)}", "Okonkwo", f"2015-01-{at + 1:02d}") for at in range(FEW)
    ]
    assert kinds("about Okonkwo", sought=who(*many[1:])) == {"rare name"}
    assert kinds("about Okonkwo", sought=who(*many)) == set()
    assert kinds("Forenamec Okonkwo", sought=who(*many)) == {"name", "rare name"}
    named = who(CHILD, public=("Quillfeather Primary School",))
    assert kinds("Quillfeather Primary School", sought=named) == set()
    assert kinds("Zebedee, of Quillfeather Primary School", sought=named) == {"name", "rare name"}


@pytest.mark.parametrize(
    ("surname", "written"),
    [("O'Brien", "O’Brien"), ("O'Brien", "OBRIEN"), ("Núñez", "nunez"), ("Smith-Jonesby", "Smith Jonesby"),
     ("Quillfeather", "Quillfeather’s"), ("Şahinoğlu", "Sahinoglu"), ("Łukowicz", "lukowicz")],
)  # fmt: skip
def test_a_name_written_otherwise_is_the_same_name(surname: str, written: str) -> None:
    sought = who(("H801200001001", "Ann", surname, "2015-05-13"))
    assert "name" in kinds(f"about {written}, Ann", sought=sought)


@given(
    some.integers(0, 10**11 - 1),
    some.sampled_from("0123456789" + LETTERS),
    some.text(max_size=8),
    some.text(max_size=8),
)
def test_any_valid_number_is_caught_whatever_stands_around_it(
    number: int, last: str, before: str, after: str
) -> None:
    upn = f"A{number:011d}{last}"
    upn = check_letter(upn) + upn[1:]
    assert "pupil number" in kinds(f"{before} {upn}.{after}", sought=Sought())


@given(some.dates(date(2000, 1, 1), date(2025, 12, 31)), some.sampled_from(
    ["{0:%Y-%m-%d}", "{0:%d/%m/%Y}", "{0:%m/%d/%Y}", "{0:%d.%m.%Y}", "{0:%d-%m-%y}", "{0:%d %B %Y}", "{0:%B} {0.day}, {0.year}",
     "{0.day}/{0.month}/{0.year}", "{0:%d %b %Y}", "{0:%Y%m%d}", "{0:%Y-%m-%dT00:00:00}", "{0.day}th of {0:%B} {0.year}"]
))  # fmt: skip
def test_any_date_of_birth_is_caught_however_it_is_written(day: date, pattern: str) -> None:
    sought = who(("H801200001001", "Ann", "Lee", day.isoformat()))
    assert "date of birth" in kinds(f"born {pattern.format(day)};", sought=sought)


@settings(max_examples=40)
@given(some.lists(some.sampled_from(sorted(OWN)), max_size=30))
def test_the_software_s_own_words_in_any_order_are_let_pass(words: list[str]) -> None:
    """Of pupils who are called as its words are, every one."""
    named = [word for word in sorted(OWN) if word.isalpha()]
    pupils = [
        ("A" * 13, one.title(), other.title(), "2002-03-04")
        for one, other in zip(named[::2], named[1::2], strict=False)
    ]
    assert kinds(" ".join(words), sought=who(*pupils[:200])) <= {"path"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0 photograph"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(600)),
        ("a.parquet", b"PAR1" + bytes(20)),
        ("a.png", PIXEL[:40]),
        ("a.zip", packed("a.csv", b"n")[:30]),
        ("a.bin", bytes(range(32))),
        ("a.pdf", pdf("Łódź")),
        ("a.gz", b"\x1f\x8b\x08damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # an archive's bytes hold the time, and workers must agree
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(name: str, content: bytes) -> None:
    assert "unreadable" in kinds(content, name)


def test_bombs_and_passwords_are_refused() -> None:
    deep = b"n"
    for _ in range(8):
        deep = packed("a.zip", deep)
    assert kinds(deep, "a.zip") == {"unreadable"}
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"{number}.txt", bytes(50_000_000))
    assert kinds(bomb.getvalue(), "a.zip") == {"unreadable"}


def test_parameters_that_name_a_pupil_errors_and_pictures_without_words_are_refused() -> None:
    assert kinds(notebook({}, papermill={"parameters": {"pupil": "x"}}), "a.ipynb") == {"parameter"}
    assert kinds('{"reports": [{"parameters": {"school": "28", "UPN": ""}}]}', "manifest.json") == {
        "parameter"
    }
    assert kinds(notebook({}, papermill={"parameters": {"school": "28"}}), "a.ipynb") == set()
    assert kinds('{"outputs": [{"output_type": "error", "ename": "KeyError"}]}', "a.ipynb") == {"trace"}
    assert kinds(page('<img src="data:image/png;base64,">'), "a.html") == {"picture"}
