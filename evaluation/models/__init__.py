"""Multilevel models, exact at the boundary and right in small samples. Knows nothing of schools or pupils."""

from evaluation.models.fit import fit
from evaluation.models.fitted import FittedModel

__all__ = ["FittedModel", "fit"]
