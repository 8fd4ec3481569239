"""Doubts about records that need every source of a kind at once; each is a note, for either side may be right."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_names
from evaluation.clean.staff import staff_keys

_PENNY = 0.01


def doubts(kind: str, rows: pd.DataFrame, headings: Mapping[str, pd.Series]) -> list[pd.DataFrame]:
    """Notes on the rows of all sources of a kind; `headings` are each row's file's, by column."""
    if kind == "training":
        there = rows[rows["attended"].isin(["yes", "late"])]
        return [
            _two_places(
                there, "person", there["school"] + "|" + there["session"].fillna(""), headings["person"]
            )
        ]
    if kind == "support":
        whole = rows[rows["days"] >= 1]
        return [
            _two_places(whole, "leader", whole["school"], headings["leader"]),
            _beyond_booked(rows, headings["days"]),
        ]
    return [_invoices(rows, headings)] if kind == "ledger" else []


def _two_places(rows: pd.DataFrame, column: str, place: pd.Series, heading: pd.Series) -> pd.DataFrame:
    """A person who was for the whole time in two places on one day."""
    who = staff_keys(rows, column)
    places = place.groupby([who, rows["date"]]).transform("nunique")
    twice = rows[who.notna() & (places > 1)]
    reason = "The same person is recorded in another place on this day; both records were kept."
    return issues_at(twice, "two_places", "note", reason, heading[twice.index])


def _beyond_booked(rows: pd.DataFrame, heading: pd.Series) -> pd.DataFrame:
    """Visits from the one on at which a leader's days at a school pass the most that any row says was booked."""
    ordered = rows.sort_values("date", kind="stable")
    by = [ordered["school"], staff_keys(ordered, "leader").fillna("")]
    booked = ordered["booked"].groupby(by).transform("max")
    given = ordered["days"].groupby(by).cumsum()
    beyond = ordered[given > booked]
    told = [
        f"By this visit {days:g} days were given where {most:g} were booked."
        for days, most in zip(given[beyond.index], booked[beyond.index], strict=True)
    ]
    reasons = pd.Series(told, index=beyond.index, dtype="str")
    return issues_at(beyond, "beyond_booked", "note", reasons, heading[beyond.index])


def _invoices(rows: pd.DataFrame, headings: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Payments that stand twice: the same invoice with the same sum, or, without a number, the same line in every word."""
    paid = rows[rows["actual"].notna() & (rows["actual"].abs() >= _PENNY)]
    numbered = paid["invoice"].notna()
    pounds = paid["actual"].round(2).astype("str")
    alike = paid[["date", "school", "line"]].astype("str").fillna("").agg("|".join, axis=1)
    key = normalise_names(paid["invoice"]).where(numbered, alike) + "|" + pounds
    again = paid[key.duplicated()]
    first = pd.Series(paid.index, index=paid.index).groupby(key).transform("first")[again.index]
    told = [
        f"The same {'invoice and sum' if has else 'day, line and sum'} as row {rows['row'][at]} of "
        f"{rows['file'][at]}; both were counted. If it is one payment, remove one."
        for at, has in zip(first, numbered[again.index], strict=True)
    ]
    reasons = pd.Series(told, index=again.index, dtype="str")
    return issues_at(again, "invoice_repeated", "note", reasons, headings["invoice"][again.index])
