"""Withheld counts attacked from a run's files alone: a release that tells one is named, and a wrong pattern is never released."""

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from canary_study import PER_SCHOOL, PLAN, WHO, Raw, audited, raw_files, write_canary
from pipeline_pages import silent

from evaluation.batch.plan import Wanted
from evaluation.disclose import cells, read_release
from evaluation.disclose.system import System
from evaluation.errors import DisclosureError
from evaluation.pipeline import Run, run
from evaluation.study import load_study

SCHOOL, FEW = "9992000", 4
PACKED: dict[str, Any] = {**PLAN, "reports": {**PLAN["reports"], "packs": ["cluster", "school"]}}


def few_disadvantaged() -> Raw:
    """Four of each school's fourteen pupils on free meals, by the roll and by their spells."""
    raw = raw_files()
    few = [at % PER_SCHOOL < FEW for at in range(len(raw["pupils"]))]
    pupils = raw["pupils"].assign(PP=["Yes" if yes else "No" for yes in few])
    meals = pupils.loc[few, list(WHO.values())].assign(From="01/09/2023", To="", Country="England", Note="")
    return {**raw, "pupils": pupils, "meals": meals}


@pytest.fixture(scope="module")
def whole(canary_root: Path) -> Run:
    """A run for the project, the clusters and the schools, in the folder that the tests are in."""
    write_canary(canary_root, few_disadvantaged(), PACKED)
    return run(load_study("canary", canary_root), canary_root, Wanted(schools=(SCHOOL,)), 1, silent)


def test_the_releases_of_every_audience_are_attacked_and_withstand(whole: Run) -> None:
    code, said = audited(whole.folder.name)
    assert code == 0
    for audience, what in (("project", "the project’s site"), ("cluster", "cluster"), ("school", "school")):
        release = read_release(whole.folder / "release" / audience)
        assert what in said
        assert (release.tables["descriptives"]["symbol"] == "c").any() or audience == "project"


def test_a_count_written_into_a_release_is_named_and_the_audit_ends_with_7(whole: Run) -> None:
    """The pupils on free meals of one school, whom its pack withholds: the file's hash is mended, so that it is read."""
    folder = whole.folder / "release" / "school"
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    show_count(folder, FEW)
    try:
        code, said = audited(whole.folder.name)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    assert code == 7
    told = [line for line in said.splitlines() if "can be told" in line]
    assert any(
        f"by disadvantaged of school {SCHOOL} (last) can be told by any reader" in line for line in told
    )
    assert not any("free meals" in line for line in told)  # which group it is might tell who it is
    assert audited(whole.folder.name)[0] == 0


def show_count(folder: Path, count: int) -> None:
    path = folder / "descriptives.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    row = (table["unit"] == SCHOOL) & (table["split"] == "disadvantaged") & (table["outcome"] == "last")
    row &= table["group"] == PLAN["words"]["disadvantaged"]
    assert list(table.loc[row, "symbol"]) == ["c"]
    table.loc[row, ["n", "symbol"]] = [str(count), ""]
    table.to_csv(path, index=False, lineterminator="\n")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (described,) = [item for item in package["resources"] if item["name"] == "descriptives"]
    described |= {
        "bytes": path.stat().st_size,
        "hash": f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}",
    }
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def test_a_pattern_that_withholds_small_counts_alone_is_never_released(
    whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fourteen pupils less ten others are four: the run is refused, and the message says where, not whom."""

    def small_alone(system: System, minimum: int) -> SimpleNamespace:
        return SimpleNamespace(mask=(system.values < minimum) | (system.costs == 0))

    monkeypatch.setattr(cells, "withhold_counts", small_alone)
    write_canary(tmp_path, few_disadvantaged(), PACKED)
    with pytest.raises(DisclosureError, match="can be told by any reader") as refused:
        run(load_study("canary", tmp_path), tmp_path, Wanted(schools=(SCHOOL,)), 1, silent)
    assert "Nothing was released" in str(refused.value)
    assert "free meals" not in str(refused.value)
    assert not (tmp_path / "reports" / "canary" / "latest").exists()
