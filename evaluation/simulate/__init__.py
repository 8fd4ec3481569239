"""The demo study: synthetic pupils, schools and raw files, made from a seed, with their truth beside them."""

from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.demo import demo_files, write_demo
from evaluation.simulate.truth import Estimands, Truth, estimands

__all__ = ["Estimands", "Truth", "analysis_data", "demo_files", "estimands", "write_demo"]
