"""From results at full precision to a release for one audience. Nothing else makes a release."""

from collections.abc import Callable

import pandas as pd

from evaluation.disclose.flow import protect_flow
from evaluation.disclose.release import Release, withhold
from evaluation.disclose.splits import Key, shown_splits, uncounted
from evaluation.impact import Results
from evaluation.study import Study

SD_MULTIPLE = 3
MEASURE_SPLITS = {"treatment": "treatment", "gap": "disadvantaged", "progress": "all"}
UNIT_DECIMALS = 1


def protect(study: Study, results: Results, run: str, store: str) -> Release:
    """The release for the study's audience: small groups withheld, school and cluster figures rounded.

    `run` names the run, and `store` is the hash of the store it was made from.
    """
    audience = study.reports.audience
    minimum = study.minimum_cell(audience)
    tables = results.tables
    shown = shown_splits(tables["descriptives"], minimum, _children(study, results))
    protected = {
        **tables,
        "descriptives": _descriptives(tables["descriptives"], shown, study.analysis.primary, minimum),
        "differences": _differences(tables["differences"], shown, study),
        "school_effects": _by_school(tables["school_effects"], shown, "all", study),
        "school_gaps": _by_school(tables["school_gaps"], shown, "disadvantaged", study),
        "flow": protect_flow(tables["flow"], _analysed(tables["descriptives"], study), minimum),
        "balance": _balance(tables["balance"], minimum),
        "claims": _claims(tables["claims"], shown, study),
    }
    meta = {**results.meta, "audience": audience, "minimum_cell": minimum, "run": run, "store": store}
    return Release(meta, protected)


def _children(study: Study, results: Results) -> dict[tuple[str, str], list[str]]:
    """The schools whose figures, subtracted from a unit's, leave the rest of it."""
    roles = study.analysis.population.roles
    in_project = [
        item["school"] for item in results.meta["schools"] if roles is None or item["role"] in roles
    ]
    found = {("project", ""): in_project}
    found |= {("cluster", item["cluster"]): item["schools"] for item in results.meta["clusters"]}
    return found


def _analysed(descriptives: pd.DataFrame, study: Study) -> dict[tuple[str, str], int]:
    """The number of pupils each unit's figures describe."""
    rows = descriptives[
        (descriptives["split"] == "all") & (descriptives["outcome"] == study.analysis.primary)
    ]
    return {(level, unit): n for level, unit, n in rows[["level", "unit", "n"]].itertuples(index=False)}


def _descriptives(table: pd.DataFrame, shown: set[Key], primary: str, minimum: int) -> pd.DataFrame:
    keys = list(table[["level", "unit", "split", "outcome"]].itertuples(index=False, name=None))
    allowed = pd.Series([key in shown for key in keys], index=table.index)
    without_count = uncounted(table, primary, minimum)
    protected = withhold(table, allowed, ["n", "mean", "sd"])
    protected["sd"] = protected["sd"].where(protected["n"] >= SD_MULTIPLE * minimum)
    counted = pd.Series([key not in without_count for key in keys], index=table.index)
    protected["n"] = protected["n"].where(counted)
    protected[["mean", "sd"]] = protected[["mean", "sd"]].round(UNIT_DECIMALS)
    return protected


def _differences(table: pd.DataFrame, shown: set[Key], study: Study) -> pd.DataFrame:
    needed = [study.analysis.primary, *([study.analysis.baseline] if study.analysis.baseline else [])]

    def is_shown(level: str, unit: str, measure: str) -> bool:
        outcomes = needed if measure == "progress" else needed[:1]
        return all((level, unit, MEASURE_SPLITS[measure], outcome) in shown for outcome in outcomes)

    allowed = _rows(table, ["level", "unit", "measure"], is_shown)
    numbers = ["estimate", "std_error", "ci_low", "ci_high"]
    protected = withhold(table, allowed, [*numbers, "n_1", "n_2"])
    units = protected["level"] != "project"
    protected.loc[units, numbers] = protected.loc[units, numbers].round(UNIT_DECIMALS)
    return protected


def _by_school(table: pd.DataFrame, shown: set[Key], split: str, study: Study) -> pd.DataFrame:
    """A school's effect with its size gives back its mean, so it is shown where that mean is."""
    allowed = _rows(
        table, ["school"], lambda school: ("school", school, split, study.analysis.primary) in shown
    )
    numbers = [name for name in table.columns if name != "school"]
    protected = withhold(table, allowed, numbers)
    protected[numbers] = protected[numbers].round(UNIT_DECIMALS)
    return protected


def _balance(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    allowed = table[["n_treated", "n_control"]].min(axis=1) >= minimum
    numbers = ["treated", "control", "difference", "effect_size", "n_treated", "n_control"]
    protected = withhold(table, allowed, numbers)
    protected["verdict"] = protected["verdict"].where(allowed, "withheld")
    return protected


def _claims(table: pd.DataFrame, shown: set[Key], study: Study) -> pd.DataFrame:
    splits = {"gap": "disadvantaged", "school": "all"}

    def is_shown(level: str, unit: str, question: str) -> bool:
        return level == "project" or (level, unit, splits[question], study.analysis.primary) in shown

    allowed = _rows(table, ["level", "unit", "question"], is_shown)
    return table.assign(code=table["code"].where(allowed, "withheld"))


def _rows(table: pd.DataFrame, columns: list[str], rule: Callable[..., bool]) -> pd.Series:
    """A rule applied to the named columns of each row."""
    return pd.Series(
        [rule(*row) for row in table[columns].itertuples(index=False)], index=table.index, dtype=bool
    )
