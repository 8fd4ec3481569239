"""Pupils with their missing scores drawn, several times over, and the plan's main model fitted to all of them.

A pupil's missing score is drawn from what is known of the pupil and of the school; a school without a single score tells nothing
of its own pupils, so that they are never drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaluation.impact.refit import INFERENCE, Answer, answered, fixed_only
from evaluation.impact.sample import population
from evaluation.models.missing.draw import Predictors, draw_missing
from evaluation.models.missing.rubin import pool
from evaluation.models.sums.spec import parse_formula, variables
from evaluation.study import Study

IMPUTATIONS = 20
CYCLES = 5
MOST_GROUPS = 2000


@dataclass(frozen=True, slots=True)
class Imputed:
    """The completed sets of one analysis.

    Attributes
    ----------
    pupils : DataFrame
        Those of the population who are not left out, as they came.
    completed : tuple of DataFrame
        The same rows with every variable of the main model, school means made anew; empty where nothing is missing.
    schools_absent : int
        Schools left out because none of their pupils has a score, or none a baseline.
    reason : str
        Why there are no completed sets, or "".
    """

    pupils: pd.DataFrame
    completed: tuple[pd.DataFrame, ...]
    schools_absent: int
    reason: str = ""


def impute(study: Study, analysis: pd.DataFrame, imputations: int = IMPUTATIONS) -> Imputed:
    """Draw missing outcomes, baselines and disadvantage by chained equations (van Buuren, Flexible Imputation, 2nd ed., 2018).

    Each is drawn from a model with the schools' and classes' own levels, the other variables of the main model, their school means, and
    the treatment's interaction with disadvantage. Pupils who lack another variable of the model are left out, as it leaves them out.
    """
    drawn = _drawn(study, analysis)
    others, groups = _others(study, analysis, drawn)
    pupils, absent = _present(study, population(analysis).dropna(subset=[*others, *groups]))
    if pupils.empty or not pupils[drawn].isna().any(axis=None):
        return Imputed(pupils, (), absent, "no pupil of a school that was tested lacks a score")
    codes = [
        pupils.groupby(groups[: depth + 1], sort=False, observed=True).ngroup()
        for depth in range(len(groups))
    ]
    if sum(code.max() + 1 for code in codes) > MOST_GROUPS:
        return Imputed(pupils, (), absent, f"more than {MOST_GROUPS:,} schools and classes: not imputed")
    fixed = pd.get_dummies(pupils[others], drop_first=True, dtype=float).to_numpy(float)
    chain = _Chain(study, pupils, fixed, [code.to_numpy() for code in codes])
    seeds = np.random.default_rng([study.seed, 7]).spawn(imputations)
    return Imputed(pupils, tuple(_with_means(study, chain.run(drawn, seed)) for seed in seeds), absent)


def pooled(formula: str, term: str, completed: Sequence[pd.DataFrame]) -> Answer:
    """The main model's answer over completed sets, by Rubin's rules."""
    answers = [answered(formula, term, pupils) for pupils in completed]
    failed = next((answer for answer in answers if answer.reason), None)
    if failed is not None:
        return failed
    found = pool(
        [answer.estimate for answer in answers],
        [answer.std_error for answer in answers],
        float(np.mean([answer.df for answer in answers])),
    )
    return replace(answers[0], **{name: getattr(found, name) for name in INFERENCE})


def _drawn(study: Study, analysis: pd.DataFrame) -> list[str]:
    """The variables that are drawn where they are missing, and explain one another."""
    plan, known = study.analysis, population(analysis)["disadvantaged"].dropna()
    names = [name for name in (plan.primary, plan.baseline) if name is not None]
    return [*names, "disadvantaged"] if known.nunique() > 1 else names


def _others(study: Study, analysis: pd.DataFrame, drawn: list[str]) -> tuple[list[str], list[str]]:
    """The main model's other variables, the treatment first, and its grouping columns, outermost first."""
    spec = parse_formula(study.analysis.models["headline"].formula)
    derived = {f"{name}_{kind}" for name in drawn for kind in ("school", "within")}
    used = variables(fixed_only(spec.formula).partition("~")[2]) - {study.analysis.treatment}
    return [study.analysis.treatment, *sorted(used - derived - set(drawn))], list(spec.keys)


def _present(study: Study, pupils: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The pupils of schools that have any outcome and any baseline, and the number of the other schools."""
    needed = [name for name in (study.analysis.primary, study.analysis.baseline) if name is not None]
    has = pupils[needed].notna().groupby(pupils["school"]).any().all(axis=1)
    kept = pupils[pupils["school"].map(has)].reset_index(drop=True)
    return kept, int((~has).sum())


def _with_means(study: Study, pupils: pd.DataFrame) -> pd.DataFrame:
    """School means and distances from them, over the completed pupils."""
    for name in study.analysis.school_means:
        mean = pupils[name].groupby(pupils["school"]).transform("mean")
        pupils = pupils.assign(**{f"{name}_school": mean, f"{name}_within": pupils[name] - mean})
    return pupils


@dataclass(frozen=True, slots=True)
class _Chain:
    """What stays the same from draw to draw: the pupils as they came, the variables that are complete, the groups."""

    study: Study
    pupils: pd.DataFrame
    fixed: np.ndarray
    groups: list[np.ndarray]

    def run(self, drawn: list[str], generator: np.random.Generator) -> pd.DataFrame:
        """One completed set: each incomplete variable drawn in turn, again and again where there are several."""
        values = {name: self.pupils[name].to_numpy(float) for name in drawn}
        incomplete = [name for name in drawn if np.isnan(values[name]).any()]
        now = {name: np.where(np.isnan(v), np.nanmean(v), v) for name, v in values.items()}
        for _ in range(CYCLES if len(incomplete) > 1 else 1):
            for name in incomplete:
                now[name] = draw_missing(
                    values[name], self._predictors(name, now), generator, yes_no=name == "disadvantaged"
                )
        return self.pupils.assign(**now)

    def _predictors(self, name: str, now: dict[str, np.ndarray]) -> Predictors:
        """The complete variables, the other drawn ones with their school means, and the treatment's interaction with one of them."""
        others = {other: values for other, values in now.items() if other != name}
        by_school = pd.DataFrame(others).groupby(self.pupils["school"].to_numpy()).transform("mean")
        turns = others.get("disadvantaged", now[self.study.analysis.primary])
        interaction = self.pupils[self.study.analysis.treatment].to_numpy(float) * turns
        columns = [np.ones(len(self.pupils)), self.fixed, *others.values(), by_school.to_numpy(float)]
        if others:
            columns.append(interaction)
        return Predictors(np.column_stack(columns), self.groups)
