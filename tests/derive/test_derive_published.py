"""Published files named in a study file: in the store, with their rows and notes in the lists; faults named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import SourceError, StudyError
from evaluation.intake import take_in
from evaluation.receive import receive
from evaluation.store import Store, content_hash, write_store
from evaluation.study import Study, load_study

SMALL = (Path(__file__).parents[1] / "ingest" / "small.yml").read_text(encoding="utf-8")
NAMED = """published:
  - {name: before, kind: ks2, path: tables/before.csv, year: "2016/17"}
  - {name: after, kind: ks2, path: tables/after.csv, year: "2018/19"}
  - {name: register, kind: schools, path: tables/register.csv}
  - {name: links, kind: links, path: tables/links.csv}
"""
WHO = "UPN,Surname,Forename,DOB,School,Year"
FILES = {
    "schools.csv": "ID,Name,Phase,Role,Cluster\n3012001,Ash,primary,taking part,\n3012002,Elm,primary,comparison,\n",
    "roll.csv": f"{WHO},PP\nH801200001001,Reed,Ada,13/05/2015,3012001,4,Y\nA950000178301,Lake,Ben,02/11/2014,3012002,4,N\n",
    "marks.csv": f"{WHO},Score\nH801200001001,Reed,Ada,13/05/2015,3012001,4,101\nA950000178301,Lake,Ben,02/11/2014,3012002,4,88\n",
    "tables/before.csv": "RECTYPE,LEA,ESTAB,URN,SCHNAME,TELIG,MATPROG\n1,301,2001,900001,Ash,30,-1.2\n9,301,2002,900002,Elm,20,1.0\n3,301,,,,900,0.1\n",
    "tables/after.csv": "RECTYPE,LEA,ESTAB,URN,SCHNAME,TELIG,MATPROG\n1,301,2001,900101,Ash,SUPP,ODD\n",
    "tables/register.csv": "URN,LA (code),EstablishmentNumber,EstablishmentName,Easting\n900101,301,2001,Ash,500000\n",
    "tables/links.csv": "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\n900101,900001,Ash,Predecessor,01-04-2017\n",
}


def quiet(what: str, done: int | None = None, total: int | None = None) -> None:
    """No one is told of the steps."""


def project(root: Path, named: str = NAMED, **changed: str) -> Study:
    (root / "params").mkdir()
    (root / "params" / "small.yml").write_text(SMALL + named, encoding="utf-8")
    files = {**FILES, "roll_summer.csv": FILES["roll.csv"], "marks_summer.csv": FILES["marks.csv"], **changed}
    for name, content in files.items():
        path = root / "data" / "raw" / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load_study("small", root)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-keys")
    return project(tmp_path)


def test_the_store_holds_every_measure_and_who_it_is_of(study: Study, tmp_path: Path) -> None:
    write_store(tmp_path / "store", take_in(study, tmp_path, quiet))
    store = Store(tmp_path / "store")
    measures = store.read("published", where={"measure": "MATPROG"})
    assert measures[["source", "row", "key", "reason"]].astype(str).to_numpy().tolist() == [
        ["before", "2", "3012001", ""], ["before", "4", "301", ""], ["after", "2", "3012001", "ODD"],
    ]  # fmt: skip
    np.testing.assert_array_equal(measures["value"], [-1.2, 0.1, np.nan])
    schools = store.read("published_schools")
    assert schools[["source", "year", "row", "level", "laestab", "urn"]].astype(str).to_numpy().tolist() == [
        ["before", "2016/17", "2", "school", "3012001", "900001"],
        ["before", "2016/17", "4", "local authority", "", ""],
        ["after", "2018/19", "2", "school", "3012001", "900101"],
        ["register", "", "2", "school", "3012001", "900101"],
    ]
    assert store.read("published_links")[["source", "urn", "linked_urn"]].to_numpy().tolist() == [
        ["links", "900101", "900001"]
    ]


def test_rows_and_notes_are_listed_with_the_other_files(study: Study, tmp_path: Path) -> None:
    received = receive(study, tmp_path, quiet)
    lines = received.sources.set_index("source")
    assert lines.loc["before", ["kind", "rows_in", "rows_accepted", "rows_listed"]].tolist() == [
        "published ks2",
        3,
        2,
        1,
    ]
    assert lines.loc["links", "file"] == "tables/links.csv"
    listed = received.issues[received.issues["file"].str.startswith("tables/")]
    rows = listed[listed["severity"] == "row"]
    assert rows[["source", "row", "rule"]].to_numpy().tolist() == [["before", 3, "record_type"]]
    read = listed[listed["rule"] == "summary"].set_index("source")["reason"]
    assert "1 of record type 1, 1 of record type 3, 1 of record type 9. Schools 1, areas 1" in read["before"]
    assert "by reason: ODD 1, SUPP 1." in read["after"]
    notes = listed[listed["rule"] == "codes"]
    assert notes["source"].tolist() == ["after"]
    assert "ODD" in notes["reason"].iloc[0]
    assert listed[listed["rule"] == "measures"]["source"].tolist() == ["before", "after", "register"]


def test_without_published_files_the_store_is_as_it_was(tmp_path: Path) -> None:
    plain = project(tmp_path, named="")
    assert plain.published == ()
    assert receive(plain, tmp_path, quiet).published == {}


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            "published:\n  - {name: a, kind: ks3, path: a.csv}\n",
            "published.0.kind is 'ks3'. Did you mean 'ks",
        ),
        ("published:\n  - {name: a, kind: ks2, path: a.csv}\n", "a key stage table needs its year"),
        (
            "published:\n  - {name: roll, kind: links, path: a.csv}\n",
            "named among sources and among published: roll",
        ),
        ("published:\n  - {name: a, kind: links, path: ../a.csv}\n", "inside the study's folder"),
        ("published:\n  - {name: a, kind: links, path: a.csv, yaer: x}\n", "Did you mean 'year'"),
    ],
)
def test_a_slip_in_the_study_file_is_named(tmp_path: Path, named: str, said: str) -> None:
    with pytest.raises(StudyError) as error:
        project(tmp_path, named)
    assert said in str(error.value)


def test_a_fault_in_a_file_names_it(tmp_path: Path) -> None:
    study = project(tmp_path, **{"tables/after.csv": 'RECTYPE,LEA,ESTAB,TELIG\n1,301,2001,"30\n'})
    with pytest.raises(SourceError, match=r"tables/after\.csv: row 2 has a quotation mark"):
        receive(study, tmp_path, quiet)


def test_the_hash_of_categories_is_of_what_they_say() -> None:
    plain = pd.Series(["b", None, "a", "b"])
    one, other = plain.astype("category"), pd.Categorical(plain, categories=["unused", "b", "a"])
    hashes = [content_hash({"t": pd.DataFrame({"c": column})}) for column in (one, other, one[::-1])]
    assert hashes[0] == hashes[1] != hashes[2]
    renamed = one.cat.rename_categories({"a": "c"})
    assert content_hash({"t": pd.DataFrame({"c": renamed})}) != hashes[0]
