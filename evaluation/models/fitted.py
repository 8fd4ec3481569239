"""A fitted multilevel model, as its users see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models import rows
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.group_effects import group_effects
from evaluation.models.engine.problem import Problem, mean_square
from evaluation.models.engine.profile import variance_intervals
from evaluation.models.engine.r_squared import RSquared, r_squared
from evaluation.models.inference import clustering, tables
from evaluation.models.inference.tables import JointTest
from evaluation.models.sums.crossproducts import CrossProducts


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
    """A multilevel model fitted by `fit`: tables at full precision, made when they are asked for.

    Attributes
    ----------
    cross : CrossProducts
        What was summed of the data.
    problem : Problem
    estimate : Estimate
    data : DataFrame or None
        The frame fitted, for residuals; None after a fit to cross-products.
    """

    cross: CrossProducts
    problem: Problem
    estimate: Estimate
    data: pd.DataFrame | None

    @property
    def formula(self) -> str:
        return self.cross.spec.formula

    @property
    def n(self) -> int:
        """Rows used."""
        return self.problem.n

    @property
    def n_dropped(self) -> int:
        """Rows left out for missing values."""
        return self.cross.n_dropped

    @property
    def n_groups(self) -> dict[str, int]:
        """Groups of each grouping factor, outermost first."""
        return {grouping.name: grouping.size for grouping in self.problem.groupings}

    @property
    def dropped_terms(self) -> tuple[str, ...]:
        """Fixed terms left out because they are combinations of the ones before them, or have one level only."""
        return self.problem.dropped_terms

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects by term, with Kenward-Roger inference (Satterthwaite's after maximum likelihood)."""
        return self.inference("kenward-roger" if self.estimate.reml else "satterthwaite")

    def inference(self, method: str, cluster: str | None = None) -> pd.DataFrame:
        """Fixed effects by term: estimate, std_error, df, statistic, p_value, ci_low, ci_high.

        Parameters
        ----------
        method : {"kenward-roger", "satterthwaite", "cr2", "wald"}
            At the boundary Satterthwaite's table carries a warning in `attrs["note"]`.
        cluster : str, optional
            CR2's clusters: a column in which each outermost group has one value; the outermost groups when absent.
        """
        clusters = self._clusters(cluster) if method == "cr2" else None
        return tables.table(self.problem, self.estimate, method, clusters)

    def joint_test(
        self,
        terms: Sequence[str],
        method: str = "kenward-roger",
        cluster: str | None = None,
        *,
        alike: bool = False,
    ) -> JointTest:
        """F test that the coefficients of several terms are all zero, or all `alike`, by "kenward-roger", "satterthwaite" or "cr2" (HTZ)."""
        clusters = self._clusters(cluster) if method == "cr2" else None
        return tables.joint_test(self.problem, self.estimate, terms, method, clusters, alike)

    def _clusters(self, cluster: str | None) -> clustering.Clusters:
        return clustering.robust(self.cross, self.problem, self.estimate, self.data, cluster)

    @property
    def residual_variance(self) -> float:
        """Of a row; with weights, of one whose weight is 1."""
        return self.estimate.sigma2 * self.problem.y_scale**2

    @property
    def _average_residual(self) -> float:
        return self.residual_variance / self.problem.mean_weight

    @property
    def variances(self) -> pd.DataFrame:
        """Variances and covariances: group, term_1, term_2, variance; the residual's terms are empty."""
        found = []
        for i, level in enumerate(self.problem.levels):
            covariance = self.group_covariance(i)
            for start, stop in _spans(level.blocks):
                names, block = level.effects[start:stop], covariance[start:stop, start:stop]
                found += [(level.name, a, a, block[k, k]) for k, a in enumerate(names)]
                pairs = zip(*np.triu_indices(len(names), 1), strict=True)
                found += [(level.name, names[j], names[k], block[j, k]) for j, k in pairs]
        found.append(("residual", "", "", self.residual_variance))
        return pd.DataFrame(found, columns=["group", "term_1", "term_2", "variance"])

    def group_covariance(self, level: int) -> np.ndarray:
        """Covariance (q, q) of the random effects of a level, counted from the outermost."""
        units = self.problem.y_scale / self.problem.levels[level].scales
        return self.estimate.covariance(level) * np.outer(units, units)

    def variance_intervals(self, level: float = 0.95) -> pd.DataFrame:
        """Profile likelihood intervals of the variances and the residual's: group, term, variance, ci_low, ci_high."""
        return variance_intervals(self.problem, self.estimate, level)

    @property
    def group_variances(self) -> pd.Series:
        """Variance each grouping factor adds to the outcome, averaged over the rows if slopes make it vary."""
        found = {}
        for i, level in enumerate(self.problem.levels):
            average = (self.estimate.covariance(i) * mean_square(self.problem, level)).sum()
            found[level.name] = float(average) * self.problem.y_scale**2
        return pd.Series(found, name="variance", dtype=float)

    @property
    def icc(self) -> pd.Series:
        """Share of each grouping factor in the total variance (averaged over the rows under random slopes)."""
        between = self.group_variances
        return (between / (between.sum() + self._average_residual)).rename("icc")

    @property
    def r_squared(self) -> RSquared:
        """Share of variance that the fixed terms explain (marginal), and they and the groups (conditional)."""
        beta = tables.coefficients(self.problem, self.estimate)
        between = float(self.group_variances.sum())
        return r_squared(self.cross, self.problem, beta, between, self._average_residual)

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
    def log_likelihood(self) -> float:
        """Log likelihood, restricted after REML (then only models with the same fixed terms compare)."""
        return -self.estimate.criterion / 2

    @property
    def n_parameters(self) -> int:
        """Coefficients, variances and covariances, the residual's among them."""
        return self.problem.p + self.estimate.structure.count + 1

    @property
    def aic(self) -> float:
        """Akaike's criterion, as lme4's."""
        return self.estimate.criterion + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of rows, as lme4's."""
        return self.estimate.criterion + float(np.log(self.n)) * self.n_parameters

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
        grouping = self.problem.groupings[names.index(group)]
        level = self.problem.levels[names.index(group)]
        effects = group_effects(self.problem, self.estimate)[names.index(group)]
        estimate, sd = effects.mean.T.ravel(), effects.sd.T.ravel()
        reach = stats.norm.ppf((1 + tables.LEVEL) / 2) * sd
        return pd.DataFrame(
            {
                "level": np.repeat(np.array(grouping.level_names(), dtype=object), len(level.effects)),
                "term": np.tile(np.array(level.effects, dtype=object), grouping.size),
                "estimate": estimate,
                "std_error": sd,
                "ci_low": estimate - reach,
                "ci_high": estimate + reach,
            }
        )

    def predict(
        self, data: pd.DataFrame, *, group_effects: bool = True, new_groups: bool = False
    ) -> pd.Series:
        """Expected outcome of each row of a frame, which need not have the outcome; missing where a column is.

        Parameters
        ----------
        group_effects : bool
            Whether the groups' shrunken effects are added to the fixed part.
        new_groups : bool
            Whether a group that was not in the fit counts as an average one; otherwise it is refused.
        """
        return rows.predict(self.cross, self.problem, self.estimate, data, group_effects, new_groups)

    def residuals(self, kind: Literal["conditional", "marginal"] = "conditional") -> pd.Series:
        """Outcome less what is expected of it, on the index of the rows used.

        Parameters
        ----------
        kind : {"conditional", "marginal"}
            Less the fixed part and the groups' effects, or less the fixed part alone.
        """
        return rows.residuals(self.cross, self.problem, self.estimate, self.data, kind)


def _spans(sizes: Sequence[int]) -> list[tuple[int, int]]:
    ends = np.cumsum(sizes).tolist()
    return list(zip([0, *ends[:-1]], ends, strict=True))
