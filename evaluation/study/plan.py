"""The plan: outcomes, variables, models, whom they are about, and what the comparison is."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evaluation.study.parts import Name, Part, Text


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


class Expected(Part):
    """What was expected when the study was planned: a design of docs/power.md, and the quantities it takes."""

    design: Text
    quantities: dict[Text, float] = Field(min_length=1)


class Population(Part):
    """Who is analysed, as allocated: blank means everyone."""

    roles: tuple[Text, ...] | None = None
    year_groups: tuple[Text, ...] | None = None


CONTROL = "control"  # the arm that no indicator names


class Absent(Part):
    """Pupils of the population who are in none of the files, so that nothing else is known of them."""

    pupils: (
        Annotated[int, Field(strict=True, ge=0)] | dict[Name, Annotated[int, Field(strict=True, ge=0)]]
    ) = Field(
        description="how many: in all, or by arm, each by its indicator's name and the control as control"
    )
    source: Text = Field(description="where that is told")


class Choice(Part):
    """A choice that could as well have been made otherwise: what the main model would add, leave out or be about then."""

    title: Text
    add: tuple[Text, ...] = Field(default=(), description="terms besides those of the main model")
    drop: tuple[Text, ...] = Field(default=(), description="variables of the main model to leave out")
    year_groups: tuple[Text, ...] | None = Field(default=None, description="these alone")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if not self.add and not self.drop and self.year_groups is None:
            raise ValueError("a choice needs add, drop or year_groups: otherwise nothing is chosen")
        return self


class Matching(Part):
    """How near those set beside one another must be, fixed before any result is seen."""

    caliper: float = Field(
        default=0.25,
        gt=0,
        description="the farthest apart that two matched pupils' first scores may be, in standard deviations",
    )
    schools: float = Field(
        default=1.0,
        gt=0,
        description="the farthest apart that two matched schools may be, over all they are matched on, in standard deviations of schools",
    )


class Compliance(Part):
    """Who counts as having taken the project up: those with the least amount, or more, of one kind of its records."""

    records: Literal["training", "support", "interventions"]
    least: float = Field(
        gt=0,
        description="attendances of a school's staff at sessions, days of support the school had, or hours of help the pupil had",
    )


class Analysis(Part):
    """The plan: the outcomes, the variables, the primary model and the other questions."""

    outcomes: dict[Name, Outcome] = Field(min_length=1)
    primary: Name
    baseline: Name | None = None
    treatment: Name
    indicators: dict[Name, Indicator] = {}
    school_means: tuple[Name, ...] = ()
    population: Population = Population()
    absent: Absent | None = Field(default=None, description="pupils of the population who are in no file")
    models: dict[Name, Model] = {}
    margin: float | None = Field(
        default=None,
        gt=0,
        description="the difference that would be too small to matter, in the primary outcome's units, fixed beforehand",
    )
    choices: dict[Name, Choice] = Field(
        default={},
        max_length=6,
        description="alternatives to the main model fixed beforehand, whose every combination is fitted",
    )
    matching: Matching = Matching()
    compliance: Compliance | None = None
    power: dict[Literal["headline", "gap_change"], Expected] = Field(
        default={}, description="what the design was expected to be able to detect"
    )

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
        column = self.indicators[self.treatment].column
        arms = [*(name for name, item in self.indicators.items() if item.column == column), CONTROL]
        if self.absent is not None and isinstance(self.absent.pupils, dict):
            strange = sorted(set(self.absent.pupils) - set(arms))
            if strange:
                raise ValueError(f"absent: {', '.join(strange)}: no arm. Arms: {', '.join(arms)}")
        for name, model in self.models.items():
            if model.beside is not None and model.beside not in self.models:
                raise ValueError(f"model {name} is beside {model.beside!r}, which is not among models")
        return self


class Comparison(Part):
    """What the taking-part pupils are compared with; it decides what a report may claim."""

    kind: Literal["randomised", "matched", "published", "norm", "none"]
    unit: Literal["pupil", "class", "school"]
    description: Text

    @property
    def has_group(self) -> bool:
        """Whether there are pupils to compare with: without any the answer is how the schools changed."""
        return self.kind not in ("norm", "none")


class Words(Part):
    """How the reports name the groups, in the plural and without a capital."""

    disadvantaged: Text
    others: Text
    treated: Text
    control: Text
