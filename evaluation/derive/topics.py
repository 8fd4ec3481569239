"""Marks question by question, added up by topic; what was not answered is missing and counts on neither side."""

import pandas as pd

from evaluation.clean import MARK
from evaluation.clean.compact import places, plain
from evaluation.study import Study

TOPICS = ["pupil", "wave", "instrument", "topic", "marks", "out_of", "answered", "questions"]
FACILITY = [
    "wave", "instrument", "school", "class", "topic", "pupils", "answering", "marks", "out_of", "facility"
]  # fmt: skip


def topics_table(study: Study, marks: pd.DataFrame) -> pd.DataFrame:
    """Each pupil's marks on each topic of the paper sat.

    Parameters
    ----------
    study : Study
        Its `questions` map a paper's questions to topics.
    marks : DataFrame
        Cleaned rows of marks, linked: pupil (NA: not linked, left out), source, wave, instrument and a column
        a question. Of several rows of a pupil for one paper the first is used.

    Returns
    -------
    DataFrame
        pupil, wave, instrument, topic, marks (NaN when no question was answered), out_of (what the questions
        answered carry), answered and questions (how many of the topic's).
    """
    papers = {source.name: study.questions[source.questions] for source in study.sources if source.questions}
    parts = [pd.DataFrame(columns=TOPICS)]
    linked = marks[marks["pupil"].notna()] if len(marks) else marks
    seen = linked.assign(paper=linked["source"].map({s.name: s.questions for s in study.sources}))
    first = seen.drop_duplicates(["pupil", "wave", "instrument", "paper"])
    for source, rows in first.groupby("source", sort=False):
        by_topic: dict[str, list[str]] = {}
        for heading, question in papers[str(source)].items():
            by_topic.setdefault(question.topic, []).append(heading)
        for topic, headings in by_topic.items():
            given = rows[[MARK + heading for heading in headings]]
            carried = given.notna() * [papers[str(source)][heading].marks for heading in headings]
            parts.append(
                rows[["pupil", "wave", "instrument"]].assign(
                    topic=topic,
                    marks=given.sum(axis=1, min_count=1),
                    out_of=carried.sum(axis=1),
                    answered=given.notna().sum(axis=1),
                    questions=len(headings),
                )
            )
    return _summed(pd.concat(parts[1:] or parts, ignore_index=True)[TOPICS])


def _summed(topics: pd.DataFrame) -> pd.DataFrame:
    """A topic asked in two papers of one test is one topic."""
    grouped = topics.groupby(TOPICS[:4], sort=False)
    summed = grouped[TOPICS[5:]].sum()
    summed.insert(0, "marks", grouped["marks"].sum(min_count=1))
    topics = summed.reset_index()
    kinds = dict.fromkeys(("marks", "out_of"), "float64") | dict.fromkeys(("answered", "questions"), "int64")
    return topics.astype({name: kinds.get(name, "str") for name in TOPICS})


def facility_table(topics: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """The share of marks won on each topic, by school and class: of the questions answered, not of all asked.

    Parameters
    ----------
    topics : DataFrame
        From `topics_table`.
    pupils : DataFrame
        One row a pupil: pupil, school, class.

    Returns
    -------
    DataFrame
        wave, instrument, school, class ("" for the whole school), topic, pupils (who sat the paper),
        answering (who answered a question of the topic), marks, out_of, facility (marks / out_of; NaN when
        nobody answered).
    """
    sat = places(pupils["pupil"], topics["pupil"]) >= 0
    placed = topics.merge(plain(pupils.loc[sat, ["pupil", "school", "class"]]), on="pupil")
    parts = []
    for level in (placed.assign(**{"class": ""}), placed[placed["class"].notna()]):
        grouped = level.assign(answering=level["answered"] > 0).groupby(
            ["wave", "instrument", "school", "class", "topic"], sort=False
        )
        parts.append(
            grouped.agg(
                pupils=("pupil", "size"),
                answering=("answering", "sum"),
                marks=("marks", "sum"),
                out_of=("out_of", "sum"),
            ).reset_index()
        )
    table = pd.concat(parts, ignore_index=True)
    return table.assign(facility=table["marks"] / table["out_of"].where(table["out_of"] > 0))[FACILITY]
