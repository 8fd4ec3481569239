"""Pupils of the population who are in no file: the plan says how many, and the flow counts them as lost."""

from collections.abc import Mapping

import pandas as pd

from evaluation.derive.arms import UNKNOWN, named_arms
from evaluation.study import Study

KNOWN_OF = "listed, or in no file"
IN_POPULATION = "in the population"
IN_A_FILE = "in a file"


def with_absent(study: Study, flow: pd.DataFrame) -> pd.DataFrame:
    """The flow of pupils with those in no file in the project's arms: level, unit, stage, order, n, and `absent`, how many of n are in no file.

    Each stage is a part of the one before: listed or known of, in the population, in a file, and on. Where nobody knows their arms they are
    a group of their own.
    """
    absent = _by_arm(study)
    if not absent:
        return flow.assign(absent=0)
    arms = flow[flow["level"] == "project"]
    population = arms[arms["stage"] == IN_POPULATION]
    in_files = population.assign(stage=IN_A_FILE, order=population["order"] + 1)
    later = arms[arms["order"] > population["order"].max()]
    first = arms[arms["order"] <= population["order"].max()].replace({"stage": {"listed": KNOWN_OF}})
    strangers = first.drop_duplicates("stage").assign(unit=UNKNOWN, n=0)
    first = pd.concat(
        [first, strangers] if UNKNOWN in absent and UNKNOWN not in set(first["unit"]) else [first]
    )
    added = first["unit"].map(absent).fillna(0).astype("int64")
    parts = [
        first.assign(n=first["n"] + added, absent=added),
        in_files,
        later.assign(order=later["order"] + 1),
        flow[flow["level"] != "project"],
    ]
    return pd.concat(parts, ignore_index=True).fillna({"absent": 0}).astype({"absent": "int64"})


def absent_facts(study: Study) -> dict[str, object] | None:
    """How many they are in all, and where that is told, in values that JSON can hold."""
    absent = study.analysis.absent
    return None if absent is None else {"pupils": sum(_by_arm(study).values()), "source": absent.source}


def _by_arm(study: Study) -> Mapping[str, int]:
    """How many in each arm, in words."""
    absent = study.analysis.absent
    if absent is None:
        return {}
    if isinstance(absent.pupils, int):
        return {UNKNOWN: absent.pupils}
    return {arm: absent.pupils[name] for name, arm in named_arms(study).items() if name in absent.pupils}
