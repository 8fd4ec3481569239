"""Spells of free meals: a spell whose dates cannot be relied on is listed, never read as one that goes on."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.parse import Parsed, Parser
from evaluation.clean.repeats import pupil_key

SPELL = ["start", "end", "uk_country"]


def refusing(parser: Parser) -> Parser:
    """The parser, its refusals extended to the whole row: a spell without its last day would have no end."""

    def parse(text: str) -> Parsed:
        found = parser(text)
        return replace(found, refuses_row=True) if found.reason else found

    return parse


def settle_spells(rows: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """The spells that can be used, and an issue for each row that cannot, or that says the same again.

    A row without dates says that the pupil has had no spell.
    """
    startless = rows["start"].isna() & rows["end"].notna()
    backwards = rows["end"] < rows["start"]
    key = pupil_key(rows)
    said = pd.concat([key, rows[SPELL].fillna({"uk_country": ""})], axis=1)
    again = key.notna() & said.duplicated() & ~startless & ~backwards
    heading = columns.get("end", "")
    issues = [
        issues_at(rows[startless], "spell", "row", "The spell has a last day but no first.", heading),
        issues_at(rows[backwards], "spell", "row", "The spell ends before it starts.", heading),
        issues_at(rows[again], "duplicate", "row", "The same spell of the same pupil is listed already."),
    ]
    return rows[~startless & ~backwards & ~again], issues
