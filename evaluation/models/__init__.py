"""Multilevel models, exact at the boundary and right in small samples. Knows nothing of schools or pupils."""

from evaluation.models.crossproducts import CrossProducts, cross_products
from evaluation.models.effect_sizes import EffectSize, effect_size
from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel
from evaluation.models.inference import JointTest
from evaluation.models.second_engine import SecondOpinion, second_engine

__all__ = [
    "CrossProducts",
    "EffectSize",
    "FittedModel",
    "JointTest",
    "SecondOpinion",
    "cross_products",
    "effect_size",
    "fit",
    "second_engine",
]
