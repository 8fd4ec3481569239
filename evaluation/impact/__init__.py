"""The study's questions, answered with the models: estimates, counts and claim codes."""

from evaluation.impact.results import Results

__all__ = ["Results"]
