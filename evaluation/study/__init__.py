"""The study file: what a run depends on, as typed models."""

from evaluation.study.audiences import AUDIENCES, Policy
from evaluation.study.load import find_root, load_study, study_path, study_root
from evaluation.study.lock import fixed_margin, lock_plan, registration
from evaluation.study.model import Study, Wave, known_columns
from evaluation.study.plan import Analysis, Choice, Comparison, Compliance, Indicator, Model, Outcome
from evaluation.study.received import Instrument, Source

__all__ = [
    "AUDIENCES",
    "Analysis",
    "Choice",
    "Comparison",
    "Compliance",
    "Indicator",
    "Instrument",
    "Model",
    "Outcome",
    "Policy",
    "Source",
    "Study",
    "Wave",
    "find_root",
    "fixed_margin",
    "known_columns",
    "load_study",
    "lock_plan",
    "registration",
    "study_path",
    "study_root",
]
