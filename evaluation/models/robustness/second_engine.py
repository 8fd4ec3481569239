"""The same model in statsmodels, as a second opinion on the coefficients."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM

from evaluation.models.fitted import FittedModel
from evaluation.models.sums.design import columns, complete_rows

# Agreement: coefficients within this share of a standard error.
AGREEMENT = 0.01
# statsmodels' standard errors beyond this multiple of ours are its defect at the boundary.
ABSURD = 100
# A deviance this far above ours is not the least.
SHORTFALL = 1e-3

Verdict = Literal["agrees", "differs", "failed", "not fitted"]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What statsmodels makes of a model.

    Attributes
    ----------
    verdict : {"agrees", "differs", "failed", "not fitted"}
        "failed" when statsmodels did not reach the optimum, "differs" when it did and has other coefficients there.
    reason : str
        A sentence saying why.
    terms : DataFrame
        By term: estimate, std_error, second_estimate, second_std_error (of the model, without small-sample correction), and
        their distance `apart` in standard errors. Empty if not fitted.
    """

    verdict: Verdict
    reason: str
    terms: pd.DataFrame


def second_engine(result: FittedModel) -> SecondOpinion:
    """Fit the model of `result` to the same rows with statsmodels' MixedLM, and compare the coefficients.

    At the variance boundary MixedLM can return coefficients of exactly 0 with `converged=True` (statsmodels issue 10239);
    it is known by its standard errors, and the verdict is then "failed", not "differs".
    """
    reason = _beyond_statsmodels(result)
    if reason or result.data is None:
        return SecondOpinion("not fitted", reason, pd.DataFrame())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its convergence and boundary warnings become the verdict
        try:
            second = _mixed_lm(result, result.data).fit(reml=result.estimate.reml)
        except (np.linalg.LinAlgError, ValueError) as error:
            return SecondOpinion("failed", f"statsmodels could not fit the model: {error}", pd.DataFrame())
    terms = result.inference("wald")[["estimate", "std_error"]].assign(
        second_estimate=np.asarray(second.fe_params), second_std_error=np.asarray(second.bse_fe)
    )
    terms["apart"] = (terms["second_estimate"] - terms["estimate"]).abs() / terms["std_error"]
    shortfall = float(-2 * second.llf - result.estimate.criterion)
    return SecondOpinion(*_judge(terms, bool(second.converged), shortfall), terms)


def _beyond_statsmodels(result: FittedModel) -> str:
    levels = result.problem.levels
    if result.data is None:
        return "statsmodels needs the rows, and this model was fitted to cross-products"
    if result.cross.spec.weights:
        return "statsmodels' MixedLM takes no weights"
    if not levels:
        return "the model has no groups, so that statsmodels' MixedLM does not apply"
    if any(level.copies > 1 for level in levels):
        return "statsmodels' MixedLM is compared for factors that nest, and these are crossed"
    if any(len(level.blocks) > 1 for level in levels):
        return "statsmodels' MixedLM takes one random term a grouping factor"
    if len(levels) > 2 or any(level.effects != ("Intercept",) for level in levels[1:]):
        return "statsmodels' MixedLM is compared for one level of groups, and a random intercept for groups within"
    return ""


def _mixed_lm(result: FittedModel, rows: pd.DataFrame) -> MixedLM:
    spec, layout, problem = result.cross.spec, result.cross.layout, result.problem
    frame = complete_rows(spec, rows)
    values = columns(spec, layout, frame)
    x = pd.DataFrame(values[[layout.fixed[k] for k in problem.kept]].T).add_prefix("x")
    outer, *inner = problem.levels
    effects = pd.DataFrame(values[[layout.names.index(name) for name in outer.effects]].T).add_prefix("z")
    codes = [_codes(level.name, result, frame) for level in problem.levels]
    data = x.join(effects).assign(y=values[-1], group=codes[0])
    within = None
    if inner:
        data["inner"] = codes[1]
        within = {"inner": "0 + C(inner)"}
    return MixedLM.from_formula(
        "y ~ 0 + " + " + ".join(x.columns),
        groups="group",
        re_formula="0 + " + " + ".join(effects.columns),
        vc_formula=within,
        data=data,
    )


def _codes(name: str, result: FittedModel, frame: pd.DataFrame) -> np.ndarray:
    """Each row's group of a grouping factor, as a number."""
    group = next(term.group for term in result.cross.spec.random if term.name == name)
    return frame.groupby(list(group), observed=True, sort=False).ngroup().to_numpy()


def _judge(terms: pd.DataFrame, converged: bool, shortfall: float) -> tuple[Verdict, str]:
    """The likelihoods, which the engines define alike, say which of two that differ has stopped short."""
    absurd = ~(terms["second_std_error"] < ABSURD * terms["std_error"])
    if absurd.any():
        return "failed", (
            f"statsmodels met its defect at the variance boundary: it gives {terms.index[absurd][0]!r} a standard error "
            f"of {terms['second_std_error'][absurd].iloc[0]:.3g}, and says converged={converged}."
        )
    apart = (
        f"{terms['apart'].idxmax()!r} is the furthest apart, by {terms['apart'].max():.2g} standard errors"
    )
    if terms["apart"].max() <= AGREEMENT:
        return "agrees", f"statsmodels gives the same coefficients: {apart}."
    if shortfall > SHORTFALL:
        return "failed", (
            f"statsmodels stopped short, at a deviance {shortfall:.2g} above the least one, and says "
            f"converged={converged}: {apart}."
        )
    return "differs", f"statsmodels gives other coefficients at no worse a likelihood: {apart}."
