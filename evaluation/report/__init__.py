"""From a release to what people read: tables, figures and sentences."""

from evaluation.report.items import Cover, Figure, Prose, Table
from evaluation.report.load import Quality, load_analysis, load_quality, open_release

__all__ = ["Cover", "Figure", "Prose", "Quality", "Table", "load_analysis", "load_quality", "open_release"]
