"""Schools linked across years: by LAESTAB, by predecessor link, by URN, in that order; what is in doubt is listed, not guessed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

LAESTAB, PREDECESSOR, URN = "laestab", "predecessor", "urn"
SEVERAL, TAKEN, MERGED, NONE = "two candidates", "linked with another", "merged or split", "no candidate"

Pair = tuple[int, int]
Edges = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class SchoolLinks:
    """The schools of two years, linked. Every row of either year is in a pair or left unlinked, and never in both.

    Attributes
    ----------
    pairs : DataFrame
        earlier, later (the rows, by the frames' indexes), rule (laestab, predecessor or urn), and of each year laestab
        and urn.
    only_earlier, only_later : DataFrame
        The rows of each year that are in no pair, with `why`: "no candidate", "two candidates", "linked with another" (its
        candidate is), "merged or split".
    conflicts : DataFrame
        earlier, later, rule, why: every candidate that was not taken.
    """

    pairs: pd.DataFrame
    only_earlier: pd.DataFrame
    only_later: pd.DataFrame
    conflicts: pd.DataFrame

    def by_rule(self) -> dict[str, int]:
        """How many schools were linked by each rule."""
        counts = Counter(self.pairs["rule"])
        return {rule: counts[rule] for rule in (LAESTAB, PREDECESSOR, URN)}


def link_schools(
    earlier: pd.DataFrame, later: pd.DataFrame, links: pd.DataFrame | None = None
) -> SchoolLinks:
    """Link each school of one year to its row of another.

    Parameters
    ----------
    earlier, later : DataFrame
        The `schools` of two published files: laestab, urn, urn_ac, "" where not known. The index tells the rows apart.
    links : DataFrame, optional
        The `links` of the register: urn, linked_urn, link_type.

    Returns
    -------
    SchoolLinks
        A rule links what no rule before it has linked, and only rows that are each other's only candidate; rows with two
        candidates are left to a person. Among rows of one LAESTAB those with the same URN too belong together. A
        predecessor link may lead over several schools; one that merges, amalgamates or splits schools is never taken.
    """
    chosen: dict[Pair, str] = {}
    refused: dict[Pair, tuple[str, str]] = {}
    settled: tuple[set[int], set[int]] = (set(), set())
    for rule, candidates in _stages(earlier, later, links):
        free = [pair for pair in candidates if pair[0] not in settled[0] and pair[1] not in settled[1]]
        known = {*free, *chosen, *refused}
        refused |= {pair: (rule, TAKEN) for pair in candidates if pair not in known}
        counts = Counter(one for one, _ in free), Counter(two for _, two in free)
        for one, two in free:
            if counts[0][one] == counts[1][two] == 1:
                chosen[one, two] = rule
            else:
                refused[one, two] = (rule, SEVERAL)
            settled[0].add(one)
            settled[1].add(two)
    for pair in _merged(earlier, later, links):
        if pair not in chosen:
            refused.setdefault(pair, (PREDECESSOR, MERGED))
    return _result(earlier, later, chosen, refused)


def _stages(
    earlier: pd.DataFrame, later: pd.DataFrame, links: pd.DataFrame | None
) -> Iterator[tuple[str, list[Pair]]]:
    """The rules in their order, each with its candidates; the first is of one LAESTAB and one URN."""
    same_number = _same(earlier["laestab"], later["laestab"])
    urns = earlier["urn"].to_dict(), later["urn"].to_dict()
    yield LAESTAB, [(one, two) for one, two in same_number if urns[0][one] == urns[1][two] != ""]
    yield LAESTAB, same_number
    yield PREDECESSOR, _successors(earlier, later, _edges(earlier, links, merged=False))
    yield URN, _same(earlier["urn"], later["urn"])


def _same(earlier: pd.Series, later: pd.Series) -> list[Pair]:
    """Rows that agree on a number which they have."""
    rows = _rows_of(later)
    numbered = zip(earlier.index, earlier, strict=True)
    return [(one, two) for one, number in numbered if number for two in rows.get(number, ())]


def _rows_of(numbers: pd.Series) -> dict[str, list[int]]:
    rows = defaultdict(list)
    for row, number in zip(numbers.index, numbers, strict=True):
        rows[number].append(row)
    return rows


def _edges(earlier: pd.DataFrame, links: pd.DataFrame | None, *, merged: bool) -> Edges:
    """By URN: the URNs of the schools that followed; those of merged and split schools only where asked for."""
    edges = defaultdict(list)
    for urn, follows in zip(earlier["urn"], earlier["urn_ac"], strict=True):
        if urn and follows:
            edges[urn].append(follows)
    if links is not None:
        for urn, linked, kind in zip(links["urn"], links["linked_urn"], links["link_type"], strict=True):
            direction, _, rest = kind.casefold().partition("-")
            if direction.strip() in ("predecessor", "successor") and (merged or not rest):
                before, after = (linked, urn) if direction.strip() == "predecessor" else (urn, linked)
                edges[before].append(after)
    return edges


def _successors(earlier: pd.DataFrame, later: pd.DataFrame, edges: Edges) -> list[Pair]:
    """Each earlier row with the later rows that the edges lead to, over any number of schools."""
    rows = _rows_of(later["urn"])
    return [
        (one, two)
        for one, urn in zip(earlier.index, earlier["urn"], strict=True)
        if urn in edges
        for reached in _reached(urn, edges)
        for two in rows.get(reached, ())
    ]


def _reached(start: str, edges: Edges) -> list[str]:
    """The URNs that edges lead to from one, itself apart."""
    seen, ahead = {start: None}, [start]
    while ahead:
        for urn in edges.get(ahead.pop(), ()):
            if urn not in seen:
                seen[urn] = None
                ahead.append(urn)
    return list(seen)[1:]


def _merged(earlier: pd.DataFrame, later: pd.DataFrame, links: pd.DataFrame | None) -> list[Pair]:
    return [] if links is None else _successors(earlier, later, _edges(earlier, links, merged=True))


def _result(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    chosen: Mapping[Pair, str],
    refused: Mapping[Pair, tuple[str, str]],
) -> SchoolLinks:
    pairs = pd.DataFrame(
        [(*pair, rule) for pair, rule in sorted(chosen.items())], columns=["earlier", "later", "rule"]
    )
    for year, frame in (("earlier", earlier), ("later", later)):
        numbers = frame.loc[pairs[year], ["laestab", "urn"]].reset_index(drop=True)
        pairs = pairs.join(numbers.add_suffix(f"_{year}"))
    conflicts = pd.DataFrame(
        [(*pair, *why) for pair, why in sorted(refused.items())], columns=["earlier", "later", "rule", "why"]
    )
    alone = {
        year: frame[~frame.index.isin(pairs[year])]
        for year, frame in (("earlier", earlier), ("later", later))
    }
    left = {year: frame.assign(why=_why(frame.index, conflicts, year)) for year, frame in alone.items()}
    return SchoolLinks(pairs, left["earlier"], left["later"], conflicts)


def _why(rows: pd.Index, conflicts: pd.DataFrame, year: str) -> list[str]:
    """Why rows are unlinked: the gravest of their conflicts, or that there was no candidate."""
    found: dict[int, set[str]] = defaultdict(set)
    for row, why in zip(conflicts[year], conflicts["why"], strict=True):
        found[row].add(why)
    return [next((why for why in (SEVERAL, TAKEN, MERGED) if why in found[row]), NONE) for row in rows]
