"""An optional test of number facts, returned by a company that asks for no pupil numbers: one sheet a class."""

import numpy as np
import pandas as pd

from evaluation.simulate.exports import LABEL
from evaluation.simulate.files import Grid, xlsx_bytes
from evaluation.simulate.results import PLAIN

TAKER = "9992001"
PATH = "tests/number_facts.xlsx"
LOW, HIGH = 69, 141
BANDS = ("EXP-", "EXP", "EXP+")
HEADINGS = ["First name", "Second name", "Born", "Sat on", "Standardised"]
SWAPPED, BANDED = 4, 9


def number_facts(rng: np.random.Generator, roll: pd.DataFrame) -> tuple[bytes, dict[str, int]]:
    """The workbook's bytes and the faults in it: swapped names, bands in place of scores, pupils who were absent.

    Parameters
    ----------
    rng : for who gets which fault, and how this test differs from the wave's own.
    roll : the school's pupils at midpoint, with identities and scores before censoring.
    """
    rows = roll[["forename", "surname", "dob", "class"]].copy()
    score = np.rint(roll["midpoint"] + rng.normal(0, 6, size=len(roll)))
    rows["score"] = [_score(value) for value in score]
    order = iter(rng.permutation(roll.index[score.between(*PLAIN)].to_numpy()))
    swapped = [next(order) for _ in range(SWAPPED)]
    rows.loc[swapped, ["forename", "surname"]] = rows.loc[swapped, ["surname", "forename"]].to_numpy()
    for at in range(BANDED):
        rows.loc[next(order), "score"] = BANDS[at % len(BANDS)]
    sheets = {str(name): _sheet(str(name), part) for name, part in rows.groupby("class")}
    planted = {
        "no_upn": len(rows),
        "names_swapped": SWAPPED,
        "score_band": BANDED,
        "no_score_absent": int((rows["score"] == "absent").sum()),
        "score_censored_low": int((rows["score"] == f"<{LOW}").sum()),
        "score_censored_high": int((rows["score"] == f">{HIGH}").sum()),
        "totals_row": len(sheets),
    }
    return xlsx_bytes(sheets, LABEL, merged="A1:E1"), {kind: n for kind, n in planted.items() if n}


def _score(value: float) -> str:
    if np.isnan(value):
        return "absent"
    return f"<{LOW}" if value < LOW else f">{HIGH}" if value > HIGH else f"{value:.0f}"


def _sheet(name: str, rows: pd.DataFrame) -> Grid:
    pupils = [
        [row.forename, row.surname, f"{row.dob:%d/%m/%Y}", "07/02/2024", row.score]
        for row in rows.itertuples()
    ]
    title, total = f"Number Facts - class {name} - {LABEL}", f"Total: {len(pupils)} pupils"
    return [[title], [], HEADINGS, *pupils, [total, "", "", "", ""]]
