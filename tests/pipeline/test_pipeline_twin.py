"""A twin has the store's shape and about its numbers, and none of its pupils; notebook 20 runs on it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from pipeline_pages import silent
from pipeline_study import write_study

from evaluation.disclose import read_release
from evaluation.errors import StoreError
from evaluation.handing.draw import draw
from evaluation.handing.marginals import BASE, Marginals, marginals
from evaluation.handing.twin import twin_tables, write_twin
from evaluation.intake import take_in
from evaluation.models import fit
from evaluation.store import Store, write_store
from evaluation.study import Study, load_study

ROOT = Path(__file__).parents[2]
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the stores of the small study and of `star`."""
    root = tmp_path_factory.mktemp("twins")
    write_study(root, 12)
    shutil.copyfile(ROOT / "params" / "star.yml", root / "params" / "star.yml")
    shutil.copytree(ROOT / "data" / "raw" / "star", root / "data" / "raw" / "star")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", str(tmp_path_factory.mktemp("keys")))
        for name in ("mine", "star"):
            write_store(root / "data" / "processed" / name, take_in(load_study(name, root), root, silent))
        yield root


@pytest.fixture(scope="module")
def twins(root: Path) -> dict[str, Tables]:
    """Each study's twin, by its own seed."""
    found = {}
    for name in ("mine", "star"):
        study, store, _ = opened(root, name)
        found[name] = twin_tables(study, store, study.seed)
    return found


def opened(root: Path, name: str) -> tuple[Study, Store, pd.DataFrame]:
    store = Store(root / "data" / "processed" / name)
    return load_study(name, root), store, store.read("analysis")


@pytest.fixture(scope="module")
def star(root: Path, twins: dict[str, Tables]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`star`'s analysis table and its twin's."""
    return opened(root, "star")[2], twins["star"]["analysis"]


@pytest.mark.parametrize("name", ["mine", "star"])
def test_a_twin_has_the_store_s_tables_columns_and_types(
    root: Path, twins: dict[str, Tables], name: str
) -> None:
    _, store, _ = opened(root, name)
    tables = twins[name]
    assert list(tables) == [table for table in store.tables() if table != "changes"]
    for table, frame in tables.items():
        assert {column: str(kind) for column, kind in frame.dtypes.items()} == store.entries[table][
            "types"
        ], table


def test_its_numbers_are_about_the_study_s(star: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    real, twin = star
    assert len(twin) == pytest.approx(len(real), rel=0.02)
    assert twin["maths"].mean() == pytest.approx(real["maths"].mean(), abs=5)
    assert twin["maths"].std() == pytest.approx(real["maths"].std(), rel=0.05)
    assert twin["disadvantaged"].mean() == pytest.approx(real["disadvantaged"].mean(), abs=0.02)
    assert twin["sex"].value_counts(normalize=True)["F"] == pytest.approx(0.486, abs=0.02)
    schools = [table.groupby("school")["maths"].mean().std() for table in (real, twin)]
    assert schools[1] == pytest.approx(schools[0], rel=0.25)
    # a school has each type of class, and a class one type: what the randomisation rests on
    assert (twin.groupby("school")["class_type"].nunique() >= 2).all()
    assert (twin.groupby(["school", "class"])["class_type"].nunique() == 1).all()


def test_its_variances_are_about_the_study_s(star: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    formula = "maths ~ small + aide + (1 | school/class)"
    real, twin = (fit(formula, table).variances.set_index("group")["variance"] for table in star)
    assert twin["residual"] == pytest.approx(real["residual"], rel=0.08)
    assert twin["school"] == pytest.approx(real["school"], rel=0.45)
    assert twin["school:class"] == pytest.approx(real["school:class"], rel=0.45)


def test_a_baseline_says_as_much_of_the_outcome(root: Path) -> None:
    study, store, real = opened(root, "mine")
    outcomes = list(study.analysis.outcomes)
    found, schools = marginals(study, real, 10), store.read("schools")
    waves = [study.analysis.outcomes[name].wave for name in outcomes]
    drawn = []
    for seed in range(8):
        scores = draw(study, found, schools, seed)[1].pivot(index="pupil", columns="wave", values="score")
        drawn.append(scores[waves].corr().iloc[0, 1])
    assert np.mean(drawn) == pytest.approx(real[outcomes].corr().iloc[0, 1], abs=0.08)


def test_what_it_is_drawn_from_could_be_released(root: Path) -> None:
    study, _, analysis = opened(root, "star")
    found = marginals(study, analysis, 10)
    assert (found.cells["n"] % BASE == 0).all()
    assert found.cells["n"].min() >= 10
    sizes = {(): len(analysis)}
    for depth in range(1, len(found.keys) + 1):
        counted = analysis.dropna(subset=["maths"]).groupby(list(found.keys[:depth])).size()
        sizes |= {key if isinstance(key, tuple) else (key,): n for key, n in counted.items()}
    assert min(sizes[key] for key in found.means) >= 30
    for (name, school), shares in found.shares.items():
        own = analysis if school == "" else analysis[analysis["school"] == school]
        counts = own[name].value_counts(dropna=False)
        assert min(counts.get(np.nan if value is None else value, 0) for value in shares) >= (
            10 if len(shares) > 1 or None not in shares else 0
        )


def test_a_mean_of_few_pupils_gives_way_to_that_of_the_wider_group(root: Path) -> None:
    study, _, analysis = opened(root, "mine")
    treated = analysis["role"] == "taking part"
    for n, known in ((29, False), (30, True)):
        moved = analysis.copy()
        moved.loc[moved.index[treated & (moved["disadvantaged"] == 0)][:n], "year_group"] = "5"
        assert (("taking part", 0.0, "5") in marginals(study, moved, 10).means) == known


def test_small_year_groups_and_schools_are_pooled(root: Path) -> None:
    study, _, analysis = opened(root, "mine")
    one = analysis[analysis["school"] == "9992000"]
    few = pd.concat([one.head(12).assign(year_group="4"), one.tail(4).assign(year_group="5"),
                     analysis[analysis["school"] == "9992001"].head(3)])  # fmt: skip
    cells = marginals(study, few, 10).cells
    assert cells[["school", "year_group", "n"]].to_numpy().tolist() == [
        ["9992000", "4", 15],
        ["9992001", "4", 10],
    ]


def rows(table: pd.DataFrame, columns: list[str]) -> set[tuple]:
    return set(table[columns].round(6).astype(str).itertuples(index=False, name=None))


def test_no_pupil_is_copied(root: Path, star: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """A twin's rows meet the study's no more often than those of another seed's twin do: by chance."""
    study, store, real = opened(root, "star")
    twin, other = star[1], twin_tables(study, store, 7)["analysis"]
    columns = ["school", "sex", "disadvantaged", "class_type", "maths"]
    met = len(rows(twin, columns) & rows(real, columns))
    by_chance = len(rows(twin, columns) & rows(other, columns))
    assert met <= by_chance + 4 * np.sqrt(by_chance)
    assert not set(twin["pupil"]) & set(real["pupil"])
    assert not (set(twin["pupil"]) | {"twin"}) & set(store.read("pupils")["file"])


def test_no_row_of_a_study_with_two_scores_is_a_twin_s(root: Path, twins: dict[str, Tables]) -> None:
    study, _, real = opened(root, "mine")
    columns = ["school", "class", "sex", "disadvantaged", *study.analysis.outcomes]
    twin = twins["mine"]["analysis"]
    assert len(rows(twin, columns) & rows(real, columns)) <= 2


@pytest.mark.parametrize("score", [70.0, 141.0])
def test_an_extreme_pupil_does_not_show(root: Path, score: float) -> None:
    """Put one pupil's scores at an end of the scale: the twin moves by less than a point, far less than another seed's."""
    study, store, real = opened(root, "mine")
    outcomes = list(study.analysis.outcomes)
    schools = store.read("schools")
    middle = (real[outcomes[-1]] - real[outcomes[-1]].median()).abs().idxmin()
    changed = real.copy()
    changed.loc[middle, outcomes] = score

    def drawn(analysis: pd.DataFrame, seed: int) -> np.ndarray:
        found = marginals(study, analysis, 10)
        return (
            draw(study, found, schools, seed)[1].set_index(["pupil", "wave"])["score"].sort_index().to_numpy()
        )

    before, after, other = drawn(real, 1), drawn(changed, 1), drawn(real, 2)
    assert len(before) == len(after)
    assert np.abs(after - before).mean() < 1
    assert np.abs(after - before).max() <= 4
    assert np.abs(other - before).mean() > 8
    assert abs(after.mean() - before.mean()) < 0.3


@pytest.mark.parametrize("few", [1, 9])
def test_pupils_of_a_kind_of_their_own_are_not_told_of(root: Path, few: int) -> None:
    """Fewer pupils than the minimum, of a sex, class or status that nobody else has, leave no trace of it."""
    study, store, real = opened(root, "mine")
    odd = real.copy()
    odd.loc[odd.index[:few], ["sex", "class"]] = ["U", "The unit"]
    odd.loc[odd.index[:few], ["eal", "send"]] = [1.0, 1.0]
    pupils, _ = draw(study, marginals(study, odd, 10), store.read("schools"), 1)
    assert "U" not in set(pupils["sex"].dropna())
    assert "The unit" not in set(pupils["class"].dropna())
    assert not (pupils["eal"] == 1.0).any()


def test_one_seed_gives_one_twin_and_another_seed_another(root: Path) -> None:
    study, store, _ = opened(root, "mine")
    first, again, other = (twin_tables(study, store, seed)["scores"] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["score"].equals(other["score"])


def test_drawing_sees_no_pupil(root: Path) -> None:
    """All that is handed on are the marginals, and none of their numbers counts fewer than the minimum."""
    study, _, analysis = opened(root, "mine")
    found = marginals(study, analysis, 10)
    assert isinstance(found, Marginals)
    held = json.dumps([str(getattr(found, name)) for name in Marginals.__slots__])
    assert not [pupil for pupil in analysis["pupil"] if pupil in held]
    assert len(found.cells) == analysis["school"].nunique()


def test_notebook_20_runs_on_a_twin_and_agrees_with_its_release(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVALUATION_RUN_FOLDER", raising=False)
    to = tmp_path / "twin"
    made = write_twin(load_study("mine", root), root, to, 5)
    release = read_release(next((to / "reports" / "mine" / made.run / "release").iterdir()))
    assert release.meta["synthetic"] is True
    assert "synthetic twin" in release.meta["title"]
    done = to / "executed.ipynb"
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    papermill.execute_notebook(
        str(to / "notebooks" / "20_impact.ipynb"), str(done), {"study": "mine", "run": ""}, kernel_name="python3",
        cwd=str(to), progress_bar=False,
    )  # fmt: skip
    text = "\n".join(
        "".join(output.get("data", {}).get("text/markdown", ""))
        for cell in nbformat.read(done, as_version=4).cells
        for output in cell.get("outputs", [])
    )
    estimate = release.table("estimates", model="headline", term="treated")["estimate"].iloc[0]
    assert f"{abs(estimate):.2f}" in text
    assert "Synthetic data" in text


def test_a_folder_in_use_is_left_alone(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(StoreError, match="empty folder"):
        write_twin(load_study("mine", root), root, tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_twin_that_cannot_be_made_leaves_nothing_behind(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = load_study("mine", root)
    with pytest.raises(StoreError, match="there is none yet"):
        write_twin(study, tmp_path, tmp_path / "to", 1)
    assert list(tmp_path.iterdir()) == []
