"""From a release to what people read: tables, figures and sentences."""

from evaluation.report.items import Figure, Prose, Table
from evaluation.report.load import load_analysis, open_release

__all__ = ["Figure", "Prose", "Table", "load_analysis", "open_release"]
