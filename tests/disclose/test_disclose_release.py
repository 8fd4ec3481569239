"""A release reads back as it was written; flow tells of no handful of pupils."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluation.disclose import Release, read_release, write_release
from evaluation.disclose.flow import protect_flow
from evaluation.errors import StoreError


def test_a_release_reads_back_with_types_and_texts_as_they_were(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "school": ["007", "NA", ""],
            "n": [12, 30, 41],
            "mean": [1.5, np.nan, 0.1 + 0.2],
            "flag": [True, False, True],
        }
    )
    empty = pd.DataFrame({"school": pd.Series([], dtype=str), "gap": pd.Series([], dtype=float)})
    write_release(Release({"study": "a"}, {"means": table, "empty": empty}), tmp_path)
    back = read_release(tmp_path)
    assert back.meta == {"study": "a"}
    assert list(back.tables["means"]["school"]) == ["007", "NA", ""]
    assert back.tables["means"]["mean"].iloc[2] == 0.1 + 0.2
    assert back.tables["means"]["mean"].isna().tolist() == [False, True, False]
    assert back.tables["means"]["flag"].tolist() == [True, False, True]
    assert back.tables["empty"].empty
    assert list(back.tables["empty"].columns) == ["school", "gap"]


def test_half_a_release_is_refused(tmp_path: Path) -> None:
    write_release(Release({}, {"means": pd.DataFrame({"n": [1]})}), tmp_path)
    (tmp_path / "means.csv").unlink()
    with pytest.raises(StoreError, match="No whole release"):
        read_release(tmp_path)


def stages(level: str, unit: str, *numbers: int) -> pd.DataFrame:
    rows = [(level, unit, f"stage {order}", order, n) for order, n in enumerate(numbers)]
    return pd.DataFrame(rows, columns=["level", "unit", "stage", "order", "n"]).assign(absent=0)


def test_a_stage_of_an_arm_that_tells_of_a_handful_is_withheld() -> None:
    table = protect_flow(stages("project", "treated", 80, 62, 60), {("project", "treated"): 60}, 10)
    assert table["symbol"].tolist() == ["", "c", ""]
    assert table["n"].isna().tolist() == [False, True, False]


def test_a_school_s_flow_is_shown_only_where_it_lost_nobody_and_its_figures_are_shown() -> None:
    schools = [stages("school", "a", 60, 60), stages("school", "b", 75, 60), stages("school", "c", 60, 60)]
    flow = pd.concat([*schools, stages("cluster", "x", 195, 180)], ignore_index=True)
    table = protect_flow(flow, {("school", "a"): 60, ("school", "b"): 60}, 10)
    assert table["unit"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert table["symbol"].tolist() == ["", "", "c", "c", "c", "c"]
