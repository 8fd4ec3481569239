"""The leak scan: what identifies a pupil, a person or a machine is not published."""

from evaluation.disclose.leaks.scan import KINDS, Leak, Sought, scan, search_file, what_is_sought

__all__ = ["KINDS", "Leak", "Sought", "scan", "search_file", "what_is_sought"]
