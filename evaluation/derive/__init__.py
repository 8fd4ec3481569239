"""What needs linked rows: the analysis table, one row a pupil as allocated, and the flow into it."""

from evaluation.derive.analysis import analysis_table
from evaluation.derive.arms import arm_names, arms
from evaluation.derive.flow import flow_table
from evaluation.derive.linkage import linkage_table
from evaluation.derive.moves import moves_table
from evaluation.derive.schools import schools_table

__all__ = [
    "analysis_table",
    "arm_names",
    "arms",
    "flow_table",
    "linkage_table",
    "moves_table",
    "schools_table",
]
