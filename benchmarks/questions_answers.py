"""Every question of a study, asked of a synthetic one by the code that answers real ones, each answer beside what is true."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import inf, nan

import numpy as np
import pandas as pd
from questions_studies import Design, Drawn
from questions_truth import Known

from evaluation.impact.change import changes
from evaluation.impact.claims import bound_code, claims
from evaluation.impact.compliance import compliance
from evaluation.impact.differences import differences
from evaluation.impact.dose import BETWEEN, SAME_START, WITHIN, dose
from evaluation.impact.growth import growth
from evaluation.impact.helped import helped
from evaluation.impact.imputed import impute
from evaluation.impact.nearness import clusters_differ, distance
from evaluation.impact.panel import panel
from evaluation.impact.parts import parts
from evaluation.impact.plan import estimates, fit_plan, school_effects, school_gaps
from evaluation.impact.proportion import proportions
from evaluation.impact.robustness import robustness
from evaluation.impact.sample import reported_schools, units
from evaluation.impact.supporting import supporting
from evaluation.simulate.schools import TAKING_PART
from evaluation.study import Study
from evaluation.study.plan import Compliance

MARGIN = 3.0
DRAWS, IMPUTATIONS = 199, 3
MOVED = ("imputed", "no_baseline", "plain_baseline", "schools_alike", "schools_paired")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in one study.

    Attributes
    ----------
    low, high, p : of the stated interval and test; infinite where an end is not stated, NaN where there is none.
    truth : what is true of this study; NaN where nothing planted says.
    declined : the reason for no figures, or "".
    null : what the test is of.
    """

    question: str
    estimate: float
    low: float
    high: float
    p: float
    truth: float
    declined: str = ""
    null: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of one study; `truth` as in Answer, for a joint test 1 where parts differ and 0 where they are alike."""

    level: str
    unit: str
    question: str
    code: str
    truth: float


def as_compared(study: Study, design: Design) -> Study:
    """The demo study with this comparison and a margin; without models where nobody is compared with."""
    plan = study.analysis
    # The model `gap` is shown beside another as a check, and answers nothing: docs/coverage.md has it.
    asked = {name: model for name, model in plan.models.items() if model.beside is None}
    taking_up = Compliance(records="interventions", least=1.0)
    change: dict[str, object] = {"margin": MARGIN, "models": asked, "compliance": taking_up}
    if design.kind == "norm":
        population = plan.population.model_copy(update={"roles": (TAKING_PART,)})
        change |= {"models": {}, "population": population, "power": {}, "choices": {}}
    return study.model_copy(
        update={
            "analysis": plan.model_copy(update=change),
            "comparison": study.comparison.model_copy(update={"kind": design.kind}),
        }
    )


def ask(study: Study, drawn: Drawn, true: Known, of_units: bool) -> tuple[list[Answer], list[Claim]]:
    """Every question of the project, those `of_units` (schools and clusters) too, and the claims that the answers allow."""
    analysis, schools = drawn.analysis, drawn.schools
    fitted = fit_plan(study, analysis)
    estimated = estimates(study, fitted, analysis)
    compared = differences(study, list(islice(units(study, analysis, schools), None if of_units else 1)))
    changed = changes(study, analysis)
    in_parts, joint = parts(study, analysis)
    joint = pd.concat([joint, clusters_differ(study, analysis)], ignore_index=True)
    reached, apart = proportions(study, analysis), distance(study, analysis, schools)
    reached = reached.assign(question="proportion")
    lent = supporting(study, analysis)
    effects = school_effects(study, fitted.get("headline") if of_units else None, analysis)
    gaps = school_gaps(study, fitted if of_units else {}, analysis).rename(columns={"gap": "estimate"})
    doses = dose(study, analysis, {"support": drawn.support})
    # What was given earlier, beside the change after it, is another thing than the whole; a bound is no estimate.
    doses = doses[doses["measure"].isin([BETWEEN, SAME_START, WITHIN])]
    records = {"interventions": drawn.interventions}
    took, help_given = compliance(study, analysis, records), helped(study, analysis, records)[0]
    said = claims(
        study,
        estimated,
        compared,
        effects[effects["school"].isin(reported_schools(study, schools)["school"])],
        changed,
        joint,
        pd.concat([reached, apart, took, help_given], ignore_index=True),
    )
    tests = joint.assign(estimate=nan, ci_low=nan, ci_high=nan)
    found = [
        *_of_models(study, estimated, true),
        *_listed("part: ", in_parts, "group", true.by_part),
        *_listed("differ by ", tests, "question", true.differ),
        *_listed(
            "growth to ",
            growth(study, analysis),
            "outcome",
            {"midpoint": true.halfway, "endline": true.effect},
        ),
        *_listed("", reached, "question", {"proportion": true.lifted}),
        *_listed("", apart, "question", {"distance": true.per_doubling}),
        *_listed("", changed, "question", true.changes),
        *([] if study.comparison.has_group or not true.regression else _regressed(changed, true)),
        *_listed("support, ", doses, "measure", dict.fromkeys(doses["measure"], true.per_unit)),
        *_listed("", took, "question", {"compliance": true.took_up}),
        *_listed("", help_given, "question", {"helped": true.helped}),
        *_lent(lent, true),
        *_by_school("school effect", effects.rename(columns={"shrunken": "estimate"}), true.own),
        *_by_school("school gap", gaps, true.own_gaps),
        *_plain(compared, true),
    ]
    return found, [*_claims(said, true), *_bound_claims(lent, true)]


def ask_otherwise(study: Study, drawn: Drawn, true: Known, seed: int) -> list[Answer]:
    """The main answer by every method, and in the ways fixed beforehand of how it moves: fewer draws than a report has."""
    blank = {f"{name}_censored": "" for name in study.analysis.outcomes}
    study, analysis = study.model_copy(update={"seed": seed}), drawn.analysis.assign(**blank)
    fitted = fit_plan(study, analysis)
    by_method = panel(study, fitted, draws=DRAWS)
    moved = robustness(study, analysis, fitted["headline"], impute(study, analysis, IMPUTATIONS))
    moved = moved[moved["variation"].isin(MOVED)]
    main, gap = (by_method[by_method["question"] == question] for question in ("headline", "gap_change"))
    return [
        *_listed("headline by ", main, "method", dict.fromkeys(main["method"], true.effect)),
        *_listed("gap change by ", gap, "method", dict.fromkeys(gap["method"], true.gap_change)),
        *_listed("otherwise: ", moved, "variation", dict.fromkeys(moved["variation"], true.effect)),
    ]


def _listed(prefix: str, table: pd.DataFrame, key: str, truths: Mapping[str, float]) -> Iterator[Answer]:
    """One answer a row; a row without an interval declined, and says why where it does."""
    for row in table.to_dict("records"):
        interval, p = (row["ci_low"], row["ci_high"]), row.get("p_value", nan)
        none = np.isnan(interval).any() and np.isnan(p)
        reason = str(row.get("reason") or row.get("note") or "no interval") if none else ""
        yield Answer(f"{prefix}{row[key]}", row["estimate"], *interval, p, truths.get(row[key], nan), reason)


def _of_models(study: Study, estimated: pd.DataFrame, true: Known) -> Iterator[Answer]:
    for model, term, question, truth in (
        ("headline", "treated", "headline", true.effect),
        ("gap_slope", "treated:disadvantaged", "gap change", true.gap_change),
        ("gap_slope", "disadvantaged", "gap", true.gap),
    ):
        rows = estimated[(estimated["model"] == model) & (estimated["term"] == term)]
        yield from _listed("", rows.assign(question=question), "question", {question: truth})


def _by_school(question: str, table: pd.DataFrame, truths: Mapping[str, float]) -> Iterator[Answer]:
    for row in table.to_dict("records"):
        interval = (row["ci_low"], row["ci_high"])
        reason = "the schools' variances are at their boundary" if np.isnan(interval).any() else ""
        yield Answer(question, row["estimate"], *interval, nan, truths[row["school"]], reason)


def _lent(lent: pd.DataFrame, true: Known) -> Iterator[Answer]:
    """The bound of supporting schools, whose test is of a fall as large as the margin."""
    for row in lent.to_dict("records"):
        p = nan if np.isnan(row["bound"]) else 0.0 if row["bound"] > -row["margin"] else 1.0
        yield Answer(
            "supporting",
            row["estimate"],
            row["bound"],
            inf,
            p,
            true.supporting,
            row["reason"],
            -row["margin"],
        )


def _regressed(changed: pd.DataFrame, true: Known) -> Iterator[Answer]:
    """The change as if it were an effect; the same with the bound on regression taken off; the bound itself."""
    for row in changed[changed["question"] == "change"].to_dict("records"):
        effect = true.changes["change"] - true.regression
        estimate, low, high, most = (row[name] for name in ("estimate", "ci_low", "ci_high", "regression"))
        yield Answer("change, read as an effect", estimate, low, high, row["p_value"], effect)
        yield Answer("change, less what regression can make", estimate - most, low - most, high, nan, effect)
        yield Answer("regression at most", most, -inf, most, nan, true.regression)


def _plain(compared: pd.DataFrame, true: Known) -> Iterator[Answer]:
    """Plain differences: of the arms, and of the groups by disadvantage in each school and cluster."""
    arms = compared[compared["measure"] == "treatment"]
    yield from _listed(
        "plain difference, ", arms[arms["level"] == "project"], "level", {"project": true.effect}
    )
    gaps = compared[(compared["measure"] == "gap") & (compared["level"] != "project")]
    for row in gaps.to_dict("records"):
        level, unit = row["level"], row["unit"]
        truth = true.gaps[level, unit]
        yield Answer(f"plain gap in a {level}", row["estimate"], row["ci_low"], row["ci_high"], nan, truth)


def _claims(said: pd.DataFrame, true: Known) -> Iterator[Claim]:
    project = {
        "headline": true.effect,
        "gap_change": true.gap_change,
        "gap": true.gap,
        "proportion": true.lifted,
        "distance": true.per_doubling,
        "compliance": true.took_up,
        "helped": true.helped,
        **true.changes,
        **true.differ,
    }
    for level, unit, question, code in said[["level", "unit", "question", "code"]].itertuples(index=False):
        if level == "project":
            truth = project[question]
        else:
            truth = true.gaps[level, unit] if question == "gap" else true.own[unit]
        yield Claim(level, unit, question, code, truth)


def _bound_claims(lent: pd.DataFrame, true: Known) -> Iterator[Claim]:
    for bound, margin in lent[["bound", "margin"]].itertuples(index=False):
        yield Claim("project", "", "supporting", bound_code(bound, margin), true.supporting)
