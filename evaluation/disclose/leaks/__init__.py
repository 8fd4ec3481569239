"""The leak scan: what identifies a pupil, a person or a machine is not published."""

from evaluation.disclose.leaks.forms import forms
from evaluation.disclose.leaks.run import leaks_of, publishable, refuse_leaks
from evaluation.disclose.leaks.scan import (
    KINDS,
    Leak,
    Sought,
    refuse_words,
    scan,
    search_file,
    what_is_sought,
)

__all__ = [
    "KINDS",
    "Leak",
    "Sought",
    "forms",
    "leaks_of",
    "publishable",
    "refuse_leaks",
    "refuse_words",
    "scan",
    "search_file",
    "what_is_sought",
]
