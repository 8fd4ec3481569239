"""Who is shown what: audiences, their policies, and the reports that are wanted."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from evaluation.study.parts import Part, Text

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
