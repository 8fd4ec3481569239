"""The study file as typed, strict models: everything a run depends on."""

from datetime import date, timedelta
from typing import Self

from pydantic import Field, field_validator, model_validator

from evaluation.study.audiences import POLICIES, Audience, Policy, Reports
from evaluation.study.fields import mapped
from evaluation.study.layouts import CELL, HEADING, built_in, may_be_absent
from evaluation.study.measures import Disadvantage, Question, Scales
from evaluation.study.parts import Name, Part, Text
from evaluation.study.plan import Analysis, Comparison, Words
from evaluation.study.received import Attribute, Instrument, PublishedTable, Register, Source


class Wave(Part):
    """A time at which pupils were listed or tested."""

    name: Name
    title: Text
    date: date


class Period(Part):
    """A first and a last day, both within."""

    first: date
    last: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("first must not be after last")
        return self


class Linkage(Part):
    """How probable it must be that a record without a number is a listed pupil's: to be linked, to be asked about."""

    link_at: float = Field(default=0.9, ge=0.5, lt=1)
    review_at: float = Field(default=0.5, ge=0.5, lt=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review_at > self.link_at:
            raise ValueError("review_at must not be above link_at")
        return self


class Study(Part):
    """A study: everything a run depends on."""

    study: Name
    title: Text
    about: Text
    synthetic: bool = Field(strict=True)
    seed: int = Field(strict=True, ge=0)
    waves: tuple[Wave, ...] = Field(min_length=1)
    project: Period | None = Field(default=None, description="the project's first and last day")
    year_groups: tuple[Text, ...] = Field(min_length=1)
    instruments: tuple[Instrument, ...] = Field(min_length=1)
    attributes: dict[Name, Attribute] = {}
    schools: Register | None = None
    layouts: dict[Name, dict[Name, Text]] = {}
    sources: tuple[Source, ...] = Field(min_length=1)
    published: tuple[PublishedTable, ...] = ()
    disadvantage: Disadvantage = Disadvantage()
    scales: Scales = Scales()
    questions: dict[Name, dict[Text, Question]] = {}
    linkage: Linkage = Linkage()
    comparison: Comparison
    words: Words
    analysis: Analysis
    deviations: dict[Text, Text] = Field(
        default={}, description="why a part of the plan, named by its place, is not as it was locked"
    )
    disclosure: dict[Audience, Policy] = {}
    reports: Reports

    @field_validator("waves", "instruments", "sources", "published")
    @classmethod
    def _named_once(cls, parts: tuple) -> tuple:
        names = [part.name for part in parts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return parts

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if self.comparison.has_group and "headline" not in self.analysis.models:
            raise ValueError("analysis: models needs one named headline, which compares the groups")
        if not self.comparison.has_group and self.analysis.baseline is None:
            raise ValueError(
                f"analysis: with comparison kind {self.comparison.kind} the answer is how pupils changed, which needs a baseline"
            )
        if not self.comparison.has_group and "headline" in self.analysis.models:
            raise ValueError(
                f"analysis: with comparison kind {self.comparison.kind} no model can be the headline: give it another name"
            )
        return self

    @model_validator(mode="after")
    def _names_apart(self) -> Self:
        twice = sorted({item.name for item in self.sources} & {item.name for item in self.published})
        if twice:
            raise ValueError(f"named among sources and among published: {', '.join(twice)}")
        return self

    def instrument(self, name: str) -> Instrument:
        """The named instrument."""
        return next(item for item in self.instruments if item.name == name)

    def wave(self, name: str) -> Wave:
        """The named wave."""
        return next(item for item in self.waves if item.name == name)

    def period(self) -> Period:
        """The project's first and last day; where not given, a year before the first wave and a year after the last."""
        days, year = [wave.date for wave in self.waves], timedelta(days=365)
        return self.project or Period(first=min(days) - year, last=max(days) + year)

    def columns(self, source: Source) -> dict[str, str]:
        """A source's column map, its layout's first and its own on top: library name to heading."""
        layout = source.layout or ""
        return {**self.layouts.get(layout, built_in(layout, source.kind)), **source.columns}

    def may_be_absent(self, source: Source) -> frozenset[str]:
        """Headings a source's file may lack: those of a built-in layout that the source does not name itself."""
        if source.layout is None or source.layout in self.layouts:
            return frozenset()
        return may_be_absent(source.layout, source.kind) - set(source.columns.values())

    def headings(self, source: Source) -> list[str]:
        """The headings a source's file must have: its column map's, those side by side, and those of its paper's questions."""
        mapped = [heading for heading in self.columns(source).values() if heading not in (HEADING, CELL)]
        return [*mapped, *source.across, *self.questions.get(source.questions or "", {})]

    def policy(self, audience: str) -> Policy:
        """What this audience may see: the audience's default, with what the study file says of it on top."""
        said = self.disclosure.get(audience)  # type: ignore[call-overload]
        return Policy(**{**POLICIES[audience], **(said.model_dump(exclude_unset=True) if said else {})})


def known_columns(study: Study, kind: str) -> list[str]:
    """The library's names a source of this kind may map, the study's own attributes included."""
    own = list(study.attributes) if kind == "pupils" else []
    return [item.name for item in mapped(kind)] + own
