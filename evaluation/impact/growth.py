"""Growth over three waves or more: how far each wave's scores have moved since the first, beside those compared with."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.derive import as_analysed
from evaluation.derive.moves import UP
from evaluation.errors import ModelError
from evaluation.impact.plan import INFERENCE, nothing
from evaluation.impact.sample import population
from evaluation.models import fit, holm
from evaluation.study import Study

GROWTH = [
    "outcome", "estimate", "std_error", "df", "p_value", "p_adjusted", "ci_low", "ci_high", "n_schools", "n_moved", "n_moved_up", "method",
    "reason",
]  # fmt: skip
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]
TWO_SCALES = "the tests are on different scales, without norms to set them side by side"


def growth(study: Study, analysis: pd.DataFrame, moves: pd.DataFrame | None = None) -> pd.DataFrame:
    """GROWTH, one row a wave after the first: the treated's change since the first less that of those compared with.

    All pupils' scores are stacked, a pupil with one score too, on the primary outcome's scale by the tests' norms. Every pupil has a random
    intercept, and every school one for each wave, so that a change is judged against how change varies from school to school. Where
    nobody is compared with, it is the treated's change itself. Empty where the plan has fewer than three waves, or two outcomes at one.

    Whoever changes school keeps the one of the first wave, wherever a later test was sat: `n_moved` pupils of the store's `moves` have
    a later score, and `n_moved_up` of them went from primary to secondary.
    """
    names = waves(study)
    if len(names) < 3:
        return nothing(GROWTH)
    later = names[1:]
    table = pd.DataFrame({"outcome": later, "method": INFERENCE, "reason": ""})
    table[[*FIGURES, "n_schools", "n_moved", "n_moved_up"]] = np.nan
    common = scales(study, names)
    if common is None:
        return table.assign(reason=TWO_SCALES, p_adjusted=np.nan)[GROWTH]
    rows = _stacked(study, population(analysis), common)
    try:
        result = fit(_formula(study, later, rows), rows)
    except ModelError as error:
        return table.assign(reason=f"no model fits: {error}", p_adjusted=np.nan)[GROWTH]
    terms = [f"grown_{name}" if study.comparison.has_group else f"at_{name}" for name in later]
    table[FIGURES] = result.coefficients.reindex(terms)[FIGURES].to_numpy()
    table["n_schools"] = rows["school"].nunique()
    if moves is not None:
        table[["n_moved", "n_moved_up"]] = _followed(rows[rows["wave"] != names[0]], moves)
    table["reason"] = np.where(table["estimate"].isna(), "no scores to compare at this wave", "")
    return table.assign(p_adjusted=holm(table["p_value"]))[GROWTH]


def _followed(later: pd.DataFrame, moves: pd.DataFrame) -> tuple[int, int]:
    """How many pupils with a later score changed school, and how many from primary to secondary."""
    moved = moves[moves["pupil"].isin(later["pupil"])]
    return moved["pupil"].nunique(), moved.loc[moved["kind"] == UP, "pupil"].nunique()


def waves(study: Study) -> list[str]:
    """The outcomes in the order of their waves; none where a wave has several, among which nobody said which one grows."""
    dates = {name: study.wave(item.wave).date for name, item in study.analysis.outcomes.items()}
    return sorted(dates, key=lambda name: dates[name]) if len(set(dates.values())) == len(dates) else []


def scales(study: Study, names: list[str]) -> Mapping[str, tuple[float, float]] | None:
    """How each outcome becomes one on the primary's scale, as factor and shift; None where nothing says."""
    plan = study.analysis
    tests = {name: as_analysed(study, plan.outcomes[name].instrument) for name in names}
    if len({test.name for test in tests.values()}) == 1:
        return dict.fromkeys(names, (1.0, 0.0))
    norms = {name: (test.norm_mean, test.norm_sd) for name, test in tests.items()}
    known = {name: (mean, sd) for name, (mean, sd) in norms.items() if mean is not None and sd is not None}
    if len(known) < len(names):
        return None
    to_mean, to_sd = known[plan.primary]
    return {name: (to_sd / sd, to_mean - mean * to_sd / sd) for name, (mean, sd) in known.items()}


def _stacked(study: Study, pupils: pd.DataFrame, common: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """One row a score: score, wave (its outcome), at_<outcome> (0/1), grown_<outcome> (the treated's), and who the pupil is."""
    treatment = study.analysis.treatment
    if not study.comparison.has_group:
        pupils = pupils[pupils[treatment] == 1]
    kept = ["pupil", "school", "class", "year_group"]
    parts = []
    for name, (factor, shift) in common.items():
        part = pupils[kept].assign(treated=pupils[treatment], score=factor * pupils[name] + shift, wave=name)
        for other in list(common)[1:]:
            part[f"at_{other}"] = float(other == name)
            part[f"grown_{other}"] = part[f"at_{other}"] * part["treated"]
        parts.append(part.dropna(subset=["score", "treated"]))
    return pd.concat(parts, ignore_index=True)


def _formula(study: Study, later: list[str], rows: pd.DataFrame) -> str:
    waves = " + ".join(f"at_{name}" for name in later)
    fixed = (
        ["treated", waves, *(f"grown_{name}" for name in later)] if study.comparison.has_group else [waves]
    )
    fixed += ["year_group"] if rows["year_group"].nunique() > 1 else []
    levels = ["school", *(["school:class"] if study.comparison.unit == "class" else [])]
    groups = [f"(1 + {waves} | {level})" for level in levels] + ["(1 | school:pupil)"]
    return f"score ~ {' + '.join([*fixed, *groups])}"
