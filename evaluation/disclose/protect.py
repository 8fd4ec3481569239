"""From results at full precision to a release for one audience. Nothing else makes a release."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from evaluation.disclose.flow import protect_flow
from evaluation.disclose.release import Release, withhold
from evaluation.disclose.splits import Key, shown_splits, uncounted
from evaluation.disclose.symbols import cell_symbols
from evaluation.impact import Results
from evaluation.study import Study

SD_MULTIPLE = 3
MEASURE_SPLITS = {"treatment": "treatment", "gap": "disadvantaged", "progress": "all"}
UNIT_DECIMALS = 1
BALANCE_DECIMALS = 2


def protect(study: Study, results: Results, run: str, store: str) -> Release:
    """The release for the study's audience: small groups withheld, school and cluster figures rounded.

    `run` names the run, and `store` is the hash of the store it was made from.
    """
    audience = study.reports.audience
    minimum = study.minimum_cell(audience)
    tables = results.tables
    shown = shown_splits(tables["descriptives"], minimum, _children(study, results))
    effects = _school_effects(tables["school_effects"], tables["descriptives"], shown, study)
    protected = {
        **tables,
        "descriptives": _descriptives(tables["descriptives"], shown, study.analysis.primary, minimum),
        "differences": _differences(tables["differences"], shown, study),
        "school_effects": effects,
        "school_gaps": _by_school(tables["school_gaps"], shown, ("disadvantaged",), study),
        "flow": protect_flow(tables["flow"], _analysed(tables["descriptives"], shown, study), minimum),
        "balance": _balance(tables["balance"], minimum),
        "claims": _claims(
            tables["claims"], shown, set(effects.loc[effects["symbol"] == "", "school"]), study
        ),
    }
    meta = {**results.meta, "audience": audience, "minimum_cell": minimum, "run": run, "store": store}
    symbols = {name: cell_symbols(table, tables[name]) for name, table in protected.items()}
    return Release(meta, protected, symbols)


def _children(study: Study, results: Results) -> dict[tuple[str, str], list[str]]:
    """The schools whose figures, subtracted from a unit's, leave the rest of it."""
    roles = study.analysis.population.roles
    in_project = [
        item["school"] for item in results.meta["schools"] if roles is None or item["role"] in roles
    ]
    found = {("project", ""): in_project}
    found |= {("cluster", item["cluster"]): item["schools"] for item in results.meta["clusters"]}
    return found


def _analysed(descriptives: pd.DataFrame, shown: set[Key], study: Study) -> dict[tuple[str, str], int]:
    """The number of pupils that the shown figures of each arm of the project, and of each school, describe."""
    rows = descriptives[descriptives["outcome"] == study.analysis.primary]
    arms = rows[(rows["level"] == "project") & (rows["split"] == "treatment")]
    schools = rows[(rows["level"] == "school") & (rows["split"] == "all")]
    found = {("project", arm): n for arm, n in arms[["group", "n"]].itertuples(index=False)}
    for school, n in schools[["unit", "n"]].itertuples(index=False):
        if ("school", school, "all", study.analysis.primary) in shown:
            found["school", school] = n
    return found


def _descriptives(table: pd.DataFrame, shown: set[Key], primary: str, minimum: int) -> pd.DataFrame:
    keys = list(table[["level", "unit", "split", "outcome"]].itertuples(index=False, name=None))
    allowed = pd.Series([key in shown for key in keys], index=table.index)
    without_count = uncounted(table, primary, minimum)
    protected = withhold(table, allowed, ["n", "mean", "sd"])
    # All of a split's standard deviations or none: one alone would follow from the others and the whole's.
    smallest = table.groupby(["level", "unit", "split", "outcome"])["n"].transform("min")
    protected["sd"] = protected["sd"].where(smallest >= SD_MULTIPLE * minimum)
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
    protected["method"] = protected["method"].where(allowed, "withheld")
    units = protected["level"] != "project"
    protected.loc[units, numbers] = protected.loc[units, numbers].round(UNIT_DECIMALS)
    return protected


def _school_effects(
    table: pd.DataFrame, descriptives: pd.DataFrame, shown: set[Key], study: Study
) -> pd.DataFrame:
    """Shown where the school's mean is and so is every split the headline adjusts for.

    With the mean and the coefficients an effect gives back how many pupils are in each group. Its raw form and its
    number of pupils are left out: they would do so exactly.
    """
    formula = study.analysis.models["headline"].formula
    has_arms = ((descriptives["level"] == "school") & (descriptives["split"] == "treatment")).any()
    splits = ["all", *(["treatment"] if has_arms else [])]
    splits += [name for name in ("disadvantaged", "year_group") if re.search(rf"\b{name}\b", formula)]
    return _by_school(table.drop(columns=["n", "raw"]), shown, tuple(splits), study)


def _by_school(table: pd.DataFrame, shown: set[Key], splits: tuple[str, ...], study: Study) -> pd.DataFrame:
    primary = study.analysis.primary
    allowed = _rows(
        table, ["school"], lambda school: all(("school", school, split, primary) in shown for split in splits)
    )
    numbers = [name for name in table.columns if name != "school"]
    protected = withhold(table, allowed, numbers)
    protected[numbers] = protected[numbers].round(UNIT_DECIMALS)
    return protected


def _balance(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Shown where every arm has enough pupils and, of a proportion, enough with and enough without."""
    allowed = pd.Series(True, index=table.index)
    proportion = table["characteristic"].str.startswith("proportion")
    for arm in ("treated", "control"):
        n = table[f"n_{arm}"]
        allowed &= n >= minimum
        fewest = np.minimum(table[arm], 1 - table[arm]) * n
        allowed &= ~proportion | (fewest >= minimum)
    numbers = ["treated", "control", "difference", "effect_size", "n_treated", "n_control"]
    protected = withhold(table, allowed, numbers)
    protected["verdict"] = protected["verdict"].where(allowed, "withheld")
    means = ["treated", "control", "difference", "effect_size"]
    protected[means] = protected[means].round(BALANCE_DECIMALS)
    return protected.drop(columns=["n_treated", "n_control"])


def _claims(table: pd.DataFrame, shown: set[Key], effects: set[str], study: Study) -> pd.DataFrame:
    def is_shown(level: str, unit: str, question: str) -> bool:
        if question == "school":
            return unit in effects
        return level == "project" or (level, unit, "disadvantaged", study.analysis.primary) in shown

    allowed = _rows(table, ["level", "unit", "question"], is_shown)
    return table.assign(code=table["code"].where(allowed, "withheld"))


def _rows(table: pd.DataFrame, columns: list[str], rule: Callable[..., bool]) -> pd.Series:
    """A rule applied to the named columns of each row."""
    return pd.Series(
        [rule(*row) for row in table[columns].itertuples(index=False)], index=table.index, dtype=bool
    )
