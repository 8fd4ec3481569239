"""What the test companies send back at each wave, with the faults such files have, each counted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from evaluation.simulate.identities import wrong_letter

UPN_MISSING = 0.08
NO_SCORE = ("A", "absent", "", "no row")
PLAIN = (75, 120)


@dataclass(frozen=True, slots=True)
class Faults:
    """How many pupils of a wave's file get each fault; no pupil gets two."""

    upn_wrong_letter: int = 0
    upn_untidy: int = 0
    names_swapped: int = 0
    dob_missing: int = 0
    score_letter_for_digit: int = 0
    score_out_of_range: int = 0
    score_grade: int = 0
    duplicate_exact: int = 0
    duplicate_conflicting: int = 0


FAULTS = {
    "baseline": Faults(upn_wrong_letter=4, score_letter_for_digit=1, duplicate_exact=3),
    "midpoint": Faults(upn_untidy=25, names_swapped=2, score_grade=4, duplicate_exact=2),
    "endline": Faults(
        dob_missing=2, score_out_of_range=1, score_grade=2, duplicate_exact=3, duplicate_conflicting=1
    ),
}


@dataclass(frozen=True, slots=True)
class Results:
    """One wave's results as text, a row a pupil or more, and the count of each kind of fault planted."""

    rows: pd.DataFrame
    planted: dict[str, int] = field(default_factory=dict)


def results(
    rng: np.random.Generator, pupils: pd.DataFrame, wave: str, bounds: tuple[int, int], marked: bool
) -> Results:
    """The results of one wave for the pupils on roll then.

    Parameters
    ----------
    pupils : with identities, `school` as at this wave, and the wave's scores before censoring.
    bounds : lowest and highest score given as a number.
    marked : whether a censored score is written "<70", or as the bound itself.
    """
    planted: Counter[str] = Counter()
    rows = pupils[["upn", "surname", "forename", "dob", "school", "year_group"]].copy()
    rows["score"] = _score_text(pupils[wave], bounds, marked, planted)
    plain = pupils.index[pupils[wave].between(*PLAIN)].to_numpy()
    order = iter(rng.permutation(plain))
    rows = _without_scores(rng, rows, pupils[wave].isna(), planted)
    for kind, change in CHANGES.items():
        who = np.array([next(order) for _ in range(getattr(FAULTS[wave], kind))], dtype=np.int64)
        rows = change(rows, who)
        planted[kind] = len(who)
    return Results(_without_upn(rng, rows, planted), {kind: n for kind, n in planted.items() if n})


def _score_text(score: pd.Series, bounds: tuple[int, int], marked: bool, planted: Counter[str]) -> pd.Series:
    low, high = bounds
    edges = (f"<{low}", f">{high}") if marked else (str(low), str(high))
    planted["score_censored_low"], planted["score_censored_high"] = (
        int((score < low).sum()),
        int((score > high).sum()),
    )
    text = score.map(lambda value: "" if np.isnan(value) else str(int(value)))
    return text.mask(score < low, edges[0]).mask(score > high, edges[1])


def _without_scores(
    rng: np.random.Generator, rows: pd.DataFrame, missing: pd.Series, planted: Counter[str]
) -> pd.DataFrame:
    """Pupils without a score: a code, a word, an empty cell, or no row at all."""
    who = rows.index[missing]
    how = pd.Series(rng.choice(NO_SCORE, size=len(who)), index=who)
    planted.update(
        {f"no_score_{kind or 'blank'}".replace(" ", "_"): int(n) for kind, n in how.value_counts().items()}
    )
    rows.loc[who, "score"] = how
    return rows.drop(index=who[how == "no row"])


def _without_upn(rng: np.random.Generator, rows: pd.DataFrame, planted: Counter[str]) -> pd.DataFrame:
    """Blank the UPN of a share of pupils; pupils already given a fault in it or a second row keep theirs."""
    alike = rows.index.duplicated(keep=False)
    able = rows.index[~alike & rows["upn"].str.fullmatch(r"[A-Z]\d{12}") & (rows["dob"].notna())]
    who = rng.choice(able, size=round(UPN_MISSING * len(rows)), replace=False)
    rows.loc[who, "upn"] = ""
    planted["upn_missing"] = int((rows["upn"] == "").sum())
    return rows


Change = Callable[[pd.DataFrame, npt.NDArray[np.int64]], pd.DataFrame]


def _upn_wrong_letter(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    rows.loc[who, "upn"] = rows.loc[who, "upn"].map(wrong_letter)
    return rows


def _upn_untidy(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    rows.loc[who, "upn"] = rows.loc[who, "upn"].map(lambda upn: f"{upn[0].lower()} {upn[1:4]} {upn[4:]} ")
    return rows


def _names_swapped(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    rows.loc[who, ["surname", "forename"]] = rows.loc[who, ["forename", "surname"]].to_numpy()
    rows.loc[who, "upn"] = ""
    return rows


def _dob_missing(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    rows.loc[who, "dob"] = pd.NaT
    rows.loc[who, "upn"] = ""
    return rows


def _score(text: str) -> Change:
    def change(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
        rows.loc[who, "score"] = text
        return rows

    return change


def _duplicate_exact(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    return pd.concat([rows, rows.loc[who]]).sort_index(kind="stable")


def _duplicate_conflicting(rows: pd.DataFrame, who: npt.NDArray[np.int64]) -> pd.DataFrame:
    again = rows.loc[who].copy()
    again["score"] = (again["score"].astype(int) + 7).astype(str)
    return pd.concat([rows, again]).sort_index(kind="stable")


CHANGES: dict[str, Change] = {
    "upn_wrong_letter": _upn_wrong_letter,
    "upn_untidy": _upn_untidy,
    "names_swapped": _names_swapped,
    "dob_missing": _dob_missing,
    "score_letter_for_digit": _score("1O5"),
    "score_out_of_range": _score("999"),
    "score_grade": _score("EXS"),
    "duplicate_exact": _duplicate_exact,
    "duplicate_conflicting": _duplicate_conflicting,
}
