"""What is measured on pupils: who is disadvantaged, the footing of scores, the questions of a paper."""

import datetime as dt
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from evaluation.study.parts import Part, Text

Evidence = Literal["spells", "disadvantaged", "fsm6", "premium", "fsm"]
ScoreKind = Literal["raw", "standardised", "age_standardised", "scaled", "percentile"]
FootingKind = Literal["none", "norms", "z", "percentile"]
ScaleMethod = Literal["none", "norms", "mean_sd", "equipercentile"]


class Disadvantage(Part):
    """How it is decided who is disadvantaged (FSM6CLA1A), and at which date."""

    precedence: tuple[Evidence, ...] = Field(
        default=("spells", "disadvantaged", "fsm6", "premium", "fsm"),
        min_length=1,
        description="the evidence looked at, the first that says anything being used",
    )
    date: Text | dt.date | None = Field(
        default=None, description="a wave or a date: six years back from it; the first wave when absent"
    )

    @field_validator("precedence")
    @classmethod
    def _once(cls, given: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        twice = sorted({item for item in given if given.count(item) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return given


class KeptScale(Part):
    """A scale made earlier, to be applied again as it is, so that a late score changes no other."""

    instrument: Text
    edition: str = ""
    year_group: Text
    wave: Text
    method: ScaleMethod
    reference: Text
    n: int = Field(ge=0)
    sha256: str = ""
    points: tuple[tuple[float, float], ...] = Field(min_length=2, description="raw score, standardised score")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        raw = [point[0] for point in self.points]
        if any(later <= earlier for earlier, later in pairwise(raw)):
            raise ValueError("points must rise in the raw score")
        return self


class Scales(Part):
    """The one footing on which the scores of different tests, year groups and waves are analysed."""

    footing: FootingKind = "none"
    kept: tuple[KeptScale, ...] = ()


class Question(Part):
    """A question of a paper: its topic and the marks it carries."""

    topic: Text
    marks: float = Field(gt=0)
