"""Some schools beside all others in published tables: real academies worked out by hand, and an invented project's known effect."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from evaluation.derive.published import spread_out
from evaluation.derive.school_changes import Figure
from evaluation.disclose import protect, read_release, write_release
from evaluation.disclose.dictionary import COLUMNS, TABLES
from evaluation.errors import StudyError
from evaluation.impact.academies import academies_compared
from evaluation.impact.answer import answer
from evaluation.impact.over_years import KINDS, Contrast
from evaluation.impact.published import published_change
from evaluation.ingest.published import read_published
from evaluation.intake import take_in
from evaluation.study import Study, load_study

EARLIER, LATER = "2016-2017_850_ks2final.csv", "2018-2019_850_ks2final.csv"
SMALL = (Path(__file__).parents[1] / "ingest" / "small.yml").read_text(encoding="utf-8")
BECAME = {"8502021", "8502616", "8502631"}  # Bordon, Rowner and Gomer Junior
ACADEMIES = ("AC", "ACC")
TOLD_OF = {"8502735", "8503419"}  # Fernhill, St Swithun Wells
YEARS = ("2015/16", "2016/17", "2017/18", "2018/19", "2020/21")
EFFECT = 4.0


def upn(at: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    figures = f"999{at:08d}1"
    return (
        "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(one) * place for place, one in enumerate(figures, 2)) % 23]
        + figures
    )


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {
            row["LEA"] + row["ESTAB"]: row
            for row in csv.DictReader(stream, restval="")
            if row["RECTYPE"] == "1"
        }


def by_hand(real: Path, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """The changes of the three schools and of the maintained schools that stayed so, from the csv module alone."""
    one, two = rows_of(real / EARLIER), rows_of(real / LATER)
    found: dict[bool, list[float]] = {True: [], False: []}
    for key in one.keys() & two.keys():
        if key in TOLD_OF or one[key]["NFTYPE"] in ACADEMIES:
            continue
        try:
            change = float(two[key][measure].rstrip("%")) - float(one[key][measure].rstrip("%"))
        except ValueError:
            continue
        found[key in BECAME].append(change)
    return np.array(found[True]), np.array(found[False])


@pytest.mark.parametrize("measure", ["READ_AVERAGE", "PTMAT_EXP"])
def test_the_real_academies_by_hand(real: Path, measure: str) -> None:
    """Means and Welch's t from the csv module's rows; the placebo p from sets of three drawn by another generator."""
    tables = spread_out(
        {"one": read_published(real / EARLIER, "ks2"), "two": read_published(real / LATER, "ks2")},
        {"one": "2016/17", "two": "2018/19"},
    )
    figures = Figure(("one",), measure, "TELIG"), Figure(("two",), measure, "TELIG")
    contrast = Contrast(measure, "2016/17 to 2018/19", "after", *figures)
    found = academies_compared(tables, "one", "two", [contrast])
    found = found[found["variant"] == "as they are"].set_index("method")
    became, stayed = by_hand(real, measure)
    assert (len(became), len(stayed)) == tuple(found.loc["cr2", ["n_treated", "n_comparison"]])
    assert found["estimate"].tolist() == pytest.approx([became.mean() - stayed.mean()] * 3)
    error = np.sqrt(became.var(ddof=1) / 3 + stayed.var(ddof=1) / len(stayed))
    assert found.loc["cr2", "std_error"] == pytest.approx(error)
    draws = np.array([np.random.default_rng(seed).permutation(len(stayed)) for seed in range(4_000)])
    first, rest = stayed[draws[:, :3]].mean(axis=1), stayed[draws[:, 3:]].mean(axis=1)
    share = (abs(first - rest) >= abs(became.mean() - stayed.mean()) - 1e-9).mean()
    assert found.loc["placebo", "p_value"] == pytest.approx(share, abs=5 * np.sqrt(0.25 / 4_000))
    assert found.loc["placebo by size", "reason"] == ""
    assert "an academy already (13)" in found.loc["cr2", "left_out"]


def table(year: int, rng: np.random.Generator) -> str:
    """120 schools of 8 to 90 pupils; those that take part are 4 points up from 2018/19 on."""
    lines = [
        "RECTYPE,LEA,ESTAB,URN,NFTYPE,SCHNAME,TELIG,PTMAT_EXP,MAT_AVERAGE"
        + (",MATPROG" if year < 2020 else "")
    ]
    for at in range(120):
        size = 8 + (at * 37) % 83
        level = 60 + 3 * np.sin(at) + EFFECT * (at < 3 and year >= 2018)
        score = level + 0.5 * (year - 2015) + rng.normal(0, 0.2) + rng.normal(0, 3) / np.sqrt(size)
        urn = 900_000 + at + (1_000 if at == 1 and year > 2016 else 0)
        cells = [1, 301, 2001 + at, urn, "CY", f"School {at}", size, f"{score:.2f}%", f"{40 + score:.2f}"]
        lines.append(",".join(map(str, cells + ([f"{score - 60:.2f}"] if year < 2020 else []))))
    return "\n".join(lines) + "\n"


def write(root: Path, kind: str = "published", years: tuple[str, ...] = YEARS) -> Study:
    """Two taking part in the tables and one that is not, one supporting school, one comparison school; from 2018 to 2020."""
    plan = yaml.safe_load(SMALL)
    plan |= {"comparison": {"kind": kind, "unit": "school", "description": "all schools in the tables"}}
    plan["project"] = {"first": "2017-09-01", "last": "2019-08-31"}
    plan["schools"]["columns"]["urn"] = "URN"
    plan["analysis"]["indicators"]["supporting"] = {
        "column": "role",
        "equals": "supporting",
        "label": "supporting",
    }
    plan["published"] = [
        {"name": f"ks2_{year[:4]}", "kind": "ks2", "path": f"ks2_{year[:4]}.csv", "year": year}
        for year in years
    ]
    (root / "params").mkdir(parents=True)
    (root / "params" / "small.yml").write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    raw = root / "data" / "raw" / "small"
    raw.mkdir(parents=True)
    roles = {
        "3012001": ("taking part", ""), "B": ("taking part", "900001"), "C": ("taking part", "900002"), "Z": ("taking part", ""),
        "3012004": ("supporting", ""), "3012005": ("comparison", ""),
    }  # fmt: skip
    (raw / "schools.csv").write_text(
        "ID,Name,Phase,Role,Cluster,URN\n"
        + "".join(f"{school},{school},primary,{role},,{urn}\n" for school, (role, urn) in roles.items())
    )
    rng = np.random.default_rng(2)
    pupils = [(at, school) for at, school in enumerate(school for school in roles for _ in range(4))]
    who = [f"{upn(at)},Zq{chr(97 + at)}rwick,Adaeze,{1 + at:02d}/03/2015,{school},4" for at, school in pupils]
    headings = "UPN,Surname,Forename,DOB,School,Year"
    for wave in ("", "_summer"):
        rolls = [f"{row},{'YN'[at % 2]}" for at, row in enumerate(who)]
        marks = [f"{row},{rng.integers(80, 120)}" for row in who]
        (raw / f"roll{wave}.csv").write_text("\n".join([f"{headings},PP", *rolls, ""]))
        (raw / f"marks{wave}.csv").write_text("\n".join([f"{headings},Score", *marks, ""]))
    for year in years:
        (raw / f"ks2_{year[:4]}.csv").write_text(table(int(year[:4]), np.random.default_rng(int(year[:4]))))
    return load_study("small", root)


def quiet(what: str, done: int | None = None, total: int | None = None) -> None:
    """No one is told of the steps."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, dict[str, pd.DataFrame]]:
    root = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        study = write(root)
        return study, dict(take_in(study, root, quiet))


@pytest.fixture(scope="module")
def changed(whole: tuple[Study, dict[str, pd.DataFrame]]) -> pd.DataFrame:
    found = published_change(*whole)
    assert found is not None
    return found


def test_the_effect_is_found_and_its_years_told(changed: pd.DataFrame) -> None:
    """Schools known by LAESTAB, by URN, and by a URN that one of them lost; nothing before the project, 4 points after."""
    assert list(changed.columns) == list(KINDS)
    assert changed[["years", "period"]].drop_duplicates().to_numpy().tolist() == [
        ["2015/16 to 2016/17", "before"],
        ["2016/17 to 2017/18", "during"],
        ["2016/17 to 2018/19", "during"],
        ["2016/17 to 2020/21", "after"],
    ]
    by_size = changed[(changed["variant"] == "as they are") & (changed["method"] == "placebo by size")]
    by_size = by_size.set_index(["published_measure", "years"])
    assert (by_size["n_treated"].dropna() == 3).all()
    assert (by_size["n_comparison"].dropna() == 116).all()  # all but these and the supporting school
    for measure in ("PTMAT_EXP", "MAT_AVERAGE"):
        late = by_size.loc[measure, "2016/17 to 2020/21"]
        assert late["ci_low"] < EFFECT < late["ci_high"]
        assert late["p_adjusted"] < 0.01
        early = by_size.loc[measure, "2015/16 to 2016/17"]
        assert early["ci_low"] < 0 < early["ci_high"]
        assert np.isnan(early["p_adjusted"])
    assert "treated: in neither table (1)" in by_size.loc["MAT_AVERAGE", "2016/17 to 2018/19"]["left_out"]
    assert "in another arm of the study (1)" in by_size.loc["MAT_AVERAGE", "2016/17 to 2018/19"]["left_out"]


@pytest.mark.parametrize("kind", ["norm", "none"])
def test_a_study_without_comparison_schools_has_the_tables_too(
    whole: tuple[Study, dict[str, pd.DataFrame]], changed: pd.DataFrame, kind: str
) -> None:
    study, tables = whole
    alone = study.model_copy(update={"comparison": study.comparison.model_copy(update={"kind": kind})})
    pd.testing.assert_frame_equal(published_change(alone, tables), changed)


def test_a_measure_that_a_year_lacks_is_said(changed: pd.DataFrame) -> None:
    years = changed["years"] == "2016/17 to 2020/21"
    lacking = changed[(changed["published_measure"] == "MATPROG") & years]
    assert lacking["reason"].tolist() == ["ks2_2020: no measure MATPROG."]
    assert lacking["estimate"].isna().all()


def test_holm_over_the_family(changed: pd.DataFrame) -> None:
    """The smallest p of a family, times as many as it has: three measures in 2017/18 and 2018/19, two in 2020/21."""
    asked = changed[(changed["period"] != "before") & changed["p_value"].notna()]
    for _, family in asked.groupby(["variant", "method"]):
        least = family.loc[family["p_value"].idxmin()]
        assert len(family) == 8
        assert least["p_adjusted"] == pytest.approx(min(1, 8 * least["p_value"]))


def test_the_release_passes_it_on(whole: tuple[Study, dict[str, pd.DataFrame]], tmp_path: Path) -> None:
    """Every figure as it is, for the public too, described; nothing of it in a pack of one school."""
    study, tables = whole
    results = answer(study, tables)
    release = protect(study, results, "run", "store", "public")
    write_release(release, tmp_path / "public")
    read = read_release(tmp_path / "public").tables["published_change"]
    pd.testing.assert_frame_equal(read, results.tables["published_change"].astype(read.dtypes))
    assert "published_change" in TABLES
    assert set(read.columns) <= set(COLUMNS)
    assert "published_change" not in release.of_unit("school", "3012001").tables


@pytest.mark.parametrize(
    ("kind", "years"),
    [("matched", YEARS), ("published", YEARS[:1]), ("published", YEARS[2:]), ("published", ())],
    ids=["another comparison", "one year", "no year before the project", "no table"],
)
def test_no_table_where_there_is_no_such_question(kind: str, years: tuple[str, ...], tmp_path: Path) -> None:
    assert published_change(write(tmp_path, kind, years), {}) is None


@pytest.mark.parametrize("year", ["2018/20", "2019", "2018/2020", "2018 to 2019"])
def test_a_year_that_is_none_is_named(year: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="an academic year looks like"):
        write(tmp_path, years=(*YEARS[:1], year))
