"""The study file: what a run depends on, as typed models."""

from evaluation.study.load import find_root, load_study, study_path, study_root
from evaluation.study.model import (
    AUDIENCES,
    Analysis,
    Comparison,
    Indicator,
    Instrument,
    Model,
    Outcome,
    Policy,
    Source,
    Study,
    Wave,
    known_columns,
)

__all__ = [
    "AUDIENCES",
    "Analysis",
    "Comparison",
    "Indicator",
    "Instrument",
    "Model",
    "Outcome",
    "Policy",
    "Source",
    "Study",
    "Wave",
    "find_root",
    "known_columns",
    "load_study",
    "study_path",
    "study_root",
]
