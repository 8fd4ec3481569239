"""The questions beyond the headline and the gap, under one name for the review page."""

from evaluation.report.dose import dose
from evaluation.report.growth import growth
from evaluation.report.helped import helped, likeness
from evaluation.report.nearness import nearness
from evaluation.report.parts import by_part
from evaluation.report.proportion import proportion
from evaluation.report.supporting import supporting

__all__ = ["by_part", "dose", "growth", "helped", "likeness", "nearness", "proportion", "supporting"]
