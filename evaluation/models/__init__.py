"""Multilevel models, exact at the boundary and right in small samples. Knows nothing of schools or pupils."""

from evaluation.models.crossproducts import CrossProducts, cross_products
from evaluation.models.effect_sizes import EffectSize, effect_size
from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel
from evaluation.models.hedges import ClusteredEffectSize, hedges_2007
from evaluation.models.inference import JointTest
from evaluation.models.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from evaluation.models.months import MonthsOfProgress, cost_band, months_of_progress
from evaluation.models.panel import agreement, inference_panel
from evaluation.models.power import mdes, power
from evaluation.models.proportions import ProportionDifference, proportion_difference
from evaluation.models.randomisation import Allocation, Randomisation, randomisation_test
from evaluation.models.resampling import Resampled, cluster_bootstrap, jackknife
from evaluation.models.second_engine import SecondOpinion, second_engine
from evaluation.models.two_responses import TwoResponseModel, fit_two
from evaluation.models.wild import WildBootstrap
from evaluation.models.wild_fitted import wild_cluster_bootstrap

__all__ = [
    "Allocation",
    "ClusteredEffectSize",
    "CrossProducts",
    "EffectSize",
    "FittedModel",
    "JointTest",
    "LikelihoodRatio",
    "MonthsOfProgress",
    "ProportionDifference",
    "Randomisation",
    "Resampled",
    "SecondOpinion",
    "TwoResponseModel",
    "WildBootstrap",
    "agreement",
    "cluster_bootstrap",
    "cost_band",
    "cross_products",
    "effect_size",
    "fit",
    "fit_two",
    "hedges_2007",
    "inference_panel",
    "jackknife",
    "likelihood_ratio",
    "mdes",
    "months_of_progress",
    "power",
    "proportion_difference",
    "randomisation_test",
    "second_engine",
    "wild_cluster_bootstrap",
]
