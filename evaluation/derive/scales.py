"""Scales: raw scores to standardised ones, mean 100 and standard deviation 15, kept to be applied again."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
import yaml

from evaluation.errors import DataError
from evaluation.study.measures import KeptScale, ScaleMethod

MEAN, SD = 100.0, 15.0
EXPECTED, HIGH = 100, 110  # of key stage scaled scores, which go from 80 to 120
COLUMNS = [
    "instrument", "edition", "year_group", "wave", "method", "reference", "n", "sha256", "raw", "standardised"
]  # fmt: skip
_WORDS = {"instrument": "test", "edition": "edition", "year_group": "year group", "wave": "wave"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What scores are of: a test, its edition ("" when not stated), a year group and a wave."""

    instrument: str
    edition: str
    year_group: str
    wave: str


@dataclass(frozen=True, slots=True)
class Scale:
    """How one paper's raw scores become standardised ones; never changed after it is made.

    Attributes
    ----------
    paper : Paper
        The only scores it may be applied to.
    method : str
        "none" (as they are), "norms" or "mean_sd" (the line through two points), "equipercentile" (from
        point to point; beyond the ends, the end).
    reference : str
        Who it was made from, in words.
    n : int
        Scores it was made from; 0 when none were.
    sha256 : str
        Of those scores, sorted, as 64-bit floats; "" when there were none.
    points : tuple of (float, float)
        Raw score and standardised score, rising.
    """

    paper: Paper
    method: ScaleMethod
    reference: str
    n: int = 0
    sha256: str = ""
    points: tuple[tuple[float, float], ...] = ()

    def apply(self, scores: np.ndarray, paper: Paper) -> np.ndarray:
        """Standardised scores for raw ones, an array of the same shape; NaN stays NaN.

        Raises
        ------
        DataError
            When the scores are of another test, edition, year group or wave than the scale's.
        """
        for name, mine in asdict(self.paper).items():
            if (theirs := getattr(paper, name)) != mine:
                what = _WORDS[name]
                raise DataError(
                    f"A scale of {what} {mine or 'not stated'!r} cannot be applied to scores of {what} "
                    f"{theirs or 'not stated'!r} (test {paper.instrument!r}, wave {paper.wave!r}). Make a scale for them, "
                    "or take the kept one out of the study file (scales: kept:)."
                )
        if self.method == "none":
            return scores
        raw, standard = np.array(self.points).T
        if self.method == "equipercentile":
            return np.interp(scores, raw, standard)
        return standard[0] + (scores - raw[0]) * ((standard[1] - standard[0]) / (raw[1] - raw[0]))


def mean_sd_scale(paper: Paper, reference: str, scores: np.ndarray) -> Scale | None:
    """The scale on which these scores have mean 100 and standard deviation 15 (n - 1); None when they do not vary.

    Parameters
    ----------
    scores : array of shape (n,)
        The reference group's; NaN are left out, their order does not matter.
    """
    known = _known(scores)
    if not _varies(known):
        return None
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    points = ((mean, MEAN), (mean + sd, MEAN + SD))
    return Scale(paper, "mean_sd", reference, len(known), _hash(known), points)


def equipercentile_scale(paper: Paper, reference: str, scores: np.ndarray) -> Scale | None:
    """The scale on which these scores are normally distributed, mean 100 and standard deviation 15.

    A raw score's percentile is the share of the group below it and half the share at it (Angoff, 1971, Scales,
    norms, and equivalent scores); its standardised score is the normal distribution's at that percentile.
    Parameters as for `mean_sd_scale`.
    """
    known = _known(scores)
    if not _varies(known):
        return None
    raw, counts = np.unique(known, return_counts=True)
    below = np.cumsum(counts) - counts
    normal = NormalDist(MEAN, SD)
    standard = [normal.inv_cdf(share) for share in (below + counts / 2) / len(known)]
    points = tuple(zip(raw.tolist(), standard, strict=True))
    return Scale(paper, "equipercentile", reference, len(known), _hash(known), points)


def norm_scale(paper: Paper, mean: float, sd: float) -> Scale:
    """The scale that takes the publisher's mean and standard deviation to 100 and 15."""
    return Scale(paper, "norms", "the publisher's norms", points=((mean, MEAN), (mean + sd, MEAN + SD)))


def scaled_standard(scores: pd.Series) -> pd.Series:
    """The standard a key stage scaled score meets: "below", "expected" or "high"; "" without a score."""
    met = pd.Series("below", index=scores.index, dtype="str")
    met = met.mask(scores >= EXPECTED, "expected").mask(scores >= HIGH, "high")
    return met.mask(scores.isna(), "")


def _known(scores: np.ndarray) -> np.ndarray:
    return np.sort(np.asarray(scores, dtype="float64")[~np.isnan(scores)])


def _varies(known: np.ndarray) -> bool:
    return len(known) > 1 and known[0] < known[-1]


def _hash(known: np.ndarray) -> str:
    return hashlib.sha256(known.astype("<f8").tobytes()).hexdigest()


def scales_table(scales: Sequence[Scale]) -> pd.DataFrame:
    """The store's table `scales`: a row a point, in order; one row, without a point, for a scale that has none."""
    rows = []
    for scale in scales:
        about = {**asdict(scale.paper), "method": scale.method, "reference": scale.reference}
        about |= {"n": scale.n, "sha256": scale.sha256}
        points = scale.points or ((np.nan, np.nan),)
        rows += [{**about, "raw": raw, "standardised": standard} for raw, standard in points]
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = {"n": "int64", "raw": "float64", "standardised": "float64"}
    return table.astype({name: numbers.get(name, "str") for name in COLUMNS})


def read_scales(table: pd.DataFrame) -> tuple[Scale, ...]:
    """The scales a table `scales` was written from."""
    scales = []
    for _, points in table.groupby(["instrument", "edition", "year_group", "wave"], sort=False):
        about = points.to_dict("records")[0]
        paper = Paper(about["instrument"], about["edition"], about["year_group"], about["wave"])
        known = points[["raw", "standardised"]].dropna().itertuples(index=False, name=None)
        made = about["method"], about["reference"], about["n"], about["sha256"]
        scales.append(Scale(paper, *made, tuple(known)))
    return tuple(scales)


def kept_scale(kept: KeptScale) -> Scale:
    """A scale as the study file keeps it."""
    paper = Paper(kept.instrument, kept.edition, kept.year_group, kept.wave)
    return Scale(paper, kept.method, kept.reference, kept.n, kept.sha256, kept.points)


def as_kept(scales: Sequence[Scale]) -> str:
    """The lines for the study file, below `scales:`, that keep these scales as they are."""
    kept: list[dict[str, Any]] = []
    for scale in scales:
        if scale.n:
            about = {**asdict(scale.paper), "method": scale.method, "reference": scale.reference}
            points = [list(point) for point in scale.points]
            kept.append({**about, "n": scale.n, "sha256": scale.sha256, "points": points})
    return yaml.safe_dump({"kept": kept}, sort_keys=False, allow_unicode=True, default_flow_style=None)
