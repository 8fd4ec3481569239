"""The plan: all of a study file that decides an answer before any file is read."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from evaluation.study.fields import IDENTIFYING
from evaluation.study.model import Study
from evaluation.study.received import Source

WHOLE = {
    "waves", "project", "year_groups", "instruments", "attributes", "disadvantage", "scales", "linkage", "comparison", "analysis", "seed",
}  # fmt: skip
# The kinds of files that an answer rests on.
ANSWERING = {"pupils", "scores", "spells", "training", "support", "interventions"}
# Of a file, what decides which of its rows count, and as what. Where it lies may change.
READ = ("name", "kind", "wave", "instrument", "assessment", "school", "year_group", "sheet", "across")
# Places of words alone. A test's title stays: it says which test it is.
WORDS = re.compile(
    r"waves\.title|(attributes|analysis\.(outcomes|models|choices))\.\w+\.title|analysis\.indicators\.\w+\.(label|group)"
    r"|analysis\.absent\.source"
)


def planned(study: Study) -> dict[str, Any]:
    """The parts of the study file that a lock holds: whom and what it is about, which columns are read as what, and how they are analysed."""
    whole = study.model_dump(mode="json", include=WHOLE)
    register, published = study.schools, study.published
    read = {
        "instruments": [_with_norms(item) for item in whole["instruments"]],
        "schools": None
        if register is None
        else {
            "columns": _headings(register.columns),
            **register.model_dump(mode="json", include={"sheet", "later"}),
        },
        "sources": [_read(study, item) for item in study.sources if item.kind in ANSWERING],
        "published": [item.model_dump(mode="json", include={"name", "kind", "year"}) for item in published],
    }
    plan = {**whole, **read}
    return without_words({name: plan[name] for name in Study.model_fields if name in plan})


def without_words(part: Any, place: str = "") -> Any:
    """A plan, or a part of one at its place, without titles and other words, which older locks hold."""
    if isinstance(part, Mapping):
        places = {name: f"{place}.{name}" if place else name for name in part}
        kept = [name for name in part if not WORDS.fullmatch(places[name])]
        return {name: without_words(part[name], places[name]) for name in kept}
    return [without_words(item, place) for item in part] if isinstance(part, list) else part


def _read(study: Study, source: Source) -> dict[str, Any]:
    said = source.model_dump(mode="json", include=set(READ))
    return {**said, "columns": _headings(study.columns(source))}


def _headings(columns: Mapping[str, str]) -> dict[str, str]:
    """Which heading is read as what; names and numbers of pupils, and names of schools, decide no answer."""
    passed_over = {*IDENTIFYING, "name"}
    return {name: heading for name, heading in columns.items() if name not in passed_over}


def _with_norms(instrument: dict[str, Any]) -> dict[str, Any]:
    """An instrument with the publisher's table by its name alone: its folder may change."""
    path = instrument["norms"]
    return {**instrument, "norms": path and PurePosixPath(path).name}
