"""The synthetic study, five seeds, from messy files to pages: the truth is met, and nobody is named."""

import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from pipeline_pages import pages, published, silent

from evaluation.batch.plan import Wanted
from evaluation.disclose import read_release
from evaluation.handing.pack import write_packs
from evaluation.pipeline import Run, report, run
from evaluation.simulate import write_demo
from evaluation.store import Store
from evaluation.study import load_study

SEEDS = [1, 2, 3, 4, 5]
SOME = Wanted(schools=("9992001",), clusters=("Wendle Valley",))


@pytest.fixture(
    scope="module", params=[SEEDS[0], *(pytest.param(seed, marks=pytest.mark.slow) for seed in SEEDS[1:])]
)
def demo(request: pytest.FixtureRequest, project: Path) -> tuple[Path, Run, dict]:
    """The first seed's whole site, the others' with the pages of one school and one cluster."""
    write_demo(project, request.param)
    finished = run(
        load_study("ssif_maths", project), project, Wanted() if request.param == SEEDS[0] else SOME, 2, silent
    )
    truth = json.loads((project / "data/raw/ssif_maths/truth.json").read_text())
    return project, finished, truth


def test_the_headline_is_within_reach_of_the_truth(demo) -> None:
    _, finished, truth = demo
    release = read_release(finished.folder / "release" / "project")
    row = release.table("estimates", model="headline", term="treated").iloc[0]
    # four standard errors: a seed in ten thousand would stray so far by chance
    assert abs(row["estimate"] - truth["estimands"]["headline"]) < 4 * row["std_error"]
    assert 15 < row["df"] < 27
    assert row["n_schools"] == 28


def test_what_is_claimed_of_the_further_questions_is_claimed_of_each_once(demo) -> None:
    claims = read_release(demo[1].folder / "release" / "project").tables["claims"]
    asked = claims.loc[claims["level"] == "project", "question"]
    assert asked.is_unique
    assert {"headline", "gap_change", "gap", "proportion", "distance", "compliance", "helped"} <= set(asked)


def test_every_row_is_accepted_or_listed(demo) -> None:
    project, _, _ = demo
    store = Store(project / "data" / "processed" / "ssif_maths")
    sources, issues = store.read("sources"), store.read("issues")
    assert (sources["rows_in"] == sources["rows_accepted"] + sources["rows_listed"]).all()
    rows = issues[issues["severity"] == "row"].drop_duplicates(["file", "sheet", "row"])
    assert len(rows) == sources["rows_listed"].sum()
    scores = store.read("scores")
    assert scores["pupil"].isna().mean() < 0.002


def test_no_report_fails_and_the_index_leads_to_each(demo) -> None:
    _, finished, _ = demo
    assert not finished.failed
    site = finished.index.parent
    links = set(re.findall(r'href="([^"#]+\.html)"', finished.index.read_text()))
    assert links == {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"index.html"}


def is_whole(finished: Run) -> bool:
    """Whether every report was asked for: else one school's and one cluster's, on the site and as packs."""
    return len(finished.outcomes) > 4


def test_the_site_has_the_pages_asked_for(demo) -> None:
    """The project's site has all; a school's folder and a cluster's have the pages of packs, and no index."""
    _, finished, _ = demo
    schools, clusters, review = (10, 3, 3) if is_whole(finished) else (1, 1, 0)
    found = Counter(name.split("/", 1)[1].rpartition("/")[0] for name in pages(finished.folder))
    wanted = {
        "project": 1,
        "project/schools": schools,
        "project/clusters": clusters,
        "project/review": review,
    }
    assert found == Counter(wanted | {"school/schools": schools, "cluster/clusters": clusters})


def test_a_pack_holds_nothing_of_another_school_or_cluster(demo) -> None:
    """Each zip of the first seed opened: names and identifiers in every file, and whose every row is."""
    project, finished, _ = demo
    if not is_whole(finished):
        pytest.skip("packs are made of the first seed's pages")
    study = load_study("ssif_maths", project)
    schools = Store(project / "data" / "processed" / "ssif_maths").read("schools")
    packs = write_packs(study, project, (), (), "the project office")
    assert Counter(pack.level for pack in packs) == {"school": 10, "cluster": 3}
    for pack in packs:
        mine = "school" if pack.level == "school" else "cluster"
        others = schools[schools[mine] != pack.unit]
        with zipfile.ZipFile(pack.path) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        text = "\n".join([*held, *(content.decode("latin-1") for content in held.values())])
        sought = {name for column in ("school", "urn", "name") for name in others[column].dropna() if name}
        assert len(sought) > 60
        own = set(schools.loc[schools[mine] == pack.unit, "name"])
        told = {name for name in sought if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)} - own
        assert told == set(), f"{len(told)} others are told of in the pack of {pack.unit}"
        for table in (name for name in held if name.endswith(".csv")):
            rows = pd.read_csv(io.BytesIO(held[table]), dtype=str, keep_default_na=False)
            place = {"level", "unit"} if "level" in rows else {mine}
            assert set(rows[sorted(place)].itertuples(index=False, name=None)) == {
                (pack.level, pack.unit) if "level" in rows else (pack.unit,)
            }


@pytest.mark.slow  # of STAR it is held by the quick tests
def test_one_worker_and_no_data_give_the_same_bytes(project: Path) -> None:
    study = load_study("ssif_maths", project)
    write_demo(project, SEEDS[1])
    finished = run(study, project, SOME, 2, silent)
    before = published(finished.folder)
    run(study, project, SOME, 1, silent)
    assert published(finished.folder) == before
    (project / "data").rename(project / "data_away")
    try:
        again = report(study, project, SOME, 1, silent)
    finally:
        (project / "data_away").rename(project / "data")
    assert len(again.outcomes) == len(finished.outcomes)
    assert pages(again.folder) == pages(finished.folder)
    assert published(finished.folder) == before


@pytest.mark.browser
def test_the_pages_open_in_a_browser_on_a_desk_and_a_phone(demo, check_page) -> None:
    _, finished, _ = demo
    opened = [*finished.index.parent.rglob("*.html"), *(finished.folder / "internal").glob("*.html")]
    for path in opened if is_whole(finished) else opened[:1]:
        check_page(path)


def test_every_page_says_the_study_is_synthetic(demo) -> None:
    _, finished, _ = demo
    for path in (finished.folder / "site").rglob("*.html"):
        if path.name != "worked_example.html":
            assert "Synthetic data" in path.read_text(), path.name


def test_nobody_is_named_in_the_run_or_the_store(demo) -> None:
    project, finished, _ = demo
    raw = (project / "data/raw/ssif_maths/mis/comparison_schools.csv").read_text(encoding="utf-8-sig")
    table = pd.read_csv(pd.io.common.StringIO(raw[raw.index("LAESTAB") :]), dtype=str)
    store = Store(project / "data" / "processed" / "ssif_maths")
    written = [
        path.read_bytes().decode("utf-8", "replace") for path in finished.folder.rglob("*") if path.is_file()
    ]
    stored = [store.read(name).to_csv() for name in store.tables()]
    pseudonyms = set(store.read("pupils")["pupil"])
    everything = "\n".join([*written, *stored])
    assert not set(re.findall(r"[A-Z]\d{11}[0-9A-Z]", everything)) & set(table["UPN"].dropna())
    published = "\n".join(written)
    assert not set(re.findall(r"\b[0-9a-f]{16}\b", published)) & pseudonyms
    both = {f"{first} {last}" for first, last in zip(table["Forename"], table["Surname"], strict=True)}
    assert len(both) > 1000
    assert not [name for name in both if name in everything]
    assert str(project) not in published
