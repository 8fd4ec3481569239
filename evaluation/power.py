"""What a study's design can detect, from its plan alone or with what has been stored."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.derive import as_analysed
from evaluation.errors import StoreError, StudyError
from evaluation.impact.change import changes
from evaluation.impact.plan import effect_sizes, estimates, fit_plan
from evaluation.impact.power import ALONE, CHANGE, detectable
from evaluation.store import Store
from evaluation.study import Study

MEANING = (
    "A true {what} of this size would be found, at the 5% level, by four studies in five like this one; smaller ones would often be "
    "missed, so that finding nothing does not rule them out."
)
NOTHING = "Nothing can be said: the plan has no model of its main question and no first test to measure a change from."
PLAN_RESTS = "As planned it rests on the standard deviation between schools' changes that the plan expects (sd_change)."
ASKED = {
    "headline": "main effect",
    "gap_change": "change in the gap",
    "change": "change from the first test to the last",
    "change_in_gap": "change in the gap from the first test to the last",
}
EXAMPLES = {
    True: "headline: {design: cra2, quantities: {n: 60, J: 28, icc: 0.15}}",
    False: "headline: {design: change, quantities: {J: 8, sd_change: 0.2}}",
}


@dataclass(frozen=True, slots=True)
class Detectable:
    """What a design can detect: the table of `evaluation.impact.power`, and the outcome's unit."""

    study: str
    table: pd.DataFrame
    unit: str
    fault: None = None

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        for item in self.table.to_dict("records"):
            name = f"{ASKED[item['question']]}, {item['stage']}"
            rests = f"design {item['design']}" if item["design"] else _sample(item)
            size = [f"{item['mdes']:.2f} standard deviations"] if pd.notna(item["mdes"]) else []
            size += [f"{item['mdes_units']:.1f} {self.unit}"] if pd.notna(item["mdes_units"]) else []
            said = (
                f"{' or '.join(size)} ({rests}, {item['df']:.1f} degrees of freedom)"
                if size
                else item["reason"]
            )
            yield f"{name}: {said}"
        if self.table[["mdes", "mdes_units"]].notna().any(axis=None):
            alone = self.table["question"].isin(ALONE.values()).all()
            yield MEANING.format(what="change" if alone else "effect")
            if (self.table["design"] == CHANGE).any():
                yield PLAN_RESTS
        elif self.table.empty:
            yield NOTHING

    def as_dict(self) -> dict[str, Any]:
        """The same for a program."""
        rows = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        return {"study": self.study, "unit": self.unit, "detectable": rows}


def _sample(item: Mapping[Hashable, Any]) -> str:
    pupils = f"{item['n_pupils']:,.0f} pupils in " if pd.notna(item["n_pupils"]) else ""
    return f"{pupils}{item['n_schools']:,.0f} schools"


def power(study: Study, root: Path) -> Detectable:
    """What the design can detect.

    Raises
    ------
    StudyError
        When the plan expects nothing (`analysis: power`) and nothing is stored.
    ModelError
        When what it expects is not what its design takes, or a model cannot be fitted.
    """
    unit = as_analysed(study, study.analysis.outcomes[study.analysis.primary].instrument).unit
    try:
        analysis = Store(root / "data" / "processed" / study.study).read("analysis")
    except StoreError:
        if not study.analysis.power:
            raise StudyError(
                f"Nothing is stored of {study.study}, and its plan does not say what it expects. Give analysis: power: "
                f"{EXAMPLES[study.comparison.has_group]} in the study file (docs/power.md), or run the study first."
            ) from None
        return Detectable(study.study, detectable(study, None, None), unit)
    fitted = fit_plan(study, analysis)
    found = detectable(
        study, estimates(study, fitted, analysis), effect_sizes(study, fitted), changes(study, analysis)
    )
    return Detectable(study.study, found, unit)
