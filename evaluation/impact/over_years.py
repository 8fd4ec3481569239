"""Schools' published figures compared over time: some schools' change beside that of all others, by every method."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evaluation.derive.school_changes import Figure, lacks, school_changes
from evaluation.models import DifferenceInChanges, difference_in_changes, holm

BEFORE, DURING, AFTER = "before", "during", "after"
# What is asked of each contrast: as it is; schools of one level compared; each pupil, not each school, counted alike.
VARIANTS: dict[str, dict[str, Any]] = {
    "as they are": {},
    "adjusted for the level before": {"adjust": ["before"]},
    "weighted by pupils": {"weighted": True},
}
FAMILY = ["variant", "method"]
_WHAT = ["published_measure", "years", "period", *FAMILY]
_FIGURES = ["estimate", "std_error", "df", "p_value", "smallest_p", "p_adjusted", "ci_low", "ci_high"]
KINDS = {
    **dict.fromkeys(_WHAT, "str"),
    **dict.fromkeys(_FIGURES, "float64"),
    **dict.fromkeys(["n_treated", "n_comparison"], "Int64"),
    **dict.fromkeys(["left_out", "reason"], "str"),
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """A figure at two times.

    Attributes
    ----------
    measure : str
        As the results name it.
    years : str
    period : str
        Where the two years lie: "before" what is asked about began (a trend before it), "during" or "after".
    before, after : Figure
    """

    measure: str
    years: str
    period: str
    before: Figure
    after: Figure


@dataclass(frozen=True, slots=True)
class Groups:
    """Who is who among the schools of `school_changes`, by its rows.

    Attributes
    ----------
    treated : Series of bool
    aside : Series of str
        Why a school is neither treated nor a comparison; "" for the others.
    stratum : Series of str
        What schools are matched on.
    unseen : int
        Treated schools that have no row.
    """

    treated: pd.Series
    aside: pd.Series
    stratum: pd.Series
    unseen: int = 0


def compare_changes(
    tables: Mapping[str, pd.DataFrame],
    contrasts: Sequence[Contrast],
    groups: Callable[[pd.DataFrame], Groups],
    seed: int,
) -> pd.DataFrame:
    """How much more the treated schools changed than the others, one row a contrast, variant and method.

    `p_adjusted` is Holm's over the contrasts that are not before what is asked about, for each variant and method.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `published`, `published_schools` and `published_links` of the store.
    contrasts : sequence of Contrast
    groups : callable
        From the changes of schools to who they are.
    seed : int
        For placebo sets, where they are drawn.

    Returns
    -------
    DataFrame
        The columns of `KINDS`. left_out says how many schools were, treated and others, and why.
    """
    published = tables["published"]
    figures = [figure for contrast in contrasts for figure in (contrast.before, contrast.after)]
    wanted = {name for figure in figures for name in (figure.measure, figure.count)}
    asked_of = {**tables, "published": published[published["measure"].isin(wanted)]}
    rows = [row for contrast in contrasts for row in _rows(asked_of, contrast, groups, seed)]
    found = pd.DataFrame(rows, columns=list(KINDS)).astype(KINDS)
    found = found.fillna({name: "" for name, kind in KINDS.items() if kind == "str"})
    asked = found[found["period"] != BEFORE]
    for _, family in asked.groupby(FAMILY, sort=False):
        found.loc[family.index, "p_adjusted"] = holm(family["p_value"])
    return found


def _rows(
    tables: Mapping[str, pd.DataFrame],
    contrast: Contrast,
    groups: Callable[[pd.DataFrame], Groups],
    seed: int,
) -> Iterator[dict[str, Any]]:
    said = {"published_measure": contrast.measure, "years": contrast.years, "period": contrast.period}
    for figure in (contrast.before, contrast.after):
        if lacking := lacks(tables, figure):
            yield {**said, "reason": f"{', '.join(figure.sources)}: no measure {lacking}."}
            return
    changes = school_changes(tables, contrast.before, contrast.after)
    who = groups(changes)
    used = (changes["why"] == "") & (who.aside == "")
    data = changes[["before", "change", "size"]].assign(treated=who.treated.astype(int), stratum=who.stratum)
    for variant, options in VARIANTS.items():
        found = difference_in_changes(
            data[used], "change", "treated", stratum="stratum", size="size", seed=seed, **options
        )
        counts = {"n_treated": found.n_treated, "n_comparison": found.n_untreated}
        left_out = _left_out(changes["why"], who, found.unmatched)
        for answer in _answers(found):
            yield {
                **said,
                "variant": variant,
                "estimate": found.estimate,
                **counts,
                "left_out": left_out,
                **answer,
            }


def _answers(found: DifferenceInChanges) -> Iterator[dict[str, Any]]:
    """Each method's inference, or why there is none."""
    answers = {
        "cr2": asdict(found.cr2),
        "placebo": asdict(found.placebo),
        "placebo by size": asdict(found.placebo_by_size),
    }
    for method, answer in answers.items():
        numbers = {name: value for name, value in answer.items() if name in KINDS}
        yield {"method": method, **numbers, "reason": found.reason or answer["reason"]}


def _left_out(why: pd.Series, who: Groups, unmatched: int) -> str:
    """How many treated schools and how many others have no part in a contrast, by reason; the commonest first."""
    reasons = who.aside.where(who.aside != "", why)
    treated, others = (Counter(reasons[rows & (reasons != "")]) for rows in (who.treated, ~who.treated))
    treated["in neither table"] = who.unseen
    others["in no stratum with a treated school"] = unmatched
    return "; ".join(
        f"{name}: {', '.join(f'{reason} ({n})' for reason, n in counts.most_common() if n)}"
        for name, counts in (("treated", treated), ("others", others))
        if any(counts.values())
    )
