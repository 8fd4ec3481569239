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
    "split", "group", "estimate", "std_error", "df", "p_value", "p_holm", "ci_low", "ci_high", "n_schools", "method", "reason"
]  # fmt: skip
JOINT = ["question", "statistic", "df_num", "df", "p_value", "n_schools", "method", "reason"]
FEWEST_ON_A_SIDE = 3  # with two, either could work out the other's mean
FEW = "fewer than three schools on a side"
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
    schools = pupils.groupby(["part", term])["school"].nunique().unstack(fill_value=0).reindex(names)
    enough = [name for name in names if schools.loc[name].min() >= FEWEST_ON_A_SIDE and schools.shape[1] > 1]
    own = {name: f"in_part_{at}" for at, name in enumerate(enough)}
    table = pd.DataFrame({"split": split, "group": list(names), "method": INFERENCE, "reason": FEW})
    table = table.assign(n_schools=pupils.groupby("part")["school"].nunique().reindex(names).to_numpy())
    kept = pupils[pupils["part"].isin(enough)]
    kept = kept.assign(**{own[name]: kept[term] * (kept["part"] == name) for name in enough})
    test: dict[str, object] = {"question": split, "method": INFERENCE, "n_schools": kept["school"].nunique()}
    reason = FEW
    try:
        if len(enough) > 1:
            # A term that others make up is left out of a model: the treatment here, and below the first part's own effect.
            result = _fitted(f"{outcome}~ {' + '.join(own.values())} + {rest} + part", kept)
            apart = _fitted(f"{outcome}~ {rest} + part + {' + '.join(list(own.values())[1:])}", kept)
            joint = apart.joint_test(list(own.values())[1:])
            table = _with_figures(table, result.coefficients, own)
            return table, test | {
                "statistic": joint.statistic, "df_num": joint.df_num, "df": joint.df_denom, "p_value": joint.p_value, "reason": ""
            }  # fmt: skip
    except ModelError as error:
        reason = f"no model fits: {error}"
    return _with_figures(table.assign(reason=reason), None, {}), test | {"df_num": np.nan, "reason": reason}


def _fitted(formula: str, pupils: pd.DataFrame) -> FittedModel:
    """The model, with a level of its own for each part of a school where schools have several."""
    several = (pupils.groupby("school")["part"].nunique() > 1).any()
    return fit(formula + (" + (1 | school:part)" if several else ""), pupils, crossed=True)


def _with_figures(table: pd.DataFrame, found: pd.DataFrame | None, own: Mapping[str, str]) -> pd.DataFrame:
    names = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high"]
    rows = pd.DataFrame(np.nan, index=table.index, columns=names)
    if found is not None:
        rows = found.reindex([own.get(name, "") for name in table["group"]])[names].reset_index(drop=True)
    table = table.join(rows)
    table["reason"] = table["reason"].where(table["estimate"].isna(), "")
    return table.assign(p_holm=holm(list(table["p_value"])))[PARTS]
