"""How many pupils, their mean and standard deviation, for every unit, split and outcome."""

from collections.abc import Iterator

import pandas as pd

from evaluation.impact.sample import (
    ALL,
    Unit,
    disadvantage_group,
    matched,
    treatment_group,
    year_group,
)
from evaluation.study import Study


def descriptives(study: Study, units: list[Unit]) -> pd.DataFrame:
    """One row for each level, unit, split, group and outcome: n, mean, sd (divisor n - 1)."""
    rows = [row for unit in units for row in _unit_rows(study, unit)]
    return pd.DataFrame(rows, columns=["level", "unit", "split", "group", "outcome", "n", "mean", "sd"])


def splits(study: Study, pupils: pd.DataFrame) -> dict[str, pd.Series]:
    """The ways a unit's pupils are split, each a categorical label for every pupil.

    Where it is known of anyone, disadvantage is always split, groups of nobody included: a split left out because
    everyone is in one group would tell that they are. Treatment and year group are no secret, and are split where they
    vary. Crossed labels are joined by ", ".
    """
    disadvantaged = disadvantage_group(study, pupils) if pupils["disadvantaged"].notna().any() else None
    found = {"all": pd.Series(pd.Categorical([ALL] * len(pupils)), index=pupils.index)}
    if disadvantaged is not None:
        found["disadvantaged"] = disadvantaged
    for name, labels in (
        ("treatment", treatment_group(study, pupils)),
        ("year_group", year_group(study, pupils)),
    ):
        # A school of one year group has that split too: beside other schools it must be known to be subtracted.
        if labels.nunique() > 1 or (name == "year_group" and len(study.year_groups) > 1 and labels.nunique()):
            found[name] = labels
            if disadvantaged is not None:
                found[f"{name}_disadvantaged"] = crossed(labels, disadvantaged)
    return found


def crossed(first: pd.Series, second: pd.Series) -> pd.Series:
    """Every combination of two categorical labels, those of nobody included."""
    categories = [f"{one}, {two}" for one in first.cat.categories for two in second.cat.categories]
    joined = first.astype(str) + ", " + second.astype(str)
    return pd.Series(pd.Categorical(joined, categories=categories), index=first.index)


def _unit_rows(study: Study, unit: Unit) -> Iterator[dict[str, object]]:
    pupils = matched(study, unit.pupils)
    for split, labels in splits(study, pupils).items():
        for group in labels.cat.categories:
            members = pupils[labels == group]
            for outcome in study.analysis.outcomes:
                values = members[outcome].dropna()
                yield {
                    "level": unit.level,
                    "unit": unit.name,
                    "split": split,
                    "group": group,
                    "outcome": outcome,
                    "n": len(values),
                    "mean": values.mean(),
                    "sd": values.std(),
                }
