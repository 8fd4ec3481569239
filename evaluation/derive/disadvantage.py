"""Who is disadvantaged (FSM6CLA1A), from the evidence there is, fixed when a pupil is first listed.

Disadvantaged are pupils eligible for free meals at any time in the last six years, or looked after for a
day or more, or adopted from care (Department for Education, performance tables).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.compact import mapped, places, plain, taken
from evaluation.derive.spells import beside_first, spell_claims, window_start
from evaluation.study import Study

LOOKED_AFTER = "looked_after"
FLAGS = ["fsm6", "fsm", "premium", LOOKED_AFTER]
# Evidence of free meals alone, which says nothing of pupils looked after or adopted from care.
MEALS_ONLY = ["spells", "fsm6", "fsm"]
NO_DENIAL = ["fsm", LOOKED_AFTER]  # what their "no" does not deny: meals earlier; meals at all


@dataclass(frozen=True, slots=True)
class Disadvantage:
    """Who is disadvantaged, and how that was settled.

    Attributes
    ----------
    pupils : DataFrame
        One row a pupil: pupil, school (where first listed), disadvantaged (1, 0 or NA) and
        disadvantaged_by (the evidence used; "" when there is none).
    conflicts : DataFrame
        Pupils of whom the evidence says both: pupil, school, sources and values (in the same order,
        separated by ", "), used (the evidence gone by). Like `pupils`, under the labels of their first listings.
    counted : DataFrame
        How many pupils there are of each at, date, disadvantaged, disadvantaged_by and abroad: n, and `place`, the label
        of the first.
    spells, unlinked : int
        Rows of spells, and those of them that are of nobody.
    """

    pupils: pd.DataFrame
    conflicts: pd.DataFrame
    counted: pd.DataFrame
    spells: int
    unlinked: int

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, in sentences."""
        return (*_notes(self), *_spell_notes(self))


def together(parts: Sequence[Disadvantage]) -> Disadvantage:
    """What was settled of some pupils and of others, as of all."""
    pupils, conflicts = (
        pd.concat([getattr(part, name) for part in parts]).sort_index() for name in ("pupils", "conflicts")
    )
    counted = pd.concat([part.counted for part in parts]).sort_values("place", ignore_index=True)
    return Disadvantage(pupils, conflicts, counted, parts[0].spells, parts[0].unlinked)


def fix_disadvantage(
    study: Study, pupils: pd.DataFrame, flags: pd.DataFrame, spells: pd.DataFrame, begun: int | None = None
) -> Disadvantage:
    """The first evidence that says anything, in the study's order of precedence, at each pupil's first wave.

    Later waves change nothing. A pupil looked after or adopted from care is disadvantaged whatever the rest
    says.

    Parameters
    ----------
    study : Study
        Its section `disadvantage` says which evidence goes first, and the date.
    pupils : DataFrame
        From `evaluation.link.link`: a pupil's first listing says `disadvantaged` as given.
    flags : DataFrame
        pupil, wave, then FLAGS (1, 0 or NA); any number of rows a pupil.
    spells : DataFrame
        pupil (NA: not linked), school, wave, start, end (the last day; NaT: it goes on), uk_country; a row
        without dates says that there was no spell.
    begun : int, optional
        The place of the first wave at which anyone is listed; without it, any of these.
    """
    first = _first_listings(study, pupils, begun)
    by_spells = spell_claims(first, _with_order(study, spells))
    order = [*study.disadvantage.precedence, LOOKED_AFTER]
    claims = _claims(order, first, _with_order(study, flags), by_spells["value"])
    in_care = claims.loc[(claims["source"] == order.index(LOOKED_AFTER)) & (claims["value"] == 1), "who"]
    settled = _settled(order, first, claims, in_care)
    conflicts = _conflicts(order, claims, in_care, settled)
    counted = _counted(first, settled, by_spells["abroad"])
    labels = pd.Index(first["place"])
    return Disadvantage(
        settled.set_axis(labels),
        conflicts.set_axis(labels[conflicts.index]),
        counted,
        len(spells),
        int(spells["pupil"].isna().sum()),
    )


def with_disadvantage(pupils: pd.DataFrame, found: Disadvantage) -> pd.DataFrame:
    """The linked pupils, `disadvantaged` as fixed, at all waves, and `disadvantaged_by` beside it."""
    at = places(pupils["pupil"], found.pupils["pupil"])
    changed = pupils.assign(disadvantaged=taken(found.pupils["disadvantaged"], at, pupils.index))
    by = taken(found.pupils["disadvantaged_by"].astype("category"), at, pupils.index)
    changed.insert(list(changed).index("disadvantaged") + 1, "disadvantaged_by", by)
    return changed


def characteristics(pupils: pd.DataFrame, conflicts: pd.DataFrame) -> pd.DataFrame:
    """How many pupils of each school are disadvantaged, speak another language, have special needs, or are unknown.

    Parameters
    ----------
    pupils : DataFrame
        One row a pupil: pupil, school, disadvantaged, eal, send.
    conflicts : DataFrame
        From `fix_disadvantage`.

    Returns
    -------
    DataFrame
        school, characteristic, yes, no, missing, conflicts (0 but for disadvantage). A characteristic no
        file speaks of is left out.
    """
    return spoken_of(count_characteristics(pupils, conflicts))


def count_characteristics(pupils: pd.DataFrame, conflicts: pd.DataFrame) -> pd.DataFrame:
    """The counts of `characteristics`, of some pupils, those included that no file speaks of."""
    parts = []
    for name in ("disadvantaged", "eal", "send"):
        value = pupils[name].astype("float64")
        counted = {"yes": value == 1, "no": value == 0, "missing": value.isna()}
        counted["conflicts"] = pupils["pupil"].isin(conflicts["pupil"]) & (name == "disadvantaged")
        table = (
            pd.DataFrame(counted).astype("int64").groupby(pupils["school"].astype("str"), sort=False).sum()
        )
        parts.append(table.reset_index().assign(characteristic=name))
    return pd.concat(parts, ignore_index=True)


def spoken_of(*counts: pd.DataFrame) -> pd.DataFrame:
    """The sum of counts of characteristics, but of those no file speaks of."""
    by = ["characteristic", "school"]
    table = pd.concat(counts).groupby(by, sort=False).sum().reset_index()
    said = table.groupby("characteristic")[["yes", "no"]].transform("sum").sum(axis=1) > 0
    order = table["characteristic"].map(
        {name: at for at, name in enumerate(("disadvantaged", "eal", "send"))}
    )
    table = table.loc[order[said].sort_values(kind="stable").index]
    columns = ["school", "characteristic", "yes", "no", "missing", "conflicts"]
    return table[columns].reset_index(drop=True)


def _with_order(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    order = {wave.name: at for at, wave in enumerate(study.waves)}
    return rows.assign(at=mapped(rows["wave"], order).astype("float64"))


def _first_listings(study: Study, pupils: pd.DataFrame, begun: int | None) -> pd.DataFrame:
    """One row a pupil: pupil, school, disadvantaged as given, at (order of the first wave), date of that wave, place (label).

    For the pupils of the study's first wave the date is that of `disadvantage`, where it is given.
    """
    listed = _with_order(study, pupils[["pupil", "school", "disadvantaged", "wave"]])
    listed = listed.sort_values("at", kind="stable").drop_duplicates("pupil").sort_index()
    dates = {at: pd.Timestamp(wave.date) for at, wave in enumerate(study.waves)}
    chosen = study.disadvantage.date
    if chosen is not None:
        dates[listed["at"].min() if begun is None else begun] = pd.Timestamp(
            study.wave(chosen).date if isinstance(chosen, str) else chosen
        )
    first = (
        listed[["pupil", "school", "disadvantaged", "at"]].assign(place=listed.index).reset_index(drop=True)
    )
    return first.assign(date=first["at"].map(dates).astype("datetime64[us]"))


def _claims(order: list[str], first: pd.DataFrame, flags: pd.DataFrame, spells: pd.Series) -> pd.DataFrame:
    """What each source says of each pupil at the first wave, once, those that go first first.

    Evidence the study does not name is left out. Of two rows of the same evidence the one that says yes goes
    first, whatever their order.

    Returns
    -------
    DataFrame
        who (row of `first`), source (place in `order`), value (1 or 0).
    """
    known = beside_first(first, flags)
    then = known[known["at"] == known["at_first"]].set_index("who")
    said = {"disadvantaged": first["disadvantaged"], "spells": spells, **{name: then[name] for name in FLAGS}}
    parts = [
        pd.DataFrame({"who": value.index, "source": at, "value": value.to_numpy("int64")})
        for at, value in enumerate(said[name].dropna() for name in order)
    ]
    claims = pd.concat(parts, ignore_index=True)
    return claims.sort_values(["source", "value"], ascending=[True, False], kind="stable").drop_duplicates()


def _settled(order: list[str], first: pd.DataFrame, claims: pd.DataFrame, in_care: pd.Series) -> pd.DataFrame:
    """The pupils with what was settled, by the rows of `first`."""
    evidence = claims[claims["source"] != order.index(LOOKED_AFTER)]
    used = evidence.drop_duplicates("who").set_index("who").reindex(first.index)
    by_care = first.index.isin(in_care) & (used["value"] != 1)
    by = used["source"].map(dict(enumerate(order))).astype("str").fillna("")
    return first[["pupil", "school"]].assign(
        disadvantaged=used["value"].mask(by_care, 1).astype("Int64"),
        disadvantaged_by=by.mask(by_care, LOOKED_AFTER),
    )


def _conflicts(
    order: list[str], claims: pd.DataFrame, in_care: pd.Series, settled: pd.DataFrame
) -> pd.DataFrame:
    """Pupils of whom one claim says yes and another no, where both speak of the same thing.

    Not eligible now does not deny that a pupil ever was; free meals say nothing of care, nor the other way
    round.
    """
    meals, no_denial = (
        [order.index(name) for name in names if name in order] for names in (MEALS_ONLY, NO_DENIAL)
    )
    silent = claims["source"].isin(no_denial) & (claims["value"] == 0)
    said = claims[~silent & ~(claims["who"].isin(in_care) & claims["source"].isin(meals))]
    both = said[said.groupby("who")["value"].transform("nunique") > 1]
    texts = pd.DataFrame(
        {"sources": both["source"].map(dict(enumerate(order))), "values": both["value"].astype("str")}
    )
    listed = texts.groupby(both["who"]).agg(", ".join)
    found = settled.join(listed, how="inner").rename(columns={"disadvantaged_by": "used"})
    return plain(found[["pupil", "school", "sources", "values", "used"]])


def _counted(first: pd.DataFrame, settled: pd.DataFrame, abroad: pd.Series) -> pd.DataFrame:
    told = (
        first[["at", "date", "place"]]
        .join(settled[["disadvantaged", "disadvantaged_by"]])
        .assign(abroad=abroad)
    )
    by = ["at", "date", "disadvantaged", "disadvantaged_by", "abroad"]
    grouped = told.groupby(by, sort=False, dropna=False)["place"]
    return grouped.agg(n="size", place="min").reset_index()


def _notes(found: Disadvantage) -> Iterator[str]:
    counted = found.counted
    late = int(counted.loc[counted["at"] > counted["at"].min(), "n"].sum())
    yield f"Disadvantage was fixed at {_baseline(counted):%Y-%m-%d}; later waves change nothing."
    if late:
        yield f"{late:,} pupils joined later; theirs was fixed when they were first listed."
    by = counted["disadvantaged_by"].replace("", "unknown")
    counts = counted["n"].groupby(by, sort=False).sum()
    yield f"Evidence used: {', '.join(f'{name} ({n:,})' for name, n in counts.items())}."
    only_now = (counted["disadvantaged_by"] == "fsm") & (counted["disadvantaged"] == 0)
    now = int(counted.loc[only_now.fillna(False), "n"].sum())
    if now:
        yield (
            f"{now:,} pupils count as not disadvantaged only because they are not eligible for free meals now."
        )
    if len(found.conflicts):
        yield f"Of {len(found.conflicts):,} pupils the evidence says both; the first in order of precedence was used."


def _spell_notes(found: Disadvantage) -> Iterator[str]:
    if not found.spells:
        return
    day = _baseline(found.counted)
    yield (
        f"Spells count when any day of theirs lies from {window_start(day):%Y-%m-%d} to {day:%Y-%m-%d}; for pupils who "
        "joined later, in the six years to the wave they joined at. A pupil without a spell has had none where the school "
        "sent spells; elsewhere it is not known."
    )
    by_spells = found.counted["abroad"] & (found.counted["disadvantaged_by"] == "spells")
    elsewhere = int(found.counted.loc[by_spells, "n"].sum())
    if elsewhere:
        yield f"Spells outside England are not counted; {elsewhere:,} pupils have spells elsewhere only."
    if found.unlinked:
        yield f"{found.unlinked:,} rows of spells could not be linked to a pupil and are on the review list."


def _baseline(counted: pd.DataFrame) -> pd.Timestamp:
    return counted.loc[counted["at"] == counted["at"].min(), "date"].iloc[0]
