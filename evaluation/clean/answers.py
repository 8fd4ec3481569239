"""The answers of request workbooks put into what was received: only what was missing is filled.

What a school sent before is kept, and an answer that contradicts it is listed. The same workbooks give the
same rows however often they are read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.clean.cells import DTYPES, kind_fields
from evaluation.clean.issues import gather, issues_at, table_issues
from evaluation.clean.repeats import pupil_key
from evaluation.clean.returned import ASKED, LASTING, NOT_OURS, places, read_answers
from evaluation.clean.schemas import gate
from evaluation.errors import SourceError
from evaluation.ingest.returned import Returned
from evaluation.study import Study
from evaluation.study.fields import IDENTIFYING

_QUESTION = ["reference", "field", "wave", "instrument"]
_KEPT = "Another value was sent before, and is kept. To change it, send the export or the results again."


@dataclass(frozen=True)
class Taken:
    """What was received with what the workbooks answer.

    Attributes
    ----------
    pupils, scores : DataFrame
        The rows given, what was missing filled in, and a row for each score answered.
    issues : DataFrame
        As in `evaluation.clean.Cleaned`.
    lines : DataFrame
        A line for each workbook: source, kind, file, sheets, sha256, rows_in, rows_accepted, rows_listed.
    """

    pupils: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame
    lines: pd.DataFrame


def who_is_meant(rows: pd.DataFrame) -> pd.Series:
    """What a pupil's reference is made from: whom the row names; failing that, its names and its place."""
    names = rows["surname"].fillna("") + "|" + rows["forename"].fillna("")
    return pupil_key(rows).fillna("at|" + _place(rows) + "|" + names)


def row_is_meant(rows: pd.DataFrame) -> pd.Series:
    """What the reference of one row of results is made from: its place, and whom it names."""
    named = rows[sorted(IDENTIFYING & set(rows.columns))].astype("str").fillna("")
    return "row|" + _place(rows).str.cat(named, sep="|")


def _place(rows: pd.DataFrame) -> pd.Series:
    return rows["file"] + "|" + rows["sheet"] + "|" + rows["row"].astype("str")


def take_returned(
    study: Study, books: Sequence[Returned], pupils: pd.DataFrame, scores: pd.DataFrame
) -> Taken:
    """The pupils and scores with what the workbooks answer.

    Parameters
    ----------
    books : sequence of Returned
        In the order of school, request and version: of two versions of one workbook only the higher counts.
    pupils, scores : DataFrame
        Cleaned rows of every source, with a column `reference`.

    Raises
    ------
    SourceError
        When a workbook is of a school that has no pupils here, or is named as another school's.
    """
    _check_schools(books, set(pupils["school"].dropna()))
    newest = {(book.school, book.turn): book.version for book in books}
    issues, answers = [], []
    for book in books:
        if book.version < newest[book.school, book.turn]:
            issues += _superseded(book)
            continue
        found, listed = read_answers(study, book, pupils[pupils["school"] == book.school], scores)
        answers.append(found)
        issues += listed
    settled, unsettled = _settled(pd.concat(answers, ignore_index=True))
    filled, kept = _filled(study, pupils, settled)
    matched = _identified(scores, filled, settled)
    added, refused = _score_rows(study, filled, matched, settled)
    every = gather([*issues, *unsettled, *kept, refused])
    return Taken(filled, pd.concat([matched, *added], ignore_index=True), every, _lines(books, every))


def _check_schools(books: Iterable[Returned], known: set[str]) -> None:
    for book in books:
        if book.school not in known:
            raise SourceError(
                f"{book.file}: the workbook is of school {book.school!r}, of which this study has no pupils. "
                "Take it out of the folder."
            )
        stem = book.source.removeprefix("returned_")
        named = next((school for school in sorted(known) if stem.startswith(school)), book.school)
        if named != book.school:
            raise SourceError(
                f"{book.file}: the file is named as school {named}'s, but the workbook is school {book.school}'s. "
                f"Rename it to begin with {book.school}, or ask which school sent it."
            )


def _superseded(book: Returned) -> list[pd.DataFrame]:
    reason = f"The school has sent a later version of this workbook than {book.version}; that one is used."
    rows = [issues_at(places(book, table), "superseded", "row", reason) for table in book.tables]
    return [*map(table_issues, book.tables), *rows]


def _settled(answers: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """One answer to a question, and issues: a later request goes before; contradictions within one settle nothing."""
    latest = answers.groupby(_QUESTION)["turn"].transform("max")
    said = answers["value"].astype("str")
    earlier = answers[answers["turn"] < latest]
    now = answers[answers["turn"] == latest]
    settled = said[now.index].groupby([now[name] for name in _QUESTION]).transform("nunique") == 1
    used = now[settled].drop_duplicates(_QUESTION)
    replaced = earlier.merge(used[[*_QUESTION, "value"]], on=_QUESTION, suffixes=("", "_used"))
    replaced = replaced[replaced["value"].astype("str") != replaced["value_used"].astype("str")]
    return used, [
        _listed(
            now[~settled], "contradictory", "Another row or workbook answers differently; neither is used."
        ),
        _listed(
            replaced, "replaced", "The school answers differently in a later request; that answer is used."
        ),
    ]


def _listed(answers: pd.DataFrame, rule: str, reason: str) -> pd.DataFrame:
    return issues_at(answers, rule, "cell", reason).assign(column=answers["column"])


def _filled(
    study: Study, pupils: pd.DataFrame, answers: pd.DataFrame
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Pupil rows with their empty cells filled, and an issue for each answer that contradicts a cell."""
    order = pupils["wave"].map({wave.name: at for at, wave in enumerate(study.waves)})
    first = order == order.groupby([pupils["school"], pupils["reference"]]).transform("min")
    types = {field.name: DTYPES.get(field.parser, "str") for field in kind_fields(study, "pupils")}
    kept = []
    for name in ASKED:
        given = answers[answers["field"] == name].set_index(["school", "reference"])
        if given.empty:
            continue
        rows = pd.MultiIndex.from_frame(pupils[["school", "reference"]])
        answer = pd.Series(given["value"].reindex(rows).to_numpy(), index=pupils.index).astype(types[name])
        answer = answer if name in LASTING else answer.where(first)
        differs = (pupils[name].notna() & answer.notna() & (pupils[name] != answer)).fillna(False)
        clashing = rows[differs.to_numpy(dtype=bool)].unique()
        kept.append(_listed(given.loc[given.index.isin(clashing)].reset_index(), "conflict", _KEPT))
        pupils = pupils.assign(**{name: pupils[name].fillna(answer)})
    return pupils, kept


def _identified(scores: pd.DataFrame, pupils: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Rows of results with the identity of the pupil whom the school says they are about."""
    given = answers[answers["field"] == "identity"].set_index("reference")["value"]
    meant = scores["reference"].map(given)
    people = pupils.drop_duplicates("reference").set_index("reference")
    columns = [name for name in scores.columns if name in IDENTIFYING]
    said = meant.notna()
    result = scores.copy()
    for name in columns:
        theirs = meant[said].where(meant[said] != NOT_OURS).map(people[name])
        result.loc[said, name] = theirs.astype(scores[name].dtype)
    return result


def _score_rows(
    study: Study, pupils: pd.DataFrame, scores: pd.DataFrame, answers: pd.DataFrame
) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """A row of results for each score answered, and an issue for each that another source has otherwise."""
    given = answers[answers["field"] == "score"]
    people = pupils.drop_duplicates("reference").set_index("reference")
    added, refused = [], []
    for (wave, name), part in given.groupby(["wave", "instrument"], sort=False):
        rows = _as_scores(study, part, people, str(wave), str(name))
        before = scores[(scores["wave"] == wave) & (scores["instrument"] == name) & scores["score"].notna()]
        known = pd.concat([before["score"].groupby(key).first() for key in _keys(before)])
        sent = pd.concat([key.map(known) for key in _keys(rows)], axis=1).bfill(axis=1).iloc[:, 0]
        other = sent.notna() & (sent != rows["score"])
        refused.append(_listed(part[other.to_numpy()], "conflict", _KEPT))
        checked = gate(study, "scores", study.instrument(str(name)), rows[sent.isna().to_numpy()])
        added.append(checked)
    return added, pd.concat(refused) if refused else pd.DataFrame()


def _keys(rows: pd.DataFrame) -> list[pd.Series]:
    """Whom rows are about by pupil number or identifier, and by name, date of birth and school."""
    nameless = rows.assign(upn=None, pupil_id=None).astype({"upn": "str", "pupil_id": "str"})
    return [pupil_key(rows), pupil_key(nameless)]


def _as_scores(
    study: Study, given: pd.DataFrame, people: pd.DataFrame, wave: str, instrument: str
) -> pd.DataFrame:
    """Answers as cleaned rows of results, with the identities of the pupils they are about."""
    rows = given[["source", "file", "sheet", "row"]].assign(wave=wave).reset_index(drop=True)
    for field in kind_fields(study, "scores"):
        if field.name == "score":
            continue
        theirs = given["reference"].map(people[field.name]) if field.name in people else None
        rows[field.name] = pd.Series(theirs, dtype="object").reindex(given.index).to_numpy()
        rows[field.name] = rows[field.name].astype(DTYPES.get(field.parser, "str"))
    rows["school"] = given["school"].astype("str").to_numpy()
    marks = list(given["value"])
    return rows.assign(
        row=rows["row"].astype("int64"),
        instrument=pd.Series(instrument, index=rows.index, dtype="str"),
        score=pd.Series([mark.score for mark in marks], index=rows.index, dtype="float64"),
        score_reason=pd.Series([mark.reason for mark in marks], index=rows.index, dtype="str"),
        censored=pd.Series([mark.censored for mark in marks], index=rows.index, dtype="str"),
    )


def _lines(books: Sequence[Returned], issues: pd.DataFrame) -> pd.DataFrame:
    """A line for each workbook: its rows are accepted or listed."""
    lost = issues[issues["severity"] == "row"].drop_duplicates(["file", "sheet", "row"])
    listed = lost.groupby("file").size()
    lines = []
    for book in books:
        rows_in, out = sum(len(table.cells) for table in book.tables), int(listed.get(book.file, 0))
        counts = {"rows_in": rows_in, "rows_accepted": rows_in - out, "rows_listed": out}
        place = {"source": book.source, "kind": "returned", "file": book.file, "sheets": len(book.tables)}
        lines.append({**place, "sha256": book.tables[0].sha256, **counts})
    return pd.DataFrame(lines)
