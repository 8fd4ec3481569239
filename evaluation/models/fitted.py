"""A fitted multilevel model, as its users see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import inference
from evaluation.models.crossproducts import CrossProducts
from evaluation.models.design import Design
from evaluation.models.estimate import Estimate
from evaluation.models.group_effects import group_effects
from evaluation.models.inference import JointTest


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the fit ended. Nothing here depends on the units of the data.

    Attributes
    ----------
    converged : bool
    at_boundary : bool
        Some variance is exactly zero, or some covariance exactly singular.
    singular : tuple of str
        The grouping factors concerned.
    iterations : int
    gradient_norm : float
        Size of the deviance's gradient by its Hessian: the root of what another Newton step would gain.
    """

    converged: bool
    at_boundary: bool
    singular: tuple[str, ...]
    iterations: int
    gradient_norm: float


@dataclass(frozen=True)
class FittedModel:
    """A multilevel model fitted by `fit`: tables at full precision, made when they are asked for."""

    design: Design
    products: CrossProducts
    estimate: Estimate

    @property
    def formula(self) -> str:
        return self.design.spec.formula

    @property
    def n(self) -> int:
        """Rows used."""
        return self.products.n

    @property
    def n_dropped(self) -> int:
        """Rows left out for missing values."""
        return self.design.n_dropped

    @property
    def n_groups(self) -> dict[str, int]:
        """Groups of each grouping factor, outermost first."""
        return {level.grouping.name: level.grouping.size for level in self.design.levels}

    @property
    def dropped_terms(self) -> tuple[str, ...]:
        """Fixed terms left out because they are combinations of the ones before them, or have one level only."""
        return self.products.dropped_terms

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects by term, with Kenward-Roger inference (Satterthwaite's after maximum likelihood)."""
        return self.inference("kenward-roger" if self.estimate.reml else "satterthwaite")

    def inference(self, method: str) -> pd.DataFrame:
        """Fixed effects by term: estimate, std_error, df, statistic, p_value, ci_low, ci_high.

        Parameters
        ----------
        method : {"kenward-roger", "satterthwaite", "cr2", "wald"}
            CR2's clusters are the outermost groups. At the boundary Satterthwaite's table carries a warning in
            `attrs["note"]`.
        """
        return inference.table(self.design, self.products, self.estimate, method)

    def joint_test(self, terms: Sequence[str], method: str = "kenward-roger") -> JointTest:
        """F test that the coefficients of several terms are all zero, by "kenward-roger" or "cr2" (HTZ)."""
        return inference.joint_test(self.design, self.products, self.estimate, terms, method)

    @property
    def residual_variance(self) -> float:
        return self.estimate.sigma2 * self.products.y_scale**2

    @property
    def variances(self) -> pd.DataFrame:
        """Variances and covariances: group, term_1, term_2, variance; the residual's terms are empty."""
        rows = []
        for i, level in enumerate(self.design.levels):
            covariance = self._covariance(i)
            for start, stop in _spans(level.blocks):
                names, block = level.effects[start:stop], covariance[start:stop, start:stop]
                rows += [(level.grouping.name, a, a, block[k, k]) for k, a in enumerate(names)]
                pairs = zip(*np.triu_indices(len(names), 1), strict=True)
                rows += [(level.grouping.name, names[j], names[k], block[j, k]) for j, k in pairs]
        rows.append(("residual", "", "", self.residual_variance))
        return pd.DataFrame(rows, columns=["group", "term_1", "term_2", "variance"])

    def _covariance(self, level: int) -> np.ndarray:
        units = self.products.y_scale / self.products.z_scales[level]
        return self.estimate.covariance(level) * np.outer(units, units)

    @property
    def group_variances(self) -> pd.Series:
        """Variance each grouping factor adds to the outcome, averaged over the rows if slopes make it vary."""
        found = {}
        for i, (name, level) in enumerate(zip(self.n_groups, self.products.levels, strict=True)):
            mean_square = self.products.total[np.ix_(level.own, level.own)] / self.n
            found[name] = float((self.estimate.covariance(i) * mean_square).sum()) * self.products.y_scale**2
        return pd.Series(found, name="variance", dtype=float)

    @property
    def icc(self) -> pd.Series:
        """Share of each grouping factor in the total variance (averaged over the rows under random slopes)."""
        between = self.group_variances
        return (between / (between.sum() + self.residual_variance)).rename("icc")

    @property
    def reml_criterion(self) -> float:
        """lme4's REML criterion.

        Raises
        ------
        ModelError
            After maximum likelihood, which has a `deviance` instead.
        """
        if not self.estimate.reml:
            raise ModelError("A maximum likelihood fit has no REML criterion; see its deviance.")
        return self.estimate.criterion

    @property
    def deviance(self) -> float:
        """Minus twice the log likelihood at a maximum likelihood fit."""
        if self.estimate.reml:
            raise ModelError("A REML fit has no deviance; see its reml_criterion, or fit with reml=False.")
        return self.estimate.criterion

    @property
    def diagnostics(self) -> Diagnostics:
        optimum = self.estimate.optimum
        names = list(self.n_groups)
        singular = tuple(dict.fromkeys(names[term.level] for term in optimum.singular))
        norm = float(np.sqrt(2 * optimum.decrement))
        return Diagnostics(optimum.converged, bool(singular), singular, optimum.iterations, norm)

    def group_effects(self, group: str) -> pd.DataFrame:
        """Shrunken effects of each group: level, term, estimate, std_error, ci_low, ci_high.

        `std_error` is the conditional standard deviation given coefficients and variances, as lme4's; the 95% interval is
        normal. Levels of nested factors are named `school:class`.
        """
        names = list(self.n_groups)
        if group not in names:
            known = f"its groups are {', '.join(names)}" if names else "it has none"
            raise ModelError(f"{group!r} is not a grouping factor of {self.formula!r}; {known}.")
        level = self.design.levels[names.index(group)]
        effects = group_effects(self.products, self.estimate)[names.index(group)]
        estimate, sd = effects.mean.T.ravel(), effects.sd.T.ravel()
        reach = stats.norm.ppf((1 + inference.LEVEL) / 2) * sd
        return pd.DataFrame(
            {
                "level": np.repeat(np.array(level.grouping.level_names(), dtype=object), len(level.effects)),
                "term": np.tile(np.array(level.effects, dtype=object), level.grouping.size),
                "estimate": estimate,
                "std_error": sd,
                "ci_low": estimate - reach,
                "ci_high": estimate + reach,
            }
        )

    def residuals_marginal(self) -> pd.Series:
        """Outcome less the fixed part, on the index of the rows used."""
        kept = [self.design.terms.index(term) for term in self.products.terms]
        expected = inference.coefficients(self.products, self.estimate) @ self.design.x[kept]
        return pd.Series(self.design.y - expected, index=self.design.frame.index, name="residual")


def _spans(sizes: Sequence[int]) -> list[tuple[int, int]]:
    ends = np.cumsum(sizes).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))
