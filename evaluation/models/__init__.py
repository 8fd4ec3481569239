"""Multilevel models, exact at the boundary and right in small samples. Knows nothing of schools or pupils."""

from evaluation.models.effect_sizes import EffectSize, effect_size
from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel
from evaluation.models.inference import JointTest

__all__ = ["EffectSize", "FittedModel", "JointTest", "effect_size", "fit"]
