"""Who each listed row is about: by number, else by what the pupils of the other waves are called."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from evaluation.clean.compact import places, plain, worded
from evaluation.clean.shelf import Shelf, stacked
from evaluation.link.certain import by_name, days, in_order, is_shared, name_dob, namesakes
from evaluation.link.dealt import Roll
from evaluation.link.decisions import Decision, Keys
from evaluation.link.numbers import read_numbers
from evaluation.link.probable import probable
from evaluation.link.reasons import DOUBLE_LISTED, DOUBTFUL, SHARED_NAME, TOO_LITTLE
from evaluation.study import Study


def identified(
    study: Study, pupils: Shelf, keys: Keys, decisions: Sequence[Decision]
) -> tuple[Roll, pd.DataFrame]:
    """Pupil rows with their `identity`, what it rests on (`linked_by`) and a `reason` to review them.

    Rows with a number are that pupil. The others are taken wave by wave: each is the pupil of that name and date of
    birth at that school, else probably one listed at other waves, else somebody new.

    Parameters
    ----------
    study : Study
    pupils : Shelf
        Cleaned pupil rows, those of a source together, in the order of the study's sources.
    keys : Keys
    decisions : sequence of Decision

    Returns
    -------
    roll : Roll
    doubtful : DataFrame
        Pairs for a person to decide; record and listing are labels of the roll's rows.
    """
    roll = _numbered(study, pupils)
    doubtful = []
    for wave in study.waves:
        unknown = (roll.rest["wave"] == wave.name) & roll.rest["identity"].isna()
        if unknown.any():
            roll, asked = _with_wave(study, roll, unknown, keys, decisions)
            doubtful.append(asked)
    return roll, pd.concat(doubtful, ignore_index=True) if doubtful else pd.DataFrame()


def _numbered(study: Study, pupils: Shelf) -> Roll:
    """The rows, those with a pupil number, a former one or a pupil identifier in the pile of whom it gives."""
    numbers, shelf, rest = read_numbers(study, pupils), pupils.another(), []
    for rows in in_order(study, pupils):
        rows = numbers.identify(rows)
        known = rows["identity"].notna()
        shelf.put(rows[known], numbers.pile(rows.loc[known, "identity"]))
        rest.append(rows[~known])
    return Roll(numbers, shelf, in_words(stacked(rest)))


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows held, ready to have written down what is found of them."""
    return rows.assign(**{name: rows[name].astype("str") for name in ("identity", "linked_by", "reason")})


def _with_wave(
    study: Study, roll: Roll, unknown: pd.Series, keys: Keys, decisions: Sequence[Decision]
) -> tuple[Roll, pd.DataFrame]:
    """The rows of one wave that no number identifies, identified where they can be."""
    mine = plain(roll.rest[unknown])
    mine = mine.assign(name_dob=name_dob(mine))
    named = namesakes(mine, roll.near(mine))
    alone = _alone(mine)
    twice = alone.duplicated(keep=False) & alone.notna()
    shared = is_shared(mine["name_dob"], named["name_dob"], named["identity"]) | twice
    exact = by_name(mine, named).mask(shared)
    open_rows = mine[exact.isna() & alone.notna() & ~twice].assign(group=mine["wave"])
    taken = _listed_then(roll, mine, exact)
    found = probable(study, open_rows.assign(shared=shared), roll, taken, keys, decisions)
    new = _new_identities(mine, alone.mask(shared), roll.rest["identity"].dropna())
    identity = exact.fillna(found.linked["identity"].reindex(mine.index)).fillna(new)
    asked = found.doubtful["record"]
    reason = worded(
        [
            mine.index.isin(found.linked.index) | exact.notna(),
            alone.isna(),
            shared,
            mine.index.isin(asked[found.doubtful["taken"].astype(bool)]),
            mine.index.isin(asked),
        ],
        ["", TOO_LITTLE, SHARED_NAME, DOUBLE_LISTED, DOUBTFUL],
    )
    how = found.linked["linked_by"].reindex(mine.index).fillna("name_dob").where(identity.notna(), "")
    rest = roll.rest.copy()
    rest.loc[mine.index, ["identity", "linked_by"]] = pd.DataFrame({"identity": identity, "linked_by": how})
    rest.loc[mine.index, "reason"] = reason
    return replace(roll, rest=rest), found.doubtful


def _listed_then(roll: Roll, rows: pd.DataFrame, exact: pd.Series) -> Callable[[pd.Series], pd.DataFrame]:
    """Which of some pupils are listed at the wave of the rows: by another row, or by one of these (`exact`)."""
    just_found = pd.DataFrame({"group": rows["wave"], "identity": exact}).dropna()

    def taken(identity: pd.Series) -> pd.DataFrame:
        there = roll.of(identity, ["identity", "at"])
        then = there.loc[there["at"].isin(rows["at"]), ["identity"]].drop_duplicates()
        return pd.concat([then.assign(group=rows["wave"].iloc[0]), just_found])

    return taken


def _alone(rows: pd.DataFrame) -> pd.Series:
    """What tells a row from the others of its wave: name and date of birth, else name and school; NA for too little."""
    surname, forename = rows["surname"], rows["forename"]
    born = days(rows["dob"], "%Y-%m-%d")
    whole = surname.fillna("") + "|" + forename.fillna("") + "|" + born.fillna("") + "|" + rows["school"]
    enough = surname.notna() & (forename.notna() | born.notna())
    return rows["name_dob"].fillna(whole.where(enough))


def _new_identities(rows: pd.DataFrame, alone: pd.Series, known: pd.Series) -> pd.Series:
    """An identity for whoever is nobody listed so far: apart from any pupil of the same name and date of birth."""
    identity = "name|" + alone
    return identity.mask(places(identity, known) >= 0, identity + "|" + rows["school"] + "|" + rows["wave"])
