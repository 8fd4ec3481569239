"""What is received: instruments, the schools register, raw files and published tables."""

import re
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from evaluation.study.layouts import CELL, HEADING
from evaluation.study.measures import ScoreKind
from evaluation.study.parts import Name, Part, RelativePath, Text
from evaluation.study.records import RECORDS


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
    expected: float | None = Field(
        default=None, description="the least score that is the expected standard; of scaled scores it is 100"
    )
    score: ScoreKind | None = Field(default=None, description="which of the test's scores it is")
    norms: RelativePath | None = Field(
        default=None, description="the publisher's table, raw to standardised by age"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        if self.expected is not None and not self.minimum < self.expected <= self.maximum:
            raise ValueError("expected must be above minimum and no more than maximum")
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
    later: dict[Literal["role", "cluster"], tuple[Text, ...]] = Field(
        default={}, description="columns of the same in later years, after the one that counts"
    )

    def headings(self) -> list[str]:
        """The headings that the register's file must have."""
        return [*self.columns.values(), *(heading for several in self.later.values() for heading in several)]


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
    across: dict[Text, Text] = Field(
        default={},
        description="headings side by side, and what each stands for: see @heading and @cell in columns",
    )
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

    @model_validator(mode="after")
    def _side_by_side(self) -> Self:
        used = [heading for heading in self.columns.values() if heading in (HEADING, CELL)]
        if self.across and self.kind not in RECORDS:
            raise ValueError(f"across is for records of the project; of {self.kind} name one source a column")
        if sorted(used) != sorted([HEADING, CELL] * bool(self.across)):
            raise ValueError(
                f"across: needs one column mapped to {HEADING!r}, what the headings stand for, and one to {CELL!r}, what stands under them"
            )
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
        found = re.fullmatch(r"(\d{4})[/-](?:\d{2})?(\d{2})", self.year) if self.year else None
        if self.year and (found is None or (int(found[1]) + 1) % 100 != int(found[2])):
            raise ValueError(f'year is {self.year!r}, and an academic year looks like "2018/19"')
        return self
