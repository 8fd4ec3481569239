"""R beside the library: the same rows, and the numbers that R prints of them."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

needs_r = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")


def numbers_of_r(code: str, rows: pd.DataFrame, folder: Path) -> list[float]:
    """The numbers that R's code prints, its `%s` the path of the rows; the test is skipped where R lacks a package."""
    path = folder / "rows.csv"
    rows.to_csv(path, index=False)
    done = subprocess.run(["Rscript", "-e", code % path], capture_output=True, text=True)
    if "there is no package" in done.stderr:
        pytest.skip("needs a package of R: " + done.stderr.split("called")[-1].strip())
    return [float(text) for text in done.stdout.split()]
