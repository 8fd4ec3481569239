"""The questions beyond the headline and the gap, under one name for the review page."""

from evaluation.report.compliance import compliance
from evaluation.report.dose import dose
from evaluation.report.growth import growth
from evaluation.report.helped import helped
from evaluation.report.likeness import chosen_schools, likeness, near_schools
from evaluation.report.nearness import cluster_points, nearness
from evaluation.report.null_model import null_model
from evaluation.report.parts import by_part
from evaluation.report.proportion import proportion
from evaluation.report.published import published
from evaluation.report.supporting import supporting

__all__ = [
    "by_part",
    "chosen_schools",
    "cluster_points",
    "compliance",
    "dose",
    "growth",
    "helped",
    "likeness",
    "near_schools",
    "nearness",
    "null_model",
    "proportion",
    "published",
    "supporting",
]
