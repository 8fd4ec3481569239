"""The study file as typed, strict models: everything a run depends on."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from evaluation.study.fields import mapped
from evaluation.study.layouts import built_in, may_be_absent
from evaluation.study.measures import Disadvantage, Question, Scales, ScoreKind
from evaluation.study.records import RECORDS

Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strict=True, min_length=1)]


def _inside(path: str) -> str:
    """A path inside the study's folder of raw files, with forward slashes."""
    if "\\" in path:
        raise ValueError("write paths with / between folders")
    if path.startswith("/") or ":" in path or ".." in path.split("/"):
        raise ValueError("give the path inside the study's folder under data/raw/")
    return path


RelativePath = Annotated[str, StringConstraints(strict=True, min_length=1), AfterValidator(_inside)]

Audience = Literal["school", "cluster", "project", "public"]
AUDIENCES: tuple[str, ...] = ("public", "project", "cluster", "school")  # from the widest to the narrowest
Level = Literal["project", "cluster", "school"]
# A school knows the status of its own pupils: its own pack shows it as it is.
POLICIES: dict[str, dict[str, Any]] = {
    "school": {"minimum_cell": 6, "subgroups": "school", "steady": False},
    "cluster": {"minimum_cell": 6},
    "project": {"minimum_cell": 10},
    "public": {"minimum_cell": 10},
}


class Part(BaseModel):
    """A part of the study file: unknown keys are errors, values are never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Instrument(Part):
    """A test: the scale its scores are on and the scores that are possible."""

    name: Name
    title: Text
    edition: Text | None = None
    unit: Text = "points"
    minimum: float
    maximum: float
    norm_mean: float | None = None
    norm_sd: float | None = Field(default=None, gt=0)
    score: ScoreKind | None = Field(default=None, description="which of the test's scores it is")
    norms: RelativePath | None = Field(
        default=None, description="the publisher's table, raw to standardised by age"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        return self


class Attribute(Part):
    """A pupil characteristic of this study's own, with the values it may take."""

    title: Text
    values: tuple[Text, ...] = Field(min_length=1)


class Register(Part):
    """The schools register: one row a school."""

    path: RelativePath
    columns: dict[Name, Text]
    sheet: Text | None = None


class Source(Part):
    """A raw file, what it holds and which of its columns is which."""

    name: Name
    kind: Literal[
        "pupils", "scores", "spells", "marks",
        "training", "support", "workshops", "interventions", "ledger", "staff_survey", "ratings", "testimonials",
    ]  # fmt: skip
    path: RelativePath
    wave: Name = Field(default="", description="records of the project may do without")
    layout: Name | None = None
    columns: dict[Name, Text] = {}
    sheet: Text | None = Field(default=None, description="sheet name; all sheets when absent")
    school: Text | None = Field(default=None, description="the school the whole file is for")
    year_group: Text | None = Field(default=None, description="the year group the whole file is for")
    instrument: Name | None = None
    assessment: Text | None = Field(
        default=None, description="in a common transfer file: stage/subject/method/component of the result"
    )

    @model_validator(mode="before")
    @classmethod
    def _fixed_layout(cls, given: Any) -> Any:
        """A common transfer file (.xml), and a record without columns, have a layout of their own, where none is given."""
        if not isinstance(given, dict):
            return given
        if str(given.get("path", "")).lower().endswith(".xml"):
            return {"layout": "ctf", **given}
        kind = given.get("kind")
        return {"layout": kind, **given} if kind in RECORDS and "columns" not in given else given

    @model_validator(mode="after")
    def _transferred(self) -> Self:
        transfer = self.path.lower().endswith(".xml")
        if (transfer and self.kind == "scores") != (self.assessment is not None):
            raise ValueError(
                "assessment, such as KS2/MAT/TT/MTC, says which result is meant: "
                "scores from a common transfer file (.xml) need it, and nothing else has it"
            )
        return self

    questions: Name | None = Field(default=None, description="the paper whose questions its columns are")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.wave and self.kind not in RECORDS:
            raise ValueError(f"a {self.kind} source needs its wave")
        if self.kind in RECORDS and self.layout == "ctf":
            raise ValueError(f"a common transfer file (.xml) holds no {self.kind} records")
        if self.kind in ("scores", "marks") and self.instrument is None:
            raise ValueError(f"a {self.kind} source needs an instrument")
        if self.kind not in ("scores", "marks") and self.instrument is not None:
            raise ValueError("instrument belongs to scores and marks sources only")
        if (self.kind == "marks") != (self.questions is not None):
            raise ValueError("a marks source, and no other, names its paper (questions:)")
        if not self.columns and self.layout is None:
            raise ValueError("give columns, or the name of a layout")
        return self


class PublishedTable(Part):
    """A file the department publishes: key stage tables, the schools register, or the links between its schools."""

    name: Name
    kind: Literal["ks2", "ks4", "schools", "links"]
    path: RelativePath
    year: Text | None = Field(default=None, description='the academic year, such as "2018/19"')

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.kind in ("ks2", "ks4") and self.year is None:
            raise ValueError('a key stage table needs its year, such as "2018/19"')
        return self


class Outcome(Part):
    """A variable of the analysis: the score on one instrument at one wave."""

    instrument: Name
    wave: Name
    title: Text


class Indicator(Part):
    """A 0/1 variable of the analysis: whether a column equals a value."""

    column: Name
    equals: Text
    label: Text
    group: Text | None = Field(default=None, description="its pupils, in the plural; the label when absent")


class Model(Part):
    """A question answered by one model: its formula in lme4 notation and the term that answers it."""

    formula: Text
    term: Text
    title: Text
    beside: Name | None = Field(default=None, description="the model this one is shown beside as a check")


class Linkage(Part):
    """How probable it must be that a record without a number is a listed pupil's: to be linked, to be asked about."""

    link_at: float = Field(default=0.9, ge=0.5, lt=1)
    review_at: float = Field(default=0.5, ge=0.5, lt=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.review_at > self.link_at:
            raise ValueError("review_at must not be above link_at")
        return self


class Population(Part):
    """Who is analysed, as allocated: blank means everyone."""

    roles: tuple[Text, ...] | None = None
    year_groups: tuple[Text, ...] | None = None


class Analysis(Part):
    """The plan: the outcomes, the variables, the primary model and the other questions."""

    outcomes: dict[Name, Outcome] = Field(min_length=1)
    primary: Name
    baseline: Name | None = None
    treatment: Name
    indicators: dict[Name, Indicator] = {}
    school_means: tuple[Name, ...] = ()
    population: Population = Population()
    models: dict[Name, Model]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for role, name in (("primary", self.primary), ("baseline", self.baseline)):
            if name is not None and name not in self.outcomes:
                raise ValueError(
                    f"{role} is {name!r}, which is not among outcomes: {', '.join(self.outcomes)}"
                )
        if self.treatment not in self.indicators:
            raise ValueError(
                f"treatment is {self.treatment!r}, which is not among indicators: {', '.join(self.indicators)}"
            )
        if "headline" not in self.models:
            raise ValueError("models needs one named headline")
        for name, model in self.models.items():
            if model.beside is not None and model.beside not in self.models:
                raise ValueError(f"model {name} is beside {model.beside!r}, which is not among models")
        return self


class Comparison(Part):
    """What the taking-part pupils are compared with; it decides what a report may claim."""

    kind: Literal["randomised", "matched", "published", "norm", "none"]
    unit: Literal["pupil", "class", "school"]
    description: Text


class Words(Part):
    """How the reports name the groups, in the plural and without a capital."""

    disadvantaged: Text
    others: Text
    treated: Text
    control: Text


class Policy(Part):
    """What one audience may see; what is left out is the audience's default."""

    minimum_cell: int = Field(ge=3, strict=True)
    subgroups: Level = Field(
        default="cluster", description="the finest level at which figures by disadvantage are shown"
    )
    steady: bool = Field(
        default=True,
        strict=True,
        description="whether figures by disadvantage stand as last published while fewer than minimum_cell pupils have changed",
    )
    score_width: float = Field(
        default=20,
        ge=0,
        description="who knows every other pupil of a school must be left with a range this wide, in standardised points",
    )


class Reports(Part):
    """Which reports are wanted, and for whom the site is made."""

    audience: Audience
    packs: tuple[Literal["cluster", "school"], ...] = Field(
        default=(), description="whose own packs are made beside the site: each school's, each cluster's"
    )
    school_roles: tuple[Text, ...] | None = Field(
        default=None, description="roles that get a report; all when absent"
    )
    licence: Text | None = Field(
        default=None, description="what the release may be used under, such as CC-BY-4.0 or OGL-UK-3.0"
    )
    checked_by_schools: bool = Field(
        default=True,
        strict=True,
        description="whether a school signs its report off before it counts as published",
    )

    @model_validator(mode="after")
    def _packs_are_narrower(self) -> Self:
        for pack in self.packs:
            if AUDIENCES.index(pack) <= AUDIENCES.index(self.audience):
                raise ValueError(
                    f"packs are for narrower audiences than the site's ({self.audience}), not for {pack}"
                )
        return self

    @property
    def audiences(self) -> tuple[str, ...]:
        """Everyone a release is made for, the site's audience first and the narrowest last."""
        return (self.audience, *sorted(set(self.packs), key=AUDIENCES.index))


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
        """The headings a source's file must have: its column map's, and those of its paper's questions."""
        return [*self.columns(source).values(), *self.questions.get(source.questions or "", {})]

    def policy(self, audience: str) -> Policy:
        """What this audience may see: the audience's default, with what the study file says of it on top."""
        said = self.disclosure.get(audience)  # type: ignore[call-overload]
        return Policy(**{**POLICIES[audience], **(said.model_dump(exclude_unset=True) if said else {})})


def known_columns(study: Study, kind: str) -> list[str]:
    """The library's names a source of this kind may map, the study's own attributes included."""
    own = list(study.attributes) if kind == "pupils" else []
    return [item.name for item in mapped(kind)] + own
