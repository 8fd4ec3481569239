"""The plan's models, fitted once a run, and their results as tidy tables."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError, nearest
from evaluation.impact.sample import population
from evaluation.models import FittedModel, effect_size, fit
from evaluation.study import Study

INFERENCE = "kenward-roger"
TEXTS = (
    "model",
    "term",
    "label",
    "method",
    "group",
    "term_1",
    "term_2",
    "definition",
    "reason",
    "question",
    "note",
    "split",
    "outcome",
    "kind",
    "measure",
    "characteristic",
    "cluster",
    "school",
    "name",
    "chosen",
    "chosen_name",
    "years",
    "formula",
)
ESTIMATES = [
    "model", "term", "label", "estimate", "std_error", "df", "statistic", "p_value", "ci_low", "ci_high", "method", "n_pupils",
    "n_schools", "n_classes", "n_dropped", "at_boundary",
]  # fmt: skip
VARIANCES = ["model", "group", "term_1", "term_2", "variance", "share"]
SIZES = ["model", "term", "definition", "estimate", "ci_low", "ci_high", "denominator", "reason"]
EFFECTS = ["school", "n", "raw", "shrunken", "ci_low", "ci_high"]


def nothing(columns: Sequence[str]) -> pd.DataFrame:
    """A table of a plan without models: no rows, its columns of the kinds they have otherwise."""
    return pd.DataFrame({name: pd.Series(dtype="str" if name in TEXTS else "float64") for name in columns})


def fit_plan(study: Study, analysis: pd.DataFrame) -> dict[str, FittedModel]:
    """Every model of the plan on its population, by name.

    Raises
    ------
    ModelError
        When a model cannot be fitted, or does not hold the term that is to answer its question; the model is named.
    """
    pupils = population(analysis)
    return {
        name: _fit_one(name, model.formula, model.term, pupils)
        for name, model in study.analysis.models.items()
    }


def _fit_one(name: str, formula: str, term: str, pupils: pd.DataFrame) -> FittedModel:
    try:
        result = fit(formula, pupils)
    except ModelError as error:
        raise ModelError(f"Model {name!r} ({formula}) cannot be fitted: {error}") from None
    if term not in result.coefficients.index:
        if term in result.dropped_terms:
            raise ModelError(
                f"Model {name!r} cannot estimate {term!r}: in these data it does not vary apart from other terms."
            )
        terms = list(result.coefficients.index)
        listed = ", ".join(terms)
        raise ModelError(
            f"Model {name!r} has no term {term!r} to report.{nearest(term, terms)} Its terms: {listed}."
        )
    return result


def estimates(study: Study, fitted: dict[str, FittedModel], analysis: pd.DataFrame) -> pd.DataFrame:
    """Every fixed term of every model with its small-sample inference and the numbers it rests on."""
    listed = len(population(analysis))
    if not fitted:
        return nothing(ESTIMATES)
    parts = []
    for name, result in fitted.items():
        table = result.coefficients.rename_axis("term").reset_index()
        table.insert(0, "model", name)
        table.insert(2, "label", [term_label(study, term) for term in table["term"]])
        table["method"] = INFERENCE
        table["n_pupils"] = result.n
        table["n_schools"] = result.n_groups.get("school", 0)
        table["n_classes"] = next((n for group, n in result.n_groups.items() if group.endswith(":class")), 0)
        table["n_dropped"] = listed - result.n
        table["at_boundary"] = bool(result.diagnostics.at_boundary)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def term_label(study: Study, term: str) -> str:
    """A model term in words, or the term itself where the study has none."""
    plan = study.analysis
    words = {name: item.label for name, item in plan.indicators.items()}
    words |= {
        "Intercept": "average when every other term is zero",
        "disadvantaged": study.words.disadvantaged,
    }
    words |= {name: outcome.title for name, outcome in plan.outcomes.items()}
    words |= {f"{name}_school": f"school average: {words.get(name, name)}" for name in plan.school_means}
    words |= {
        f"{name}_within": f"pupil beside the school average: {words.get(name, name)}"
        for name in plan.school_means
    }
    words["disadvantaged_school"] = f"school's proportion of {study.words.disadvantaged}"
    return " and ".join(words.get(part, _category(part)) for part in term.split(":"))


def _category(part: str) -> str:
    """`year_group[T.4]` as "year group 4"."""
    found = re.fullmatch(r"(\w+)\[T\.(.+)\]", part)
    return f"{found[1].replace('_', ' ')} {found[2]}" if found else part


def variances(fitted: dict[str, FittedModel]) -> pd.DataFrame:
    """Variance components, each intercept's and the residual's share beside it."""
    if not fitted:
        return nothing(VARIANCES)
    parts = []
    for name, result in fitted.items():
        table = result.variances.reset_index(drop=True).copy()
        table.insert(0, "model", name)
        level = (table["term_1"] == table["term_2"]) & (table["term_1"].isin(["Intercept", ""]))
        total = table.loc[level, "variance"].sum()
        table["share"] = np.where(level, table["variance"] / total, np.nan)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def effect_sizes(study: Study, fitted: dict[str, FittedModel]) -> pd.DataFrame:
    """The effect size of each model's own term, or the reason there is none."""
    rows = []
    for name, result in fitted.items():
        term = study.analysis.models[name].term
        found = effect_size(result, term)
        rows.append(
            {
                "model": name,
                "term": term,
                "definition": found.definition,
                "estimate": found.estimate,
                "ci_low": found.ci_low,
                "ci_high": found.ci_high,
                "denominator": found.denominator,
                "reason": found.reason,
            }
        )
    return pd.DataFrame(rows) if rows else nothing(SIZES)


def school_effects(study: Study, headline: FittedModel | None, analysis: pd.DataFrame) -> pd.DataFrame:
    """Each school's distance from what the headline model expects of it, raw and shrunken.

    Where schools differ in treatment the interval adds the variance of the treatment's coefficient, from which the
    school's own effect is told with difficulty; their covariance is left out, so the interval errs on the wide side.

    Empty where there is no headline model, or it has no random intercept by school; where its variance is zero no school is told from
    another, and only the raw distance is given.
    """
    if headline is None:
        return nothing(EFFECTS).astype({"school": "str"})
    shrunken = _by_school(headline, "Intercept")
    if "school" in headline.diagnostics.singular:
        shrunken[:] = np.nan
    residual = headline.residuals("marginal")
    by_school = residual.groupby(population(analysis).loc[residual.index, "school"], sort=False)
    if study.comparison.unit == "school":
        error = float(headline.coefficients["std_error"][study.analysis.models["headline"].term])
        margin = stats.norm.ppf(0.975) * np.sqrt(shrunken["std_error"].astype(float) ** 2 + error**2)
        shrunken["ci_low"], shrunken["ci_high"] = shrunken["estimate"] - margin, shrunken["estimate"] + margin
    table = pd.DataFrame({"n": by_school.size(), "raw": by_school.mean()})
    table = table.join(shrunken.rename(columns={"estimate": "shrunken"}), how="inner")
    return table.rename_axis("school").reset_index()[EFFECTS]


def school_gaps(study: Study, fitted: dict[str, FittedModel], analysis: pd.DataFrame) -> pd.DataFrame:
    """Each school's shrunken disadvantage gap at its own share of treated pupils, from the random-slope gap model.

    The interval adds up the variances of the school's own departure (its conditional standard deviation) and of the
    coefficients. Their covariances, negative where terms compete for the same pupils, are left out, which makes it wide; it takes the
    variances as known, which makes it narrow where schools are few (docs/questions.md). Empty where the plan has no model with a
    random slope for disadvantage by school; without figures where the schools' variances are at their boundary, as the intervals
    would then take all schools for alike.
    """
    result = fitted.get("gap_slope")
    if result is None or _by_school(result, "disadvantaged").empty:
        return pd.DataFrame(columns=["school", "gap", "ci_low", "ci_high"])
    slope = _by_school(result, "disadvantaged")
    if "school" in result.diagnostics.singular:
        slope[:] = np.nan
    fixed, error = result.coefficients["estimate"], result.coefficients["std_error"]
    change = study.analysis.models["gap_slope"].term
    share = population(analysis).groupby("school")[study.analysis.treatment].mean().reindex(slope.index)
    own = _by_school(result, change).reindex(slope.index).astype(float).fillna(0.0)
    gap = fixed["disadvantaged"] + slope["estimate"] + share * (fixed.get(change, 0.0) + own["estimate"])
    spread = slope["std_error"] ** 2 + (share * own["std_error"]) ** 2
    variance = spread + error["disadvantaged"] ** 2 + (share * error.get(change, 0.0)) ** 2
    margin = stats.norm.ppf(0.975) * np.sqrt(variance)
    table = pd.DataFrame({"gap": gap, "ci_low": gap - margin, "ci_high": gap + margin})
    return table.rename_axis("school").reset_index()


def _by_school(result: FittedModel, term: str) -> pd.DataFrame:
    """The schools' effects on one term, by school; none where the model has no such effect."""
    if "school" not in result.n_groups:
        return pd.DataFrame(columns=["estimate", "std_error", "ci_low", "ci_high"])
    effects = result.group_effects("school")
    return effects[effects["term"] == term].drop(columns="term").set_index("level")
