"""The specification curve: every combination of the choices that the plan named beforehand, fitted.

Simonsohn, Simmons and Nelson, Nature Human Behaviour 4:1208 (2020). The choices are the plan's, so that none is made for its result.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain, combinations

import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.plan import nothing
from evaluation.impact.refit import answered, changed
from evaluation.impact.robustness import fewest
from evaluation.impact.sample import population
from evaluation.study import Choice, Study

COLUMNS = [
    "place", "choices", "planned", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "n_pupils", "n_schools", "fewest", "reason"
]  # fmt: skip
AS_PLANNED = "as planned"


def specifications(study: Study, analysis: pd.DataFrame) -> pd.DataFrame:
    """One row a combination, from the least estimate to the largest: COLUMNS; those that cannot be fitted come last with the reason.

    Raises
    ------
    ModelError
        When a choice leaves out what the main model does not have.
    """
    planned = study.analysis.models.get("headline")
    if planned is None or not study.analysis.choices:
        return nothing(COLUMNS).astype({"choices": "str", "planned": "bool"})
    rows = []
    for names in _subsets(list(study.analysis.choices)):
        chosen = [study.analysis.choices[name] for name in names]
        formula, pupils = _formula(study, names), _pupils(population(analysis), chosen)
        rows.append(
            {
                "choices": "; ".join(item.title for item in chosen) or AS_PLANNED,
                "planned": not names,
                **asdict(answered(formula, planned.term, pupils)),
                "fewest": fewest(study, formula, pupils),
            }
        )
    found = pd.DataFrame(rows).sort_values("estimate", kind="stable", na_position="last", ignore_index=True)
    return found.assign(place=range(1, len(found) + 1))[COLUMNS]


def _subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


def _formula(study: Study, names: Sequence[str]) -> str:
    """The main model's formula with these choices made."""
    formula = study.analysis.models["headline"].formula
    for name in names:
        choice = study.analysis.choices[name]
        try:
            formula = changed(formula, choice.drop, choice.add)
        except ModelError as error:
            raise ModelError(f"params/{study.study}.yml: analysis.choices.{name}: {error}") from None
    return formula


def _pupils(pupils: pd.DataFrame, chosen: Sequence[Choice]) -> pd.DataFrame:
    for choice in chosen:
        if choice.year_groups is not None:
            pupils = pupils[pupils["year_group"].isin(choice.year_groups)]
    return pupils
