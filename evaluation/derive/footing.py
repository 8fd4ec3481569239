"""Scores of different tests, year groups and waves on the one footing the study file chooses."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.derive.norms import NormTable
from evaluation.derive.scales import (
    MEAN,
    SD,
    Paper,
    Scale,
    equipercentile_scale,
    kept_scale,
    mean_sd_scale,
    norm_scale,
)
from evaluation.derive.sittings import Sat, all_sat, by_norms, by_paper, sittings
from evaluation.errors import DataError
from evaluation.study import Instrument, Study
from evaluation.study.check_measures import score_kind

LEAST = 10  # with fewer, a standard deviation is off by a quarter as often as not
NO_SCALE = "no scale"
ANALYSED = ["score", "score_reason", "censored"]
_MADE = {"z": mean_sd_scale, "percentile": equipercentile_scale}
_CHOICE = {
    "none": "Scores are analysed as they stand: the tests are taken to be on one scale already (scales: footing: none).",
    "norms": "Scores are analysed on the publishers' norms, brought to mean 100 and standard deviation 15 "
    "(scales: footing: norms).",
    "z": "Scores are analysed as standard scores, within test, year group and wave, against the comparison pupils, whose "
    "mean is 100 and standard deviation 15 (scales: footing: z).",
    "percentile": "Scores are analysed by their percentile, within test, year group and wave, among the comparison pupils, "
    "as the score of a normal distribution of mean 100 and standard deviation 15 (scales: footing: percentile).",
}


@dataclass(frozen=True, slots=True)
class Footed:
    """Scores on one footing.

    Attributes
    ----------
    scores : DataFrame
        The linked scores, with `score`, `score_reason` and `censored` as analysed.
    scales : tuple of Scale
        Those applied, one a paper.
    notes : tuple of str
        The choice, and what could not be scaled, in sentences.
    """

    scores: pd.DataFrame
    scales: tuple[Scale, ...]
    notes: tuple[str, ...]


def put_on_footing(
    study: Study,
    scores: pd.DataFrame,
    allocated: pd.DataFrame,
    norms: Mapping[str, NormTable],
    months: pd.Series,
) -> Footed:
    """Raw scores by the publisher's tables where there are any, then every paper's on the study's footing.

    A scale the study file keeps is applied as it is; others are made from the comparison pupils. A paper for
    which there is no scale has no scores then, with the reason "no scale". Censored scores stay at their
    bound, which goes the way of the scores.

    Parameters
    ----------
    study : Study
        Its section `scales` says which footing.
    scores : DataFrame
        Linked scores. The year group of the paper, where it is missing, is the pupil's.
    allocated : DataFrame
        pupil, year_group, compared (whether of the comparison pupils of the population).
    norms : mapping
        Instrument to its table of norms.
    months : Series
        Age at the test in months, by the index of `scores`.

    Raises
    ------
    DataError
        When a kept scale is of another edition, or no score of an outcome can be scaled.
    """
    footing = choose_footing(study, norms, sittings(study, scores, allocated, norms, months))
    return Footed(footing.footed(scores, allocated, months), footing.scales, footing.notes)


@dataclass(frozen=True, slots=True)
class Footing:
    """The study's footing, ready to be applied to whatever scores it was made for.

    Attributes
    ----------
    made : mapping of Paper to Scale
        A paper without one is left out.
    notes : tuple of str
    """

    study: Study
    norms: Mapping[str, NormTable]
    made: Mapping[Paper, Scale]
    notes: tuple[str, ...]

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales, in the order of their papers."""
        return tuple(self.made.values())

    def footed(self, scores: pd.DataFrame, allocated: pd.DataFrame, months: pd.Series) -> pd.DataFrame:
        """Scores with `score`, `score_reason` and `censored` as analysed; parameters are those of `put_on_footing`."""
        parts = [scores.loc[:, ANALYSED][:0]]
        for paper, rows in by_paper(self.study, scores, allocated):
            raw = by_norms(self.norms, paper, rows, months)
            scale = self.made.get(paper)
            if scale is None:
                parts.append(_without_scores(raw)[ANALYSED])
            else:
                scaled = scale.apply(raw["score"].to_numpy("float64"), paper)
                parts.append(raw[ANALYSED].assign(score=scaled))
        footed = pd.concat(parts).loc[scores.index]
        return scores.assign(**{name: footed[name] for name in ANALYSED})


def choose_footing(study: Study, norms: Mapping[str, NormTable], sat: Sequence[Sat]) -> Footing:
    """The scale of each paper, from all who sat it.

    Raises
    ------
    DataError
        When a kept scale is of another edition, or no score of an outcome can be scaled.
    """
    papers = all_sat(sat)
    made: dict[Paper, Scale] = {}
    left = []
    for item in papers:
        scale = _scale(study, study.instrument(item.paper.instrument), item.paper, item.compared)
        if scale is None:
            left.append(item)
        else:
            made[item.paper] = scale
    _check_outcomes(study, papers, left)
    return Footing(study, norms, made, tuple(_notes(study, papers, left)))


def _scale(study: Study, instrument: Instrument, paper: Paper, compared: np.ndarray) -> Scale | None:
    """The paper's scale on the study's footing; None when there is nothing to make one from."""
    for kept in study.scales.kept:
        if (kept.instrument, kept.year_group, kept.wave) == (paper.instrument, paper.year_group, paper.wave):
            return kept_scale(kept)
    footing = study.scales.footing
    if footing == "none":
        return Scale(paper, "none", "none: the scores as they stand")
    if footing == "norms":
        mean, sd = instrument.norm_mean, instrument.norm_sd
        if instrument.norms is not None:
            mean, sd = MEAN if mean is None else mean, SD if sd is None else sd
        return None if mean is None or sd is None else norm_scale(paper, mean, sd)
    if np.count_nonzero(~np.isnan(compared)) < LEAST:
        return None
    return _MADE[footing](paper, study.words.control, compared)


def _without_scores(rows: pd.DataFrame) -> pd.DataFrame:
    reason = rows["score_reason"].mask(rows["score"].notna(), NO_SCALE)
    return rows.assign(score=np.nan, score_reason=reason, censored="")


def _check_outcomes(study: Study, papers: Sequence[Sat], left: Sequence[Sat]) -> None:
    for name, outcome in study.analysis.outcomes.items():
        mine, lost = (
            [
                item
                for item in items
                if (item.paper.instrument, item.paper.wave) == (outcome.instrument, outcome.wave)
            ]
            for items in (papers, left)
        )
        if sum(item.given for item in mine) and sum(item.raw for item in mine) == sum(
            item.raw for item in lost
        ):
            why = (
                f"fewer than {LEAST} comparison pupils sat any of its papers, or all scored the same"
                if any(item.raw for item in lost)
                else "its table of norms has no line for any raw score, year group and age"
            )
            raise DataError(
                f"Outcome {name!r} has scores on {outcome.instrument!r} at {outcome.wave!r}, but none can be put on the footing "
                f"{study.scales.footing!r}: {why}. Choose another (scales: footing:)."
            )


def _notes(study: Study, papers: Sequence[Sat], left: Sequence[Sat]) -> Iterator[str]:
    yield from footing_chosen(study)
    if study.scales.footing in _MADE:
        kept = len(study.scales.kept)
        yield f"{kept:,} scales were applied as the study file keeps them; the others were made from these files."
    for item in left:
        paper = item.paper
        yield (
            f"{item.raw:,} scores on {study.instrument(paper.instrument).title}, year group {paper.year_group or 'not stated'}, "
            f"{study.wave(paper.wave).title}, were left out: there was nothing to make a scale from."
        )
    lost = Counter[str]()
    for item in papers:
        lost[item.paper.instrument] += item.lost
    for name, n in lost.items():
        if n:
            yield f"{n:,} raw scores on {study.instrument(name).title} were left out: the table of norms has no line for them."
    yield "Censored scores are kept at their bound; the table `censored` counts them by arm and wave."


def footing_chosen(study: Study) -> Iterator[str]:
    """The footing the study file chooses, norms used before it, and the outcomes' tests if more than one: sentences."""
    used = list(dict.fromkeys(outcome.instrument for outcome in study.analysis.outcomes.values()))
    normed = [study.instrument(name).title for name in used if study.instrument(name).norms is not None]
    if normed:
        yield f"Raw scores on {' and '.join(normed)} were first turned into standardised ones by the publisher's table of norms."
    yield _CHOICE[study.scales.footing]
    if len(used) > 1:
        named = [
            f"{study.instrument(name).title} ({(score_kind(study, name) or 'kind not stated').replace('_', '-')})"
            for name in used
        ]
        yield f"The outcomes are scores of {len(used)} tests: {'; '.join(named)}."


def as_analysed(study: Study, name: str) -> Instrument:
    """An instrument with the unit and the norms of its scores as analysed: those of the footing.

    On a footing made from the comparison pupils, 100 is their mean and no nation's.
    """
    instrument, footing = study.instrument(name), study.scales.footing
    if footing == "none" and instrument.norms is None:
        return instrument
    norms = (MEAN, SD) if footing in ("none", "norms") else (None, None)
    return instrument.model_copy(
        update={"unit": "standardised points", "norm_mean": norms[0], "norm_sd": norms[1]}
    )
