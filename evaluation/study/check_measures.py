"""What the study file says of measures, held against the rest of it: names, headings, scales and footing."""

import re
from collections.abc import Iterator, Sequence

from evaluation.errors import nearest
from evaluation.study.measures import ScoreKind
from evaluation.study.model import Study
from evaluation.study.received import Instrument

Found = tuple[Sequence[int | str], str]
SCALED_LOWEST, SCALED_HIGHEST = 80, 120

# What a heading tells of its score; the first that matches.
_TOLD: tuple[tuple[re.Pattern[str], ScoreKind], ...] = (
    (re.compile(r"\bage (standard|std|ss\b)|\bstandard age|\b(ass|sas)\b"), "age_standardised"),
    (re.compile(r"\bpercentile|%ile"), "percentile"),
    (re.compile(r"\b(standard|std)|\bss\b"), "standardised"),
    (re.compile(r"\bscaled"), "scaled"),
    (re.compile(r"\braw\b|\btotal mark|\bmarks?\b"), "raw"),
)


def told_kind(heading: str) -> ScoreKind | None:
    """Which kind of score a heading tells; None when it does not."""
    plain = re.sub(r"[_\W]+", " ", heading).strip().casefold()
    return next((kind for pattern, kind in _TOLD if pattern.search(plain)), None)


def score_kind(study: Study, instrument: str) -> ScoreKind | None:
    """Which kind of score an instrument's are: as it says, else as a heading of its files tells."""
    told = [
        told_kind(study.columns(source).get("score", ""))
        for source in study.sources
        if source.kind == "scores" and source.instrument == instrument
    ]
    return study.instrument(instrument).score or next((kind for kind in told if kind), None)


def measure_faults(study: Study) -> Iterator[Found]:
    """Faults of `disadvantage`, `scales`, `questions` and of instruments' kinds of score, each with its place."""
    yield from _names(study)
    yield from _kinds(study)
    yield from _kept(study)
    for at, instrument in enumerate(study.instruments):
        yield from (
            (("instruments", at, key), message) for key, message in _instrument_faults(study, instrument)
        )


def _names(study: Study) -> Iterator[Found]:
    waves = [item.name for item in study.waves]
    instruments = [item.name for item in study.instruments]
    date = study.disadvantage.date
    uses: list[tuple[Sequence[int | str], str, str, Sequence[str]]] = []
    if isinstance(date, str):
        uses.append((("disadvantage", "date"), "wave", date, waves))
    for at, kept in enumerate(study.scales.kept):
        uses += [
            (("scales", "kept", at, "instrument"), "instrument", kept.instrument, instruments),
            (("scales", "kept", at, "wave"), "wave", kept.wave, waves),
            (("scales", "kept", at, "year_group"), "year group", kept.year_group, study.year_groups),
        ]
    for at, source in enumerate(study.sources):
        if source.questions is not None:
            uses.append((("sources", at, "questions"), "paper", source.questions, list(study.questions)))
    for loc, what, value, known in uses:
        if value not in known:
            yield (
                loc,
                f"no {what} is called {value!r}.{nearest(value, known)} Defined: {', '.join(known) or 'none'}.",
            )


def _kept(study: Study) -> Iterator[Found]:
    """Kept scales of another method than the footing's, or for a paper that has one already."""
    wanted = {"z": "mean_sd", "percentile": "equipercentile"}.get(study.scales.footing)
    seen = set()
    for at, kept in enumerate(study.scales.kept):
        paper = (kept.instrument, kept.year_group, kept.wave)
        if kept.method != wanted:
            yield (
                ("scales", "kept", at, "method"),
                f"a kept scale of method {kept.method!r} is not of the footing {study.scales.footing!r}. "
                "Kept scales go with z (mean_sd) and percentile (equipercentile).",
            )
        if paper in seen:
            yield ("scales", "kept", at), "a scale for this instrument, year group and wave is kept already."
        seen.add(paper)


def _kinds(study: Study) -> Iterator[Found]:
    """Headings that tell of another kind of score than the instrument's, or than its other files'."""
    first: dict[str, tuple[str, ScoreKind]] = {}
    for at, source in enumerate(study.sources):
        heading = study.columns(source).get("score")
        told = told_kind(heading) if heading and source.kind == "scores" else None
        if told is None or heading is None or source.instrument is None:
            continue
        loc = ("sources", at, "columns", "score")
        declared = next((item.score for item in study.instruments if item.name == source.instrument), None)
        earlier, kind = first.setdefault(source.instrument, (heading, told))
        if declared is not None and told != declared:
            yield (
                loc,
                f"{heading!r} tells of {_words(told)} scores, but instrument {source.instrument!r} is of {_words(declared)} "
                f"scores (score: {declared}). Map the other column, or give these scores an instrument of their own.",
            )
        elif declared is None and told != kind:
            yield (
                loc,
                f"{heading!r} tells of {_words(told)} scores, but {earlier!r}, of the same instrument "
                f"{source.instrument!r}, of {_words(kind)} ones. Give each an instrument of its own.",
            )


def _words(kind: ScoreKind) -> str:
    return kind.replace("_", "-")


def _instrument_faults(study: Study, instrument: Instrument) -> Iterator[tuple[str, str]]:
    if instrument.score == "scaled" and not (
        instrument.minimum >= SCALED_LOWEST and instrument.maximum <= SCALED_HIGHEST
    ):
        yield "score", f"key stage scaled scores go from {SCALED_LOWEST} to {SCALED_HIGHEST}."
    if instrument.norms is not None and instrument.score != "raw":
        yield "norms", "a table of norms turns raw scores into standardised ones: say score: raw."
    analysed = {outcome.instrument for outcome in study.analysis.outcomes.values()}
    has_norms = instrument.norms is not None or (
        None not in (instrument.norm_mean, instrument.norm_sd) and instrument.score != "raw"
    )
    if study.scales.footing == "norms" and instrument.name in analysed and not has_norms:
        yield (
            "name",
            "scales: footing is norms, but this instrument has none: give norm_mean and norm_sd, or for raw scores "
            "a table (norms:), or choose footing z or percentile.",
        )
