"""What a school is asked for: only what the plan needs, its files do not say, and the school can settle."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.clean.answers import row_is_meant, who_is_meant
from evaluation.clean.compact import plain
from evaluation.clean.returned import ASKED, LASTING
from evaluation.clean.scores import BLANK, CONFLICT, NOT_ACCEPTED
from evaluation.derive import together
from evaluation.derive.disadvantage import Disadvantage
from evaluation.ingest import collapse, read_source
from evaluation.ingest.returned import REFERENCE, Column
from evaluation.intake import linked, settled
from evaluation.link import Linked, pseudonym_key, pupil_keys
from evaluation.receive import Received, references
from evaluation.study import Study
from evaluation.study.fields import FIELDS, IDENTIFYING

SHOWN = ("pupil_id", "upn", "surname", "forename", "dob", "class", "year_group")
ASK_AGAIN = (BLANK, NOT_ACCEPTED)
_ROW = ["source", "file", "sheet", "row"]
_WHERE = _ROW[1:]


@dataclass(frozen=True)
class Needs:
    """What one school is asked for.

    Attributes
    ----------
    school, name : str
        Its identifier, and its name in the register.
    columns : tuple of Column
        The columns of the sheet of pupils, the school's own first and in its own order.
    pupils : DataFrame
        One row a pupil of whom something is missing: reference, and the cleaned columns.
    missing : DataFrame
        The same rows, one column a Column's heading: True where it is to be filled in.
    questions : DataFrame
        One row a record of results that could not be linked: reference, the identity sent, reason, wave,
        instrument.
    roll : DataFrame
        Every pupil of the school, to choose from: reference, surname, forename, class.
    """

    school: str
    name: str
    columns: tuple[Column, ...]
    pupils: pd.DataFrame
    missing: pd.DataFrame
    questions: pd.DataFrame
    roll: pd.DataFrame

    @property
    def cells(self) -> int:
        """How many cells the school is asked to fill."""
        return int(self.missing.to_numpy().sum()) + len(self.questions)


def find_needs(study: Study, root: Path, received: Received, today: dt.date) -> list[Needs]:
    """What each school of the plan is asked for, in the order of its files; schools that miss nothing included.

    Scores are asked for at the waves of the plan's outcomes that are past by `today`, of the school that lists
    the pupil last before the wave. A score known to be absent, or in conflict, is not asked for.
    """
    pupils = received.pupils.frame()
    pupils = pupils.assign(reference=references(study, who_is_meant(pupils)))
    found = linked(study, received)
    key = pseudonym_key(study.study)
    pupils["pupil"] = pupil_keys(study, found.roll, pupils, key, received.decisions)["pupil"]
    known = _known(pupils, together(list(settled(study, received, found))))
    pupils = pupils[_in_plan(study, received, pupils)]
    order = pupils["wave"].map({wave.name: at for at, wave in enumerate(study.waves)})
    pupils = pupils.assign(order=order).sort_values("order", kind="stable")
    missing = pd.concat(
        [_details(study, pupils, known), *_scores(study, pupils, found.scores.frame(), today)]
    )
    questions = _questions(study, received, found)
    source = pupils.sort_index().groupby("school")["source"].first()
    own = {name: _own_columns(study, root, name) for name in sorted(set(source))}
    register = received.register
    names = {} if register is None else dict(zip(register["school"], register["name"], strict=True))
    return [
        _of_school(
            str(school),
            names.get(school, f"School {school}"),
            rows,
            missing[missing["school"] == school],
            questions[questions["school"] == school],
            own[source[school]],
        )
        for school, rows in pupils.groupby("school", sort=False)
    ]


def schools_in_plan(study: Study, received: Received) -> list[str]:
    """The schools that are asked for anything, for which nothing need be linked."""
    pupils = received.pupils.frame()
    return sorted(set(pupils.loc[_in_plan(study, received, pupils), "school"].dropna()))


def _in_plan(study: Study, received: Received, pupils: pd.DataFrame) -> pd.Series:
    """Pupils of the roles and year groups that the plan analyses or the reports cover."""
    inside = pd.Series(True, index=pupils.index)
    population, reported = study.analysis.population, study.reports.school_roles
    if received.register is not None and population.roles is not None:
        roles = {*population.roles, *(reported or ())}
        schools = received.register.loc[received.register["role"].isin(roles), "school"]
        inside &= pupils["school"].isin(set(schools))
    if population.year_groups is not None:
        inside &= pupils["year_group"].isin(population.year_groups) | pupils["year_group"].isna()
    return inside


def _known(pupils: pd.DataFrame, fixed: Disadvantage) -> dict[str, set[str]]:
    """For each detail that need not come from a pupil's first listing, the pupils of whom it is known by now.

    What lasts is known from any list that a school sent (a test company's word for it is not the school's);
    disadvantage from whatever it was derived from.
    """
    known = {name: set(pupils.loc[pupils[name].notna(), "pupil"].dropna()) for name in LASTING}
    return {**known, "disadvantaged": set(fixed.pupils.loc[fixed.pupils["disadvantaged"].notna(), "pupil"])}


def _details(study: Study, pupils: pd.DataFrame, known: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """The details missing from a pupil's first listing at a school and not known otherwise: school, reference, what."""
    mapped = {name for item in study.sources if item.kind == "pupils" for name in study.columns(item)}
    first = pupils.drop_duplicates(["school", "reference"])
    wanted = {name: first[name].isna() & ~first["pupil"].isin(known.get(name, ())) for name in ASKED}
    parts = [_lacking(first[lacks], Column("", name)) for name, lacks in wanted.items() if name in mapped]
    return pd.concat([_lacking(first.head(0), Column("", "")), *parts])


def _lacking(rows: pd.DataFrame, what: Column) -> pd.DataFrame:
    column = pd.Series([what] * len(rows), index=rows.index, dtype="object")
    return rows[["school", "reference"]].assign(what=column)


def _scores(
    study: Study, pupils: pd.DataFrame, scores: pd.DataFrame, today: dt.date
) -> Iterator[pd.DataFrame]:
    """The scores missing at each wave of the plan that is past: school, reference, what."""
    titles = {(item.wave, item.instrument): item.title for item in study.analysis.outcomes.values()}
    waves = {wave.name: at for at, wave in enumerate(study.waves)}
    for (wave, name), title in titles.items():
        if study.wave(wave).date > today:
            continue
        got = scores[(scores["wave"] == wave) & (scores["instrument"] == name)]
        got = got[got["score"].notna() | ~got["score_reason"].isin(ASK_AGAIN)]
        at = pupils[pupils["pupil"].notna() & (pupils["order"] <= waves[wave])]
        last = at.drop_duplicates("pupil", keep="last")
        lacking = last[~last["pupil"].isin(set(got["pupil"]))]
        test = study.instrument(name)
        heading = f"{title}: {test.unit} from {test.minimum:g} to {test.maximum:g}, or a word from the list"
        yield _lacking(lacking, Column(heading, "score", wave, name))


def _questions(study: Study, received: Received, found: Linked) -> pd.DataFrame:
    """Records of results in review that name somebody, whom a school can know."""
    sources = {item.name for item in study.sources if item.kind == "scores"}
    review = found.review[found.review["source"].isin(sources)].drop_duplicates(_ROW)
    rows = received.scores.frame()
    rows = rows.assign(reference=references(study, row_is_meant(rows)))
    rows = rows.merge(review[[*_ROW, "reason"]], on=_ROW)
    scores = plain(found.scores.whole([*_WHERE, "score_reason"]))
    clash = pd.MultiIndex.from_frame(scores.loc[scores["score_reason"] == CONFLICT, _WHERE])
    named = rows[sorted(IDENTIFYING & set(rows.columns))].notna().any(axis=1)
    return rows[named & ~pd.MultiIndex.from_frame(rows[_WHERE]).to_flat_index().isin(clash.to_flat_index())]


def _of_school(
    school: str,
    name: str,
    rows: pd.DataFrame,
    wanted: pd.DataFrame,
    questions: pd.DataFrame,
    own: tuple[Column, ...],
) -> Needs:
    roll = rows.drop_duplicates("reference").sort_index()
    pupils = roll[roll["reference"].isin(set(wanted["reference"]))]
    columns = _columns(own, list(dict.fromkeys(wanted["what"])))
    asked = {
        (reference, what.field, what.wave, what.instrument)
        for reference, what in zip(wanted["reference"], wanted["what"], strict=True)
    }
    flags = {
        column.heading: [
            (who, column.field, column.wave, column.instrument) in asked for who in pupils["reference"]
        ]
        for column in columns
    }
    missing = pd.DataFrame(flags, index=pupils.index, dtype="bool")
    named = roll[["reference", "surname", "forename", "class"]]
    return Needs(school, name, columns, pupils, missing, questions, named)


def _own_columns(study: Study, root: Path, name: str) -> tuple[Column, ...]:
    """The columns a source maps, in the order of its file."""
    source = next(item for item in study.sources if item.name == name)
    columns = study.columns(source)
    tables = read_source(root / "data" / "raw" / study.study, study, source)
    order = next(list(table.cells.columns) for table in tables if table.header_row)
    mapped = [Column(collapse(heading), field) for field, heading in columns.items()]
    there = [column for column in mapped if column.heading in order and column.heading != REFERENCE]
    return tuple(sorted(there, key=lambda column: order.index(column.heading)))


def _columns(own: tuple[Column, ...], wanted: list[Column]) -> tuple[Column, ...]:
    """The school's own columns that help or that are asked for, then what is asked for beyond them."""
    shown = {*SHOWN, *(item.field for item in wanted)}
    kept = [column for column in own if column.field in shown]
    there = {column.field for column in kept}
    meanings = {field.name: field.meaning for field in FIELDS["pupils"]}
    beyond = [
        item if item.field == "score" else Column(meanings[item.field].capitalize(), item.field)
        for item in wanted
        if item.field not in there
    ]
    return (*kept, *beyond)
