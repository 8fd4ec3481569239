"""All of the study's questions, answered once a run."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evaluation.derive import as_analysed, footing_chosen
from evaluation.impact.absent import absent_facts, with_absent
from evaluation.impact.atoms import atoms
from evaluation.impact.balance import balance
from evaluation.impact.change import changed_schools, changes, norms
from evaluation.impact.choose_schools import choose_schools
from evaluation.impact.claims import claims
from evaluation.impact.compliance import compliance
from evaluation.impact.descriptives import descriptives
from evaluation.impact.differences import differences
from evaluation.impact.dose import dose
from evaluation.impact.growth import growth
from evaluation.impact.helped import helped
from evaluation.impact.imputed import impute
from evaluation.impact.near_schools import near_schools
from evaluation.impact.nearness import cluster_points, clusters_differ, distance
from evaluation.impact.null_model import null_model
from evaluation.impact.panel import panel
from evaluation.impact.parts import parts
from evaluation.impact.plan import effect_sizes, estimates, fit_plan, school_effects, school_gaps, variances
from evaluation.impact.power import detectable
from evaluation.impact.proportion import proportions
from evaluation.impact.published import published_change
from evaluation.impact.results import Results
from evaluation.impact.robustness import robustness
from evaluation.impact.sample import clusters, reported_schools, units
from evaluation.impact.security import security
from evaluation.impact.specifications import specifications
from evaluation.impact.supporting import supporting
from evaluation.impact.tipping import missing_claim, tipping
from evaluation.models import FittedModel
from evaluation.study import Instrument, Study, fixed_margin


def answer(
    study: Study, tables: Mapping[str, pd.DataFrame], registered: Mapping[str, Any] | None = None
) -> Results:
    """Results at full precision from the store's tables `analysis`, `schools`, `flow`, `moves` and `sources`, and of records and published.

    `registered` is the plan's lock, from `evaluation.study.registration`. A margin that it does not show to have been fixed
    beforehand judges nothing; without it, as for simulated studies, the plan is taken at its word.

    Raises
    ------
    ModelError
        When a model of the plan cannot be fitted.
    """
    in_plan = study.analysis.margin
    if registered is not None:
        study = _with_margin(study, fixed_margin(study, registered))
    analysis, schools = tables["analysis"], tables["schools"]
    fitted = fit_plan(study, analysis)
    found = {
        **_modelled(study, analysis, schools, fitted),
        **_described(study, analysis, schools),
        **_further(study, tables),
        **_moved(study, analysis, fitted.get("headline")),
        "flow": flow(study, tables["flow"], schools),
        "balance": balance(study, analysis),
        "sources": sources(tables["sources"]),
    }
    found["power"] = detectable(study, found["estimates"], found["effect_sizes"], found["changes"])
    found["security"] = security(study, found["power"], found["flow"], found["balance"])
    found["claims"] = _claims(study, found)
    facts = {**about(study, schools), "changed_schools": changed_schools(study, analysis)}
    facts |= {"margin_in_plan": in_plan, "registered": dict(registered or {})}
    return Results(facts, found)


def _with_margin(study: Study, margin: float | None) -> Study:
    return study.model_copy(update={"analysis": study.analysis.model_copy(update={"margin": margin})})


def _modelled(
    study: Study, analysis: pd.DataFrame, schools: pd.DataFrame, fitted: dict[str, FittedModel]
) -> dict[str, pd.DataFrame]:
    """What the plan's models say."""
    reported = reported_schools(study, schools)["school"]
    effects = school_effects(study, fitted.get("headline"), analysis)
    gaps = school_gaps(study, fitted, analysis)
    return {
        "estimates": estimates(study, fitted, analysis),
        "effect_sizes": effect_sizes(study, fitted),
        "variances": variances(fitted),
        "null_model": null_model(study, analysis, fitted.get("headline")),
        "panel": panel(study, fitted),
        "school_effects": effects[effects["school"].isin(reported)].reset_index(drop=True),
        "school_gaps": gaps[gaps["school"].isin(reported)].reset_index(drop=True),
    }


def _described(study: Study, analysis: pd.DataFrame, schools: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What needs no model, and the counts that protecting it needs."""
    described = list(units(study, analysis, schools))
    return {
        "descriptives": descriptives(study, described),
        "differences": differences(study, described),
        "changes": changes(study, analysis),
        "atoms": atoms(study, analysis),
    }


def _further(study: Study, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The questions beyond the plan's own models."""
    analysis, schools = tables["analysis"], tables["schools"]
    in_parts, joint_tests = parts(study, analysis)
    had_help, pupils_alike = helped(study, analysis, tables)
    near, schools_alike = near_schools(study, analysis)
    chosen, chosen_alike = choose_schools(study, tables)
    published = published_change(study, tables)
    return {
        "parts": in_parts,
        "joint_tests": pd.concat([joint_tests, clusters_differ(study, analysis)], ignore_index=True),
        "growth": growth(study, analysis, tables["moves"]),
        "proportions": proportions(study, analysis),
        "cluster_points": cluster_points(study, analysis),
        "distance": distance(study, analysis, schools),
        "supporting": supporting(study, analysis),
        "dose": dose(study, analysis, tables),
        "compliance": compliance(study, analysis, tables),
        "helped": had_help,
        "near_schools": near,
        "likeness": pd.concat([pupils_alike, schools_alike, chosen_alike], ignore_index=True),
        "chosen_schools": chosen,
        **({} if published is None else {"published_change": published}),
    }


def _moved(study: Study, analysis: pd.DataFrame, headline: FittedModel | None) -> dict[str, pd.DataFrame]:
    """How the headline moves."""
    imputed = None if headline is None else impute(study, analysis)
    return {
        "robustness": robustness(study, analysis, headline, imputed),
        "tipping": tipping(study, imputed),
        "specifications": specifications(study, analysis),
    }


def _claims(study: Study, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What each answer allows to be said."""
    reached = found["proportions"].assign(question="proportion")
    answers = pd.concat([reached, found["distance"], found["compliance"], found["helped"]], ignore_index=True)
    said = claims(
        study,
        found["estimates"],
        found["differences"],
        found["school_effects"],
        found["changes"],
        found["joint_tests"],
        answers,
    )
    return pd.concat([said, missing_claim(found["tipping"])], ignore_index=True)


def flow(study: Study, counts: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Pupils at each stage, those in no file too: the project by arm, each cluster and each reported school."""
    roles = study.analysis.population.roles
    in_project = schools["school"] if roles is None else schools.loc[schools["role"].isin(roles), "school"]
    parts = [_summed(counts, "project", counts["arm"].where(counts["school"].isin(in_project)))]
    cluster_of = {school: name for name, members in clusters(study, schools).items() for school in members}
    parts.append(_summed(counts, "cluster", counts["school"].map(cluster_of)))
    reported = set(reported_schools(study, schools)["school"])
    parts.append(_summed(counts, "school", counts["school"].where(counts["school"].isin(reported))))
    return with_absent(study, pd.concat(parts, ignore_index=True))


def _summed(counts: pd.DataFrame, level: str, unit: pd.Series) -> pd.DataFrame:
    keyed = counts.assign(level=level, unit=unit).dropna(subset=["unit"])
    return keyed.groupby(["level", "unit", "stage", "order"], sort=False)["n"].sum().reset_index()


def sources(received: pd.DataFrame) -> pd.DataFrame:
    """One row a kind of source: how many files, and rows in, accepted and listed.

    Not one a file: a school's number of rows beside its number analysed would tell how few lacked a score.
    """
    return received.groupby("kind", sort=False, as_index=False).agg(
        files=("file", "nunique"),
        rows_in=("rows_in", "sum"),
        rows_accepted=("rows_accepted", "sum"),
        rows_listed=("rows_listed", "sum"),
    )


def about(study: Study, schools: pd.DataFrame) -> dict[str, Any]:
    """What the results are about, in values that JSON can hold."""
    plan = study.analysis
    columns = ["school", "urn", "name", "phase", "role", "cluster"]
    return {
        "study": study.study,
        "title": study.title,
        "about": study.about,
        "synthetic": study.synthetic,
        "licence": study.reports.licence or "",
        "comparison": study.comparison.model_dump(),
        "words": study.words.model_dump(),
        "outcome": _outcome(study, plan.primary),
        "baseline": None if plan.baseline is None else _outcome(study, plan.baseline),
        "outcomes": [_outcome(study, name) for name in _in_wave_order(study)],
        "models": {name: model.model_dump() for name, model in plan.models.items()},
        "year_groups": list(study.year_groups),
        "treatment": {"name": plan.treatment, "label": plan.indicators[plan.treatment].label},
        "population": _population(study),
        "absent": absent_facts(study),
        "normed": norms(study) is not None,
        "margin": plan.margin,
        "scales": list(footing_chosen(study)),
        "schools": [
            {**dict(zip(columns, row, strict=True)), "slug": slug(row[0])}
            for row in reported_schools(study, schools)[columns].fillna("").itertuples(index=False)
        ],
        "reported_schools": list(reported_schools(study, schools)["school"]),
        "clusters": [
            {"cluster": name, "slug": slug(name), "schools": members}
            for name, members in clusters(study, schools).items()
        ],
    }


def slug(name: str) -> str:
    """A name as it stands in a file name: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _in_wave_order(study: Study) -> list[str]:
    order = {wave.name: index for index, wave in enumerate(sorted(study.waves, key=lambda wave: wave.date))}
    outcomes = study.analysis.outcomes
    return sorted(outcomes, key=lambda name: order[outcomes[name].wave])


def _outcome(study: Study, name: str) -> dict[str, Any]:
    outcome = study.analysis.outcomes[name]
    test: Instrument = as_analysed(study, outcome.instrument)
    return {
        "name": name,
        "title": outcome.title,
        "wave": outcome.wave,
        "wave_title": study.wave(outcome.wave).title,
        "date": study.wave(outcome.wave).date.isoformat(),
        "unit": test.unit,
        "test": test.title,
        "norm_mean": test.norm_mean,
        "norm_sd": test.norm_sd,
    }


def _population(study: Study) -> str:
    who = study.analysis.population
    years = (
        f" of {'year' if len(who.year_groups) == 1 else 'years'} {_listed(who.year_groups)}"
        if who.year_groups
        else ""
    )
    roles = f" in {_listed([role.replace(' ', '-') for role in who.roles])} schools" if who.roles else ""
    return f"all pupils{years}{roles}, as allocated at the start"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
