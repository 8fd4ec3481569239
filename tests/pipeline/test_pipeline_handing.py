"""Packs hold one unit's files alone and never vary; a page is marked until it is signed off; what a run reveals is told."""

import base64
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from canary_study import run_here
from pipeline_pages import published, silent
from pipeline_study import ROOT, write_study

from evaluation.batch.plan import Wanted
from evaluation.cli import app
from evaluation.disclose import Release, read_release, write_release
from evaluation.disclose.dictionary import COLUMNS, TABLES
from evaluation.errors import DisclosureError, EvaluationError
from evaluation.exchange.handed_over import read_register
from evaluation.handing.pack import write_packs
from evaluation.handing.sign_off import note_sent, sign_off
from evaluation.pipeline import run
from evaluation.study import load_study

sys.path.insert(0, str(ROOT / "tests" / "report"))
from report_pages import page

SCHOOLS = ("9992000", "9992002")
WANTED = Wanted(schools=SCHOOLS, clusters=("North & South",))
DAY = "2026-01-05"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a run of the small study: six of its schools in a cluster, pages and packs for two and for the cluster."""
    root = tmp_path_factory.mktemp("handing")
    raw = write_study(root, 12)
    plan = root / "params" / "mine.yml"
    plan.write_text(f"{plan.read_text(encoding='utf-8')}  packs: [cluster, school]\n", encoding="utf-8")
    lines = (raw / "schools.csv").read_text(encoding="utf-8").splitlines()
    lines[1:7] = [f"{line}North & South" for line in lines[1:7]]
    (raw / "schools.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))
        run_here(patch)
        assert not run(load_study("mine", root), root, WANTED, 1, silent).failed
        yield root


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "reports" / "mine" / (root / "reports" / "mine" / "latest").read_text().strip()


@pytest.fixture
def call(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command in the project; what it printed."""
    from typer.testing import CliRunner

    monkeypatch.chdir(root)

    def run_it(*words: str) -> str:
        done = CliRunner().invoke(app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run_it


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_school_s_pack_is_of_that_school_alone(root: Path, folder: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [SCHOOLS[0]], [], "the project office")
    assert pack.path == folder / "packs" / f"{SCHOOLS[0]}.zip"
    assert pack.sha256 == hashlib.sha256(pack.path.read_bytes()).hexdigest()
    held = contents(pack.path)
    assert {
        "README.txt",
        "report.html",
        "data/datapackage.json",
        "data/descriptives.csv",
    } <= set(held)
    everything = b"\n".join(content for name, content in held.items() if not name.endswith(".png")).decode()
    others = [f"99920{number:02d}" for number in range(1, 12)]
    assert not [other for other in others if other in everything]
    assert set(re.findall(r"Invented School \d+", everything)) == {"Invented School 0"}
    assert "Invented School 0" in everything


def test_the_pack_s_figures_are_the_release_s(root: Path, folder: Path, tmp_path: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [SCHOOLS[0]], [], "")
    for name, content in contents(pack.path).items():
        if name.startswith("data/"):
            (tmp_path / Path(name).name).write_bytes(content)
    part, whole = read_release(tmp_path), read_release(folder / "release" / "school")
    wanted = whole.table("descriptives", level="school", unit=SCHOOLS[0])
    assert part.tables["descriptives"].to_csv() == wanted.to_csv()
    assert set(part.tables) == {
        "descriptives",
        "differences",
        "school_effects",
        "school_gaps",
        "flow",
        "claims",
    }
    with (folder / "release" / whole.meta["audience"] / "descriptives.csv").open(encoding="utf-8") as stream:
        lines = [row for row in csv.DictReader(stream) if row["unit"] == SCHOOLS[0]]
    assert list(csv.DictReader(io.StringIO(contents(pack.path)["data/descriptives.csv"].decode()))) == lines


def test_a_cluster_s_pack_is_of_the_cluster(root: Path, folder: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [], ["North & South"], "")
    assert pack.path == folder / "packs" / "clusters" / "north-south.zip"
    rows = list(csv.DictReader(io.StringIO(contents(pack.path)["data/descriptives.csv"].decode())))
    assert {(row["level"], row["unit"]) for row in rows} == {("cluster", "North & South")}


def test_the_page_s_pictures_are_in_the_pack(root: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [], ["North & South"], "")
    held = contents(pack.path)
    shown = [
        part.split('"', 1)[0] for part in held["report.html"].decode().split("data:image/png;base64,")[1:]
    ]
    kept = [base64.b64encode(held[name]).decode() for name in sorted(held) if name.startswith("figures/")]
    assert len(kept) > 0
    assert kept == shown


def test_the_same_run_gives_the_same_pack(root: Path) -> None:
    study = load_study("mine", root)
    first = write_packs(study, root, SCHOOLS, [], "the office")
    kept = [pack.path.read_bytes() for pack in first]
    assert [pack.path.read_bytes() for pack in write_packs(study, root, SCHOOLS, [], "the office")] == kept
    with zipfile.ZipFile(first[0].path) as archive:
        assert {(item.date_time[0], item.compress_type) for item in archive.infolist()} == {
            (1980, zipfile.ZIP_STORED)
        }


def test_the_readme_says_what_to_check_and_how_to_object(root: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [SCHOOLS[0]], [], "the project office")
    text = contents(pack.path)["README.txt"].decode()
    assert max(len(line) for line in text.splitlines()) <= 80
    flowing = " ".join(text.split())
    for said in (
        "Invented School 0",
        "Tell the project office",
        "no pupil's name",
        "not yet checked",
        "- c: withheld",
    ):
        assert said in flowing


def test_the_page_in_a_pack_leads_nowhere_else(root: Path) -> None:
    (pack,) = write_packs(load_study("mine", root), root, [SCHOOLS[0]], [], "")
    page = contents(pack.path)["report.html"].decode()
    assert "index.html" not in page
    assert "For the school to check" in page


def test_the_page_in_a_pack_is_the_one_made_for_it(root: Path, folder: Path) -> None:
    """From the release of its own audience: a school's gap is in it, which the project's site is not shown."""
    (pack,) = write_packs(load_study("mine", root), root, [SCHOOLS[0]], [], "")
    packed = contents(pack.path)["report.html"].decode()
    made, site = (
        (folder / "site" / audience / "schools" / f"{SCHOOLS[0]}.html").read_text(encoding="utf-8")
        for audience in ("school", "project")
    )
    assert packed == made.replace("Not yet checked by the school", "For the school to check")
    assert packed.count("<td") > site.count("<td")


def test_other_schools_figures_have_no_part_in_a_school_s_page(
    root: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every figure and name of every other school is changed, and the page is the same to the byte."""
    release = read_release(folder / "release" / "school")
    monkeypatch.setenv("EVALUATION_RUN_FOLDER", str(tmp_path))
    asked = {"study": "mine", "run": folder.name, "audience": "school", "school": SCHOOLS[0]}
    made = []
    for written in (release, with_others_changed(release, SCHOOLS[0])):
        write_release(written, tmp_path / "release" / "school")
        made.append(page("50_school_report", asked, SCHOOLS[0]))
    assert made[0] == made[1]
    asked["school"] = SCHOOLS[1]
    assert (
        page("50_school_report", asked, SCHOOLS[1]).count("777") > 5
    )  # what was changed does show on its own page


def with_others_changed(release: Release, school: str) -> Release:
    tables = {}
    for name, table in release.tables.items():
        whose = table.get("school", table.get("unit"))
        changed = table.copy()
        if whose is not None:
            others = (whose != school) & (whose.str.startswith("99920"))
            numbers = changed.select_dtypes("number").columns
            changed[numbers] = changed[numbers].astype(float).mask(others, changed[numbers] + 777)
        tables[name] = changed
    schools = [
        item if item["school"] == school else {**item, "name": f"Changed {at}"}
        for at, item in enumerate(release.meta["schools"])
    ]
    return Release({**release.meta, "schools": schools}, tables)


@pytest.mark.parametrize("canary", ["Forenamec Surnamec", "03/03/2017"])
def test_a_pack_that_would_tell_of_a_pupil_is_refused_and_none_is_written(
    root: Path, folder: Path, canary: str
) -> None:
    kept = published(folder)
    with pytest.raises(DisclosureError, match=r"packs/9992000\.zip: .* at part README\.txt: line") as refused:
        write_packs(load_study("mine", root), root, SCHOOLS, [], f"the office of {canary}")
    assert canary not in str(refused.value)
    assert published(folder) == kept


def test_a_page_is_marked_until_its_school_signs_it_off(root: Path, folder: Path) -> None:
    study = load_study("mine", root)
    site = folder / "site" / "project"
    pages, mark = [site / "schools" / f"{school}.html" for school in SCHOOLS], "Not yet checked by the school"
    assert [mark in page.read_text(encoding="utf-8") for page in pages] == [True, True]
    assert (site / "index.html").read_text(encoding="utf-8").count(mark) == 2
    packs = write_packs(study, root, SCHOOLS, [], "")
    note_sent(study, root, packs, "project manager", DAY)
    before = published(folder)
    said = sign_off(study, root, "school", SCHOOLS[0], "head teacher", DAY)
    assert "signed off by head teacher" in said
    assert [mark in page.read_text(encoding="utf-8") for page in pages] == [False, True]
    assert (site / "index.html").read_text(encoding="utf-8").count(mark) == 1
    changed = {name for name, digest in published(folder).items() if before[name] != digest}
    assert changed == {f"{place}/schools/{SCHOOLS[0]}.html" for place in ("site/project", "site/school")} | {
        "site/project/index.html",
        "internal/index.html",
    }
    sign_off(study, root, "school", SCHOOLS[0], "head teacher", DAY, "objection", "the number in year 4")
    assert published(folder) == before
    last = read_register(root / "params" / "mine.handed_over.csv")[-1]
    assert (last.state, last.unit, last.pack) == ("objection", SCHOOLS[0], packs[0].sha256)


@pytest.mark.parametrize(
    ("unit", "state", "told"),
    [("9992008", "signed off", "has no pack"), ("99920000", "signed off", "Did you mean '9992000'"),
     (SCHOOLS[0], "signd off", "Did you mean 'signed off'")],
)  # fmt: skip
def test_what_cannot_be_signed_off_is_refused(root: Path, unit: str, state: str, told: str) -> None:
    with pytest.raises(EvaluationError, match=told):
        sign_off(load_study("mine", root), root, "school", unit, "head teacher", DAY, state)


def test_a_school_whose_report_was_not_made_has_no_pack_and_none_is_written(root: Path, folder: Path) -> None:
    study, kept = load_study("mine", root), published(folder)
    with pytest.raises(EvaluationError, match="was not made"):
        write_packs(study, root, [SCHOOLS[0], "9992006"], [], "another contact")
    assert published(folder) == kept


def test_the_commands_say_who_was_given_what(call: Callable[..., str]) -> None:
    call("pack", "mine", "--school", SCHOOLS[1], "--sent", "--by", "project manager")
    assert "signed off" in call("sign-off", "mine", "--school", SCHOOLS[1], "--by", "head teacher")
    found = json.loads(call("pack", "mine", "--status", "--json"))["packs"]
    states = {item["unit"]: (item["state"], item["changed"]) for item in found}
    assert states[SCHOOLS[1]] == ("signed off", False)
    assert states["9992008"] == ("no pack yet", False)
    assert f"of {len(found)} signed off" in call("pack", "mine", "--status")
    call("pack", "mine", "--school", SCHOOLS[1], "--contact", "somebody else")
    assert "the pack has changed since" in call("pack", "mine", "--status")
    with pytest.raises(EvaluationError, match="has changed since"):
        call("sign-off", "mine", "--school", SCHOOLS[1], "--by", "head teacher", "--state", "withdrawn")
    with pytest.raises(EvaluationError, match="needs --by"):
        call("pack", "mine", "--sent")
    with pytest.raises(EvaluationError, match="Name one school"):
        call("sign-off", "mine", "--by", "head teacher")


def test_every_table_and_column_of_a_release_is_explained(folder: Path) -> None:
    described = json.loads(next(folder.glob("release/*/datapackage.json")).read_text(encoding="utf-8"))
    names = {item["name"] for item in described["resources"]}
    columns = {field["name"] for item in described["resources"] for field in item["schema"]["fields"]}
    assert names <= TABLES.keys()
    assert columns <= COLUMNS.keys()


def test_a_run_after_a_score_was_put_right_says_what_it_newly_reveals(root: Path, folder: Path) -> None:
    first = read_release(folder / "release" / "project")
    assert first.meta["since"] == ""
    path = root / "data" / "raw" / "mine" / "test_after.csv"
    kept = path.read_text(encoding="utf-8")
    lines = kept.splitlines()
    lines[1] = lines[1].rpartition(",")[0] + ",140"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    second = run(load_study("mine", root), root, Wanted(notebooks=("10_design",)), 1, silent)
    assert f"since run {folder.name}: 0 new," in second.revealed
    assert second.revealed in (second.folder / "internal" / "index.html").read_text(encoding="utf-8")
    table = read_release(second.folder / "release" / first.meta["audience"]).tables["revealed"]
    schools = set(table.loc[(table["table"] == "descriptives") & (table["level"] == "school"), "unit"])
    assert schools <= {SCHOOLS[0]}
    assert len(table) > 0
    path.write_text(kept, encoding="utf-8")
