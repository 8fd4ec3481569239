"""From results at full precision to a release for one audience. Nothing else makes a release."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.disclose.balance import protect_balance
from evaluation.disclose.cells import KEY, Key, offered, shown_counts
from evaluation.disclose.changes import protect_changes
from evaluation.disclose.compliance import protect_compliance
from evaluation.disclose.contrasts import (
    Offered,
    by_row,
    protect_claims,
    protect_differences,
    protect_effects,
    protect_gaps,
    showable_differences,
    showable_effects,
)
from evaluation.disclose.descriptives import protect_descriptives
from evaluation.disclose.dose import protect_dose
from evaluation.disclose.flow import protect_flow
from evaluation.disclose.growth import protect_growth
from evaluation.disclose.helped import helped_claim, protect_helped, protect_likeness
from evaluation.disclose.nearness import protect_points
from evaluation.disclose.null_model import protect_null_model
from evaluation.disclose.precision import Precision, precision
from evaluation.disclose.proportions import protect_proportions, withhold_claim
from evaluation.disclose.release import Release
from evaluation.disclose.robustness import protect_robustness, protect_specifications, protect_tipping
from evaluation.disclose.schools import school_figures
from evaluation.disclose.splits import uncounted, whole_splits
from evaluation.disclose.standing import (
    comparable,
    shown_last,
    standing_gaps,
    standing_means,
    standing_shares,
)
from evaluation.disclose.supporting import protect_supporting, supporting_claim
from evaluation.disclose.symbols import cell_symbols
from evaluation.impact import Results
from evaluation.study import Policy, Study


def protect(
    study: Study,
    results: Results,
    run: str,
    store: str,
    audience: str = "",
    held: Release | None = None,
    last: Release | None = None,
) -> Release:
    """The release for an audience, the site's when none is named.

    Counts are withheld so that none under the audience's minimum can be told from the others, and figures rounded so that
    no pupil's score can be told by somebody who knows all the others of a school. Figures by disadvantage are offered down to the
    level of the audience's policy, and stand as last published until enough has changed.

    Parameters
    ----------
    study
        Its `disclosure` holds each audience's policy.
    results
        At full precision.
    run
        The run's name.
    store
        The hash of the store it was made from.
    audience
        "public", "project", "cluster" or "school".
    held
        A release that the audience holds already: what it shows is shown again as it is.
    last
        What the audience was last shown, by an earlier run.
    """
    audience = audience or study.reports.audience
    policy, minimum = study.policy(audience), study.policy(audience).minimum_cell
    plan = study.analysis
    by_disadvantage = offered(policy)
    tables = _on_offer(results, by_disadvantage)
    counts = results.tables["descriptives"]
    meta = {
        **results.meta,
        "audience": audience,
        **_policy(policy),
        "run": run,
        "store": store,
        "standing": "",
    }
    if not policy.steady or last is None or not comparable(meta, last):
        last = None
    allowed = shown_counts(
        counts,
        results.tables["atoms"],
        {item["cluster"]: item["schools"] for item in results.meta["clusters"]},
        minimum,
        counts.index.isin(tables["descriptives"].index),
        _held(held),
        None if last is None else shown_last(last),
    )[tables["descriptives"].index]
    means, contrasts, effects = (tables[name] for name in ("descriptives", "differences", "school_effects"))
    whole = whole_splits(means, allowed)
    may = (
        showable_differences(contrasts, whole, study),
        showable_effects(effects, means, whole, by_disadvantage, study),
    )
    given = precision(results, policy.score_width)
    figures = school_figures(means[allowed], contrasts[may[0]], effects[may[1]], given, plan.primary, held)
    described = protect_descriptives(
        means, allowed, uncounted(counts, plan.primary, minimum), given, figures, minimum
    )
    primary = described[described["outcome"] == plan.primary]
    status = f"proportion of {study.words.disadvantaged}"
    balance = protect_balance(tables["balance"], primary, status, minimum)
    if last is not None:
        described, stood = standing_means(described, last, minimum, given.widths)
        balance = standing_shares(balance, tables["balance"], last, minimum)
        meta["standing"] = (last.meta["standing"] or last.meta["run"]) if stood else ""
    compared = protect_differences(contrasts, may[0], given, figures, described, study)
    if last is not None:
        compared = standing_gaps(compared, last)
    placed = protect_effects(effects, may[1], figures)
    further = _further(tables, given, plan.primary, status, policy)
    said = protect_claims(tables["claims"], compared, placed, by_disadvantage)
    protected = {
        **tables,
        "descriptives": described,
        "differences": compared,
        "school_effects": placed,
        "school_gaps": protect_gaps(tables["school_gaps"], whole, given, means, study),
        "flow": protect_flow(tables["flow"], _analysed(described, plan.primary), minimum),
        "balance": balance,
        "changes": protect_changes(tables["changes"], given, plan.primary),
        **further,
        "claims": _further_claims(said, further),
    }
    published = _as_before(protected, held)
    symbols = {name: cell_symbols(table, tables[name]) for name, table in published.items()}
    return Release(meta, published, symbols)


def _further(
    tables: Mapping[str, pd.DataFrame], given: Precision, primary: str, status: str, policy: Policy
) -> dict[str, pd.DataFrame]:
    """The questions beyond the headline and the gap, each by its own rule."""
    minimum = policy.minimum_cell
    return {
        "null_model": protect_null_model(tables["null_model"], minimum),
        "proportions": protect_proportions(tables["proportions"], minimum),
        "growth": protect_growth(tables["growth"], minimum),
        "cluster_points": protect_points(tables["cluster_points"], given, primary, minimum),
        "supporting": protect_supporting(tables["supporting"], given, primary, minimum),
        "dose": protect_dose(tables["dose"], given, primary, minimum),
        "compliance": protect_compliance(tables["compliance"], minimum),
        "helped": protect_helped(tables["helped"], given, primary, minimum),
        "likeness": protect_likeness(tables["likeness"], status, policy.score_width, minimum),
        "robustness": protect_robustness(tables["robustness"], given, primary, minimum),
        "tipping": protect_tipping(tables["tipping"], minimum),
        "specifications": protect_specifications(tables["specifications"], minimum),
    }


def _further_claims(said: pd.DataFrame, further: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The claims that the further questions allow as they are published."""
    said = withhold_claim(said, "proportion", further["proportions"])
    said = withhold_claim(said, "compliance", further["compliance"])
    return helped_claim(supporting_claim(said, further["supporting"]), further["helped"])


def _on_offer(results: Results, by_disadvantage: Offered) -> dict[str, pd.DataFrame]:
    """The tables without what the audience is not offered at all: figures by disadvantage below its level.

    Of `published_change` nothing is withheld, here or later: it is made of schools' figures that the department published
    after its own suppression, and of no pupil's row.
    """
    tables = {name: table for name, table in results.tables.items() if name != "atoms"}
    means, contrasts, gaps = (tables[name] for name in ("descriptives", "differences", "school_gaps"))
    split = means["split"].str.contains("disadvantaged") & ~_units(means, by_disadvantage)
    gap = (contrasts["measure"] == "gap") & ~_units(contrasts, by_disadvantage)
    of_schools = [by_disadvantage("school", school) for school in gaps["school"]]
    return {
        **tables,
        "descriptives": means[~split],
        "differences": contrasts[~gap].reset_index(drop=True),
        "school_gaps": gaps[pd.Series(of_schools, index=gaps.index, dtype=bool)].reset_index(drop=True),
    }


def _units(table: pd.DataFrame, rule: Offered) -> pd.Series:
    return by_row(table, ["level", "unit"], rule)


def _held(held: Release | None) -> set[Key]:
    """The counts that an earlier release shows."""
    if held is None:
        return set()
    rows = held.table("descriptives", symbol="")
    return set(rows[KEY].itertuples(index=False, name=None))


def _analysed(means: pd.DataFrame, primary: str) -> dict[tuple[str, str], int]:
    """The number of pupils that the shown figures of each arm of the project, and of each school, describe."""
    rows = means[(means["outcome"] == primary) & (means["symbol"] == "")].dropna(subset=["n"])
    arms = rows[(rows["level"] == "project") & (rows["split"] == "treatment")]
    schools = rows[(rows["level"] == "school") & (rows["split"] == "all")]
    return {
        **{("project", arm): int(n) for arm, n in arms[["group", "n"]].itertuples(index=False)},
        **{("school", school): int(n) for school, n in schools[["unit", "n"]].itertuples(index=False)},
    }


def _policy(policy: Policy) -> dict[str, Any]:
    """What the pages say of the policy."""
    return {"minimum_cell": policy.minimum_cell, "subgroups": policy.subgroups, "steady": policy.steady}


KEYS = {
    "descriptives": KEY,
    "differences": ["level", "unit", "measure", "outcome"],
    "school_effects": ["school"],
    "school_gaps": ["school"],
    "balance": ["characteristic"],
}


def _as_before(tables: dict[str, pd.DataFrame], held: Release | None) -> dict[str, pd.DataFrame]:
    """The tables with every row that an earlier release shows as it stands there: two roundings would tell more than one."""
    if held is None:
        return tables
    return {
        name: _rows_as_before(table, held.tables[name], KEYS[name]) if name in KEYS else table
        for name, table in tables.items()
    }


def _rows_as_before(table: pd.DataFrame, earlier: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    shown = earlier[earlier["symbol"] == ""].set_index(keys)
    kept = table.set_index(keys)
    same = kept.index.intersection(shown.index)
    kept.loc[same] = shown.loc[same, kept.columns].astype(kept.dtypes)
    return kept.reset_index()[list(table.columns)]
