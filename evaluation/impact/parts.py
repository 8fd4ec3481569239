"""The headline by year group and by phase, and whether it differs between them: never one found beside another not found."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.impact.plan import INFERENCE, nothing
from evaluation.impact.sample import population, year_group
from evaluation.models import FittedModel, fit, holm
from evaluation.study import Study

PARTS = [
    "split", "group", "estimate", "std_error", "df", "p_value", "p_adjusted", "ci_low", "ci_high", "n_schools", "method", "reason"
]  # fmt: skip
JOINT = ["question", "statistic", "df_num", "df", "p_value", "n_schools", "method", "reason"]
FEWEST_ON_A_SIDE = 3  # with two, either could work out the other's mean
FEW = "fewer than three schools on a side"
ALONE = "no other part with three schools on each side to set it beside"
Found = tuple[pd.DataFrame, pd.DataFrame]


def parts(study: Study, analysis: pd.DataFrame) -> Found:
    """The headline's answer in each year group and in each phase, and a test for each split of whether it differs.

    One model gives them all: the headline's, with an effect of its own for each part, a level for each part and, where schools have
    several parts, a random intercept for each part in each school, against whose variation a difference inside schools is
    judged. p-values of a split are corrected together (`evaluation.models.holm`).

    Returns
    -------
    parts : DataFrame
        PARTS, one row a part; without figures where a side has fewer than three schools.
    joint_tests : DataFrame
        JOINT, one row a split of two parts or more: the F test that all its parts' effects are alike.
    """
    headline = study.analysis.models.get("headline")
    if headline is None or headline.term != study.analysis.treatment:
        return nothing(PARTS), nothing(JOINT)
    pupils = population(analysis)
    outcome, rest = headline.formula.split("~", 1)
    found = []
    for split, labels in (("year_group", year_group(study, pupils)), ("phase", _phase(pupils))):
        rows = pupils.assign(part=labels.astype(str)).dropna(subset=[outcome.strip(), headline.term])
        if rows["part"].nunique() > 1:
            found.append(_split(split, outcome, rest, headline.term, rows, list(labels.cat.categories)))
    if not found:
        return nothing(PARTS), nothing(JOINT)
    tables, tests = zip(*found, strict=True)
    return pd.concat(tables, ignore_index=True), pd.DataFrame(tests, columns=JOINT)


def _phase(pupils: pd.DataFrame) -> pd.Series:
    known = pupils["phase"].astype(str)
    return known.where(known != "", "phase not known").astype("category")


def _split(
    split: str, outcome: str, rest: str, term: str, pupils: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, Mapping[str, object]]:
    """The rows of one split, and its test."""
    by_part = pupils.groupby("part")["school"].nunique().reindex(pd.Index(names))
    sides = pupils.groupby(["part", term])["school"].nunique().unstack(fill_value=0).reindex(by_part.index)
    enough = [name for name in names if sides.shape[1] > 1 and sides.loc[name].min() >= FEWEST_ON_A_SIDE]
    reasons = [ALONE if name in enough else FEW for name in names]
    table = pd.DataFrame({"split": split, "group": list(names), "method": INFERENCE, "reason": reasons})
    table["n_schools"] = by_part.to_numpy()
    kept = pupils[pupils["part"].isin(enough)]
    test: dict[str, object] = {"question": split, "method": INFERENCE, "n_schools": kept["school"].nunique()}
    if len(enough) < 2:
        return _with_figures(table), test | {"df_num": np.nan, "reason": ALONE}
    own = {name: f"in_part_{at}" for at, name in enumerate(enough)}
    kept = kept.assign(**{own[name]: kept[term] * (kept["part"] == name) for name in enough})
    try:
        # A term that others make up is left out of a model: the treatment here.
        each = _fitted(f"{outcome}~ {' + '.join(own.values())} + {rest} + part", kept)
        joint = each.joint_test(list(own.values()), alike=True)
    except ModelError as error:
        reason = f"no model fits: {error}"
        return _with_figures(table.assign(reason=reason)), test | {"df_num": np.nan, "reason": reason}
    figures = {"statistic": joint.statistic, "df_num": joint.df_num, "df": joint.df_denom}
    return _with_figures(table, each.coefficients, own), test | figures | {
        "p_value": joint.p_value,
        "reason": "",
    }


def _fitted(formula: str, pupils: pd.DataFrame) -> FittedModel:
    """The model, with a level of its own for each part of a school where schools have several."""
    several = (pupils.groupby("school")["part"].nunique() > 1).any()
    return fit(formula + (" + (1 | school:part)" if several else ""), pupils, crossed=True)


def _with_figures(
    table: pd.DataFrame, found: pd.DataFrame | None = None, own: Mapping[str, str] | None = None
) -> pd.DataFrame:
    names = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]
    rows = pd.DataFrame(np.nan, index=table.index, columns=names)
    if found is not None and own is not None:
        rows = found.reindex([own.get(name, "") for name in table["group"]])[names].reset_index(drop=True)
    table = table.join(rows)
    table["reason"] = table["reason"].where(table["estimate"].isna(), "")
    return table.assign(p_adjusted=holm(table["p_value"]))[PARTS]
