"""Models as R fits them: cases answered by features.R, or the test skipped where R lacks something."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evaluation.models import FittedModel, fit

SCRIPT = Path(__file__).with_name("features.R")
PACKAGES = ("lme4", "lmerTest", "pbkrtest", "clubSandwich", "numDeriv", "jsonlite")


@dataclass(frozen=True, slots=True)
class Case:
    """A model of a data set, one of R's own or one given; `asks` are functions of features.R."""

    data: str
    formula: str
    asks: tuple[str, ...]
    reml: bool = True
    weights: str | None = None
    offset: str | None = None
    crossed: bool = False
    new: str | None = None
    cluster: str | None = None
    joint: tuple[str, ...] = ()


def answers(
    folder: Path, cases: Mapping[str, Case], frames: Mapping[str, pd.DataFrame], *packages: str
) -> dict[str, dict[str, Any]]:
    """What R answers to each case, in a folder of this test's own; it then holds the data as CSV files."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    wanted = (*PACKAGES, *packages)
    check = f"stopifnot(all(sapply(c{wanted!r}, requireNamespace, quietly = TRUE)))"
    if subprocess.run(["Rscript", "-e", check], capture_output=True, check=False).returncode:
        pytest.skip(f"R lacks one of {', '.join(wanted)}")
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    asked = [asdict(case) | {"joint": [in_r(term) for term in case.joint]} for case in cases.values()]
    (folder / "cases.json").write_text(json.dumps(asked), encoding="utf-8")
    run = subprocess.run(["Rscript", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return dict(zip(cases, json.loads((folder / "answers.json").read_text(encoding="utf-8")), strict=True))


def fitted(case: Case, folder: Path) -> FittedModel:
    """The case in this engine, from the file that R read."""
    options = {"reml": case.reml, "weights": case.weights, "offset": case.offset, "crossed": case.crossed}
    return fit(case.formula, pd.read_csv(folder / f"{case.data}.csv"), **options)


def in_r(name: str) -> str:
    """formulaic's `sex[T.M]` is R's `sexM`."""
    return name.replace("[T.", "").replace("[", "").replace("]", "").replace("Intercept", "(Intercept)")
