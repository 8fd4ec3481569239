"""The main answer by year group and by phase, and whether it differs between them."""

import pandas as pd

from evaluation.disclose import Release
from evaluation.impact.sample import ALL
from evaluation.report import numerals as write
from evaluation.report import wording
from evaluation.report.facts import Facts, adjusted, cell, claim_code, places, row, rows, words
from evaluation.report.items import Group, Prose, Row, Table
from evaluation.report.sentences import sentence

SPLITS = {"year_group": "By year group", "phase": "By phase"}


def by_part(release: Release) -> Table | Prose:
    """The main answer in each part, the whole beside it, and in words what one test of all parts allows."""
    found = rows(release, "parts")
    if found.empty:
        return Prose(paragraphs=[wording.ONE_PART])
    digits = places(release)
    pooled = row(release, "estimates", model="headline", term=release.meta["models"]["headline"]["term"])
    groups = [Group("", [_line(pooled, write.capital(ALL), digits)])] if pooled is not None else []
    groups += [
        Group(
            SPLITS[str(split)],
            [_line(item, write.capital(item["group"]), digits) for _, item in part.iterrows()],
        )
        for split, part in found.groupby("split", sort=False)
    ]
    columns = ("Part", "Estimate", "95% confidence interval", "p", "p, corrected", "Schools")
    notes = [joint(release, str(split)) for split in found["split"].unique()]
    notes += [f"In {words(release)['unit']}. {wording.PARTS_TOGETHER} {wording.PARTS_NOTE}", *_reasons(found)]
    return Table("The main answer, by part", columns, groups, notes=notes)


def _line(item: Facts, label: str, digits: int) -> Row:
    known = write.known(item["estimate"])
    return (
        label,
        cell(item, "estimate", digits),
        write.interval(item["ci_low"], item["ci_high"], digits) if known else "–",
        write.probability(item["p_value"]) if known else "–",
        write.probability(item["p_adjusted"]) if known and "p_adjusted" in item else "–",
        write.count(item["n_schools"]),
    )


def joint(release: Release, question: str) -> str:
    """What a test of several effects together allows to be said; empty where there is none."""
    facts, code = row(release, "joint_tests", question=question), claim_code(release, question)
    if facts is None or code is None:
        return ""
    p = write.probability(facts["p_value"]) if write.known(facts["p_value"]) else ""
    level = " who started at the same level" if adjusted(release) else ""
    fields = {**words(release), "level": level, "p": f"p {p}" if p.startswith("<") else f"p = {p}"}
    return sentence(question, code, fields)


def _reasons(found: pd.DataFrame) -> list[str]:
    """Why parts have no figures, one sentence a reason."""
    without = found[found["reason"] != ""]
    return [
        f"{write.capital(write.listed(list(part['group'])))}: no figures, {reason}."
        for reason, part in without.groupby("reason", sort=False)
    ]
