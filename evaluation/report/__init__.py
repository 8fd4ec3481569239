"""From a release to what people read: tables, figures and sentences."""

from evaluation.report.items import Cover, Figure, Prose, Table
from evaluation.report.load import load_analysis, load_issues, load_review, open_release

__all__ = ["Cover", "Figure", "Prose", "Table", "load_analysis", "load_issues", "load_review", "open_release"]
