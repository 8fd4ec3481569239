"""Results of an invented study of schools, for `protect`: everything but the models is worked out by the house's own rooms."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.impact import Results
from evaluation.impact.answer import about
from evaluation.impact.atoms import atoms
from evaluation.impact.balance import balance
from evaluation.impact.change import changes
from evaluation.impact.claims import claims
from evaluation.impact.compliance import compliance
from evaluation.impact.descriptives import descriptives
from evaluation.impact.differences import differences
from evaluation.impact.dose import dose
from evaluation.impact.growth import GROWTH
from evaluation.impact.helped import helped
from evaluation.impact.nearness import cluster_points
from evaluation.impact.null_model import null_model
from evaluation.impact.parts import JOINT
from evaluation.impact.plan import nothing
from evaluation.impact.proportion import PROPORTIONS
from evaluation.impact.robustness import robustness
from evaluation.impact.sample import units
from evaluation.impact.specifications import specifications
from evaluation.impact.supporting import supporting
from evaluation.impact.tipping import tipping
from evaluation.study import Study

Kinds = Mapping[
    str, Mapping[tuple[str, int], int]
]  # by school: year group and disadvantage (1 or 0), and how many pupils


def analysis_of(kinds: Kinds, comparison: Sequence[str] = (), seed: int = 1) -> pd.DataFrame:
    """One row a pupil, as `analysis_table` has them, with whole scores on two waves."""
    generator = np.random.default_rng(seed)
    rows = [
        (school, year, float(disadvantaged), school not in comparison)
        for school, sizes in kinds.items()
        for (year, disadvantaged), n in sizes.items()
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["school", "year_group", "disadvantaged", "taking_part"])
    before = generator.normal(100 - 4 * table["disadvantaged"], 14)
    after = 100 + 0.7 * (before - 100) + generator.normal(0, 9, len(table))
    return table.assign(
        pupil=[f"p{index}" for index in range(len(table))],
        treated=table["taking_part"].astype(float),
        role=np.where(table["taking_part"], "taking part", "comparison"),
        sex=np.where(np.arange(len(table)) % 2, "F", "M"),
        eal=0.0,
        send=0.0,
        joined_late=False,
        in_population=True,
        baseline=before.round(),
        midpoint=((before + after) / 2).round(),
        endline=after.round(),
        baseline_censored="",
        endline_censored="",
        **{"class": "A"},
    )


def register_of(table: pd.DataFrame, clusters: Mapping[str, str]) -> pd.DataFrame:
    """One row a school, as `schools_table` has them."""
    schools = table.drop_duplicates("school")
    return pd.DataFrame(
        {
            "school": schools["school"],
            "name": "School " + schools["school"],
            "urn": "",
            "phase": "primary",
            "role": schools["role"],
            "cluster": schools["school"].map(clusters).fillna(""),
        }
    ).reset_index(drop=True)


def results_of(
    study: Study, table: pd.DataFrame, clusters: Mapping[str, str], salt: bytes = b"salt"
) -> Results:
    """Every table that `protect` reads; the models' are left empty, but for the schools' effects."""
    schools = register_of(table, clusters)
    described = list(units(study, table, schools))
    compared = differences(study, described)
    reported = [item.name for item in described if item.level == "school"]
    shrunken = (
        table.groupby("school")["endline"].mean().reindex(reported).to_numpy() - table["endline"].mean()
    )
    n = table.groupby("school").size().reindex(reported).to_numpy()
    effects = pd.DataFrame({"school": reported, "n": n, "raw": shrunken, "shrunken": 0.8 * shrunken})
    effects = effects.assign(ci_low=effects["shrunken"] - 4.0, ci_high=effects["shrunken"] + 4.0)
    gaps = pd.DataFrame({"school": reported, "gap": -4.0, "ci_low": -9.0, "ci_high": 1.0})
    changed = changes(study, table)
    empty = pd.DataFrame({"model": pd.Series([], dtype=str), "term": pd.Series([], dtype=str)})
    joint_tests, reached = nothing(JOINT), nothing(PROPORTIONS)
    had_help, alike = helped(study, table, {})
    tables = {
        "estimates": empty,
        "descriptives": descriptives(study, described),
        "differences": compared,
        "school_effects": effects,
        "school_gaps": gaps,
        "flow": pd.DataFrame(columns=["level", "unit", "stage", "order", "n", "absent"]),
        "balance": balance(study, table),
        "changes": changed,
        "null_model": null_model(study, table, None),
        "proportions": reached,
        "supporting": supporting(study, table),
        "dose": dose(study, table, {}),
        "growth": nothing(GROWTH),
        "cluster_points": cluster_points(study, table.assign(cluster="")),
        "compliance": compliance(study, table, {}),
        "helped": had_help,
        "likeness": alike,
        "claims": claims(
            study,
            empty.assign(ci_low=[], ci_high=[]),
            compared,
            effects,
            changed,
            joint_tests,
            reached.assign(question=""),
        ),
        "robustness": robustness(study, table, None, None),
        "tipping": tipping(study, None),
        "specifications": specifications(
            study.model_copy(update={"analysis": study.analysis.model_copy(update={"choices": {}})}), table
        ),
        "atoms": atoms(study, table),
    }
    return Results(about(study, schools), tables)
