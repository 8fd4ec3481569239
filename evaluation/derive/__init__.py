"""What needs linked rows: disadvantage, scores on one footing, topics, the analysis table and the flow into it."""

from evaluation.derive.analysis import analysis_table
from evaluation.derive.arms import arm_names, arms
from evaluation.derive.censored import censored_table
from evaluation.derive.disadvantage import characteristics, fix_disadvantage, together, with_disadvantage
from evaluation.derive.flow import flow_table
from evaluation.derive.footing import as_analysed, footing_chosen, put_on_footing
from evaluation.derive.linkage import linkage_table
from evaluation.derive.moves import moves_table
from evaluation.derive.norms import months_old, read_norms
from evaluation.derive.origins import origins_table
from evaluation.derive.published import published_tables
from evaluation.derive.records import record_tables
from evaluation.derive.scales import as_kept, read_scales, scales_table
from evaluation.derive.schools import schools_table
from evaluation.derive.topics import facility_table, topics_table
from evaluation.derive.whole import Derived, count_pupils, derive, first_wave

__all__ = [
    "Derived",
    "analysis_table",
    "arm_names",
    "arms",
    "as_analysed",
    "as_kept",
    "censored_table",
    "characteristics",
    "count_pupils",
    "derive",
    "facility_table",
    "first_wave",
    "fix_disadvantage",
    "flow_table",
    "footing_chosen",
    "linkage_table",
    "months_old",
    "moves_table",
    "origins_table",
    "published_tables",
    "put_on_footing",
    "read_norms",
    "read_scales",
    "record_tables",
    "scales_table",
    "schools_table",
    "together",
    "topics_table",
    "with_disadvantage",
]
