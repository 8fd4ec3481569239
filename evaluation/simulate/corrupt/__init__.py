"""Faults of known place and kind, planted in the demo study's files: what cleaning is measured against."""

from evaluation.simulate.corrupt.kind import Kind, Planted
from evaluation.simulate.corrupt.kinds import KINDS
from evaluation.simulate.corrupt.plant import Corrupted, corrupt

__all__ = ["KINDS", "Corrupted", "Kind", "Planted", "corrupt"]
