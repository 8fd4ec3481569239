"""Multilevel models, exact at the boundary and right in small samples. Knows nothing of schools or pupils."""

from evaluation.models.changes.difference import DifferenceInChanges, difference_in_changes
from evaluation.models.compliers import ComplierEffect, complier_effect
from evaluation.models.families import holm
from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.tables import JointTest
from evaluation.models.likelihood_ratio import LikelihoodRatio, likelihood_ratio
from evaluation.models.matching import optimal_pairs
from evaluation.models.planning.power import mdes, power
from evaluation.models.proportions.difference import ProportionDifference, proportion_difference
from evaluation.models.robustness.panel import agreement, inference_panel
from evaluation.models.robustness.randomisation import Allocation, Randomisation, randomisation_test
from evaluation.models.robustness.resampling import Resampled, cluster_bootstrap, jackknife
from evaluation.models.robustness.second_engine import SecondOpinion, second_engine
from evaluation.models.robustness.sign_flip import SignFlip, sign_flip_test
from evaluation.models.robustness.wild import WildBootstrap
from evaluation.models.robustness.wild_fitted import wild_cluster_bootstrap
from evaluation.models.sizes.effect_sizes import EffectSize, effect_size
from evaluation.models.sizes.hedges import ClusteredEffectSize, hedges_2007
from evaluation.models.sizes.months import MonthsOfProgress, cost_band, months_of_progress
from evaluation.models.sums.crossproducts import CrossProducts, cross_products
from evaluation.models.two_responses import TwoResponseModel, fit_two

__all__ = [
    "Allocation",
    "ClusteredEffectSize",
    "ComplierEffect",
    "CrossProducts",
    "DifferenceInChanges",
    "EffectSize",
    "FittedModel",
    "JointTest",
    "LikelihoodRatio",
    "MonthsOfProgress",
    "ProportionDifference",
    "Randomisation",
    "Resampled",
    "SecondOpinion",
    "SignFlip",
    "TwoResponseModel",
    "WildBootstrap",
    "agreement",
    "cluster_bootstrap",
    "complier_effect",
    "cost_band",
    "cross_products",
    "difference_in_changes",
    "effect_size",
    "fit",
    "fit_two",
    "hedges_2007",
    "holm",
    "inference_panel",
    "jackknife",
    "likelihood_ratio",
    "mdes",
    "months_of_progress",
    "optimal_pairs",
    "power",
    "proportion_difference",
    "randomisation_test",
    "second_engine",
    "sign_flip_test",
    "wild_cluster_bootstrap",
]
