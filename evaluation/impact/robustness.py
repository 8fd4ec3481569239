"""How the headline moves: the same question answered otherwise, in ways fixed here before any result is seen."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.change import changes
from evaluation.impact.imputed import Imputed, pooled
from evaluation.impact.near_schools import school_pairs
from evaluation.impact.plan import nothing
from evaluation.impact.refit import INFERENCE, NAN, Answer, answered, changed, complete
from evaluation.impact.sample import matched, population
from evaluation.models import FittedModel, jackknife
from evaluation.models.sums.spec import parse_formula, variables
from evaluation.study import Study

COLUMNS = [
    "variation", "change", "estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "n_pupils", "n_schools", "share",
    "fewest", "n_smallest", "reason",
]  # fmt: skip
SAME = "the answer itself: pupils with every value it needs"
WITHOUT_ONE = "one school left out"
NO_BASELINE = "the main model has no baseline"


@dataclass(frozen=True, slots=True)
class Variation:
    """One row: the answer, the `share` of pupils it changes or leaves out, the fewest schools on a side, the smallest's pupils."""

    variation: str
    change: str
    answer: Answer
    share: float = NAN
    fewest: float = NAN
    n_smallest: float = NAN

    def row(self) -> dict[str, Any]:
        """As a row of the table."""
        return {**asdict(self), **asdict(self.answer)}


def robustness(
    study: Study, analysis: pd.DataFrame, headline: FittedModel | None, imputed: Imputed | None
) -> pd.DataFrame:
    """One row a variation of the headline: COLUMNS, in the outcome's units; a row that cannot be had says why.

    Where the plan has no headline the answer is how the schools changed, and the variations are of that.

    Parameters
    ----------
    study, analysis
        The plan, and the analysis table.
    headline, imputed
        The main model as fitted and the pupils with their missing scores drawn; None without a main model.
    """
    if headline is None or imputed is None:
        rows = list(_of_changes(study, analysis))
    else:
        rows = list(_of_model(study, population(analysis), headline, imputed))
    if not rows:
        return nothing(COLUMNS).astype({"variation": "str", "change": "str"})
    return pd.DataFrame([item.row() for item in rows], columns=COLUMNS)


def _of_model(
    study: Study, pupils: pd.DataFrame, headline: FittedModel, imputed: Imputed
) -> Iterator[Variation]:
    planned = study.analysis.models["headline"]
    formula, term, used = planned.formula, planned.term, complete(planned.formula, pupils)
    yield _fitted(study, "complete", SAME, formula, pupils)
    drawn = pooled(formula, term, imputed.completed) if imputed.completed else Answer(reason=imputed.reason)
    share = 1 - len(used) / len(imputed.pupils) if imputed.completed else NAN
    yield Variation(
        "imputed",
        "missing values drawn from what is known, many times over",
        drawn,
        share,
    )
    yield _absent(imputed)
    yield from _baselines(study, pupils)
    kept = uncensored(study, used)
    left = _fitted(study, "uncensored", "pupils at an end of a test's scale left out", formula, kept)
    yield replace(left, share=1 - len(kept) / len(used))
    yield from _without_one(headline, term, used)
    if near := school_pairs(study, pupils):
        paired = pupils[pupils["school"].isin(near)]
        yield _fitted(
            study,
            "schools_paired",
            "schools with a near comparison school, and those, alone",
            formula,
            paired,
        )
    yield Variation(
        "schools_alike", "pupils weighted so that every school counts alike", _alike(formula, term, used)
    )
    for year in study.year_groups:
        alone = pupils[pupils["year_group"] == year]
        if 0 < len(alone) < len(pupils):
            yield _fitted(study, f"year_{year}", f"year {year} alone", formula, alone)


def _fitted(study: Study, name: str, change: str, formula: str, pupils: pd.DataFrame) -> Variation:
    """The main model's term with another formula, or other pupils."""
    term = study.analysis.models["headline"].term
    return Variation(name, change, answered(formula, term, pupils), fewest=fewest(study, formula, pupils))


def fewest(study: Study, formula: str, pupils: pd.DataFrame) -> int:
    """The number of schools with pupils of an arm, of the arm that has fewer."""
    used = complete(formula, pupils)
    sides = [used.loc[used[study.analysis.treatment] == arm, "school"].nunique() for arm in (1, 0)]
    return min(sides)


def _absent(imputed: Imputed) -> Variation:
    n = imputed.schools_absent
    reason = (
        "a whole school's absence is not a pupil's: none of its scores is drawn"
        if n
        else "every school has scores"
    )
    return Variation("schools_absent", "schools without any score", Answer(n_schools=n, reason=reason))


def _baselines(study: Study, pupils: pd.DataFrame) -> Iterator[Variation]:
    """Without the baseline, and with it as it is rather than in two parts."""
    plan = study.analysis
    formula, baseline = plan.models["headline"].formula, plan.baseline
    used = variables(parse_formula(formula).fixed)
    held = sorted(used & {baseline, f"{baseline}_school", f"{baseline}_within"}) if baseline else []
    without, plain = "without the baseline", "the baseline as it is, not apart for schools and pupils"
    if not baseline or not held:
        yield Variation("no_baseline", without, Answer(reason=NO_BASELINE))
        yield Variation("plain_baseline", plain, Answer(reason=NO_BASELINE))
        return
    yield _fitted(study, "no_baseline", without, changed(formula, held), pupils)
    if held == [baseline]:
        yield Variation("plain_baseline", plain, Answer(reason="the main model has it so"))
        return
    yield _fitted(study, "plain_baseline", plain, changed(formula, held, [baseline]), pupils)


def uncensored(study: Study, pupils: pd.DataFrame) -> pd.DataFrame:
    """The pupils none of whose scores, first or last, stands at an end of its test's scale."""
    names = [name for name in (study.analysis.primary, study.analysis.baseline) if name is not None]
    flags = pupils[[f"{name}_censored" for name in names]]
    return pupils[(flags == "").all(axis=1)]


def _without_one(headline: FittedModel, term: str, used: pd.DataFrame) -> Iterator[Variation]:
    """The least and the largest estimate that leaving one school out gives."""
    smallest, schools = used.groupby("school").size().min(), used["school"].nunique()
    try:
        refits, reason = jackknife(headline).refits[term].dropna(), ""
    except ModelError:
        refits, reason = pd.Series(dtype=float), "the main model has no random term by school"
    for name, side, value in (
        ("without_one_low", "least", refits.min()),
        ("without_one_high", "largest", refits.max()),
    ):
        answer = Answer(estimate=float(value), n_schools=schools - 1, reason=reason)
        yield Variation(name, f"{WITHOUT_ONE}: the {side} estimate", answer, n_smallest=smallest)


def _alike(formula: str, term: str, used: pd.DataFrame) -> Answer:
    """With weights that make the mean of every school as precise as another's, so that the model weighs schools alike."""
    weight = len(used) / used.groupby("school")["school"].transform("size")
    return answered(formula, term, used.assign(weight=weight), weights="weight")


def _of_changes(study: Study, analysis: pd.DataFrame) -> Iterator[Variation]:
    """The same of how the schools changed, where nobody is compared with."""
    whole = _change(study, "complete", "the answer itself: pupils with both scores", analysis)
    if whole is None:
        return
    first = changes(study, analysis).iloc[0]
    yield whole
    used = matched(study, population(analysis))
    left = _change(
        study, "uncensored", "pupils at an end of a test's scale left out", uncensored(study, analysis)
    )
    if left is not None:
        yield replace(left, share=1 - len(uncensored(study, used)) / len(used))
    for name, side in (("without_one_low", "least"), ("without_one_high", "largest")):
        answer = Answer(estimate=first[name], n_schools=first["n_schools"] - 1)
        yield Variation(name, f"{WITHOUT_ONE}: the {side} estimate", answer, n_smallest=first["n_smallest"])
    for year in study.year_groups:
        alone = analysis["year_group"] == year
        found = None if alone.all() else _change(study, f"year_{year}", f"year {year} alone", analysis[alone])
        if found is not None:
            yield found


def _change(study: Study, name: str, words: str, analysis: pd.DataFrame) -> Variation | None:
    """The change of schools among some of the pupils; None where there is none."""
    found = changes(study, analysis)
    if found.empty or not found.iloc[0]["n_schools"]:
        return None
    row = found.iloc[0]
    answer = Answer(*row[[*INFERENCE, "n_pupils", "n_schools", "reason"]])
    return Variation(name, words, answer, fewest=row["n_schools"], n_smallest=row["n_smallest"])
