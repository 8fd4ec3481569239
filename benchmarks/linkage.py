"""How well rows without pupil numbers are linked: precision, recall, review list, groups of names, time.

    OMP_NUM_THREADS=1 python benchmarks/linkage.py

writes docs/linkage.md. Everything goes through `evaluation.link.link`, on synthetic rows whose truth is known.
"""

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from linkage_names import GROUPS
from linkage_records import ALSO, HELD_OUT, TUNED, Records, records
from rich.progress import track

from evaluation.clean.shelf import shelved
from evaluation.link import Linked, link, pseudonym
from evaluation.link.decisions import Keys
from evaluation.link.priors import BORN, FORENAME, SEX, SURNAME, Level
from evaluation.link.records import comparable
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "linkage.md"
KEY = b"k" * 32
ASIAN = {"South Asian": 1.0}
HARD: dict[str, dict[str, Any]] = {
    "held-out faults": {},
    "the faults the priors were set on": {"faults": TUNED},
    "60% of rows faulty, a third of them twice": {"faulty": 0.6, "twice": 0.33},
    "South Asian names only": {"groups": ASIAN},
    "12% twins, 30% not listed": {"twins": 0.12, "unlisted": 0.3},
}
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)


def study_of() -> Study:
    """The study of the synthetic rows: three year groups, thresholds as they come."""
    small = load_study(str(ROOT / "tests" / "ingest" / "small.yml"))
    return small.model_copy(update={"year_groups": ("2", "4", "7"), "attributes": {}})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each row, by row number.

    Attributes
    ----------
    rows : DataFrame
        known (whether a school lists the pupil), linked, right, asked (the right pair is on the review list),
        kind, and of the pupil: group, disadvantaged, twin.
    pairs : int
        Pairs on the review list.
    """

    rows: pd.DataFrame
    pairs: int


def outcome(made: Records, result: Linked) -> Outcome:
    """Hold the linked rows against the truth."""
    upns = pd.Series(made.pupils["upn"].to_numpy())
    names = {upn: pseudonym(KEY, "small", f"upn|{upn}") for upn in upns}
    whose = dict(zip(Keys(KEY, "small").listings("upn|" + upns), upns, strict=True))
    place = dict(zip(made.rows["row"], made.truth.index, strict=True))
    scores = result.scores.frame()
    scores = scores.set_index(scores["row"].map(place)).sort_index()
    truth = made.truth.reindex(scores.index)
    right_pair = result.doubtful["pupil_key"].map(whose) == result.doubtful["row"].map(place).map(made.truth)
    asked = set(result.doubtful.loc[right_pair, "row"].map(place))
    table = pd.DataFrame({"known": truth.notna(), "linked": scores["pupil"].notna()})
    table["right"] = table["linked"] & (scores["pupil"] == truth.map(names))
    table["asked"] = [at in asked for at in table.index]
    table["kind"] = made.kinds.reindex(table.index)
    about = made.about.reindex(truth.to_numpy()).set_axis(table.index)
    return Outcome(table.join(about), len(result.doubtful))


def run(made: Records, link_at: float = 0.9) -> Outcome:
    """Link the rows at a threshold."""
    study = study_of()
    study = study.model_copy(update={"linkage": study.linkage.model_copy(update={"link_at": link_at})})
    return outcome(made, link(study, shelved([made.pupils]), shelved([made.rows]), KEY))


def classroom(seed: int) -> Records:
    """28 rows of one school's test against its list of 400."""
    made = records(seed, 400, 1, HELD_OUT)
    few = made.rows.sample(28, random_state=seed).sort_index()
    return Records(made.pupils, few, made.truth[few.index], made.kinds[few.index], made.about)


def renamed(made: Records, seed: int, told: bool, share: float = 0.1) -> Records:
    """A share of the pupils listed under another name than the rows have; `told`, with the rows' one beside it as a list may have it."""
    rng, pupils = np.random.default_rng(seed), made.pupils.copy()
    chosen = rng.choice(len(pupils), round(share * len(pupils)), replace=False)
    for kind, some in zip(ALSO, np.array_split(chosen, len(ALSO)), strict=True):
        name = kind.split("_")[1]
        if told:
            pupils.loc[some, kind] = pupils.loc[some, name]
        pupils.loc[some, name] = pupils[name].sample(len(some), random_state=seed).to_numpy()
    return replace(made, pupils=pupils)


def figures(found: Iterable[Outcome]) -> dict[str, float]:
    """Precision, recall, recall with the review list, the review list's length by row; how many rows and wrong links."""
    several = list(found)
    rows = pd.concat([item.rows for item in several])
    listed = rows[rows["known"]]
    return {
        "rows": len(rows),
        "wrong links": int((rows["linked"] & ~rows["right"]).sum()),
        "precision": rows["right"].sum() / rows["linked"].sum(),
        "recall": listed["right"].mean(),
        "recall with review": (listed["right"] | listed["asked"]).mean(),
        "review list": sum(item.pairs for item in several) / len(rows),
    }


def by(found: list[Outcome], column: str) -> pd.DataFrame:
    """Recall without and with the review list, by a property of the pupil or the row."""
    rows = pd.concat([item.rows for item in found])
    listed = rows[rows["known"]].assign(either=lambda table: table["right"] | table["asked"])
    table = listed.groupby(column)[["right", "either"]].mean()
    return table.assign(n=listed.groupby(column).size()).reset_index()


def measured(levels: tuple[Level, ...], true: pd.DataFrame, other: pd.DataFrame) -> list[tuple[float, float]]:
    """The share of true pairs and of other pairs that reach each level, those with a value missing left out."""
    cases = " ".join(f"WHEN {level.condition} THEN {at}" for at, level in enumerate(levels[:-1]))
    shares = []
    with duckdb.connect() as database:
        for pairs in (true, other):
            database.register("pairs", pairs)
            reached = database.execute(
                f"SELECT CASE {cases} ELSE {len(levels) - 1} END AS level FROM pairs"
            ).df()["level"]
            shares.append(reached.value_counts(normalize=True).reindex(range(len(levels)), fill_value=0.0))
    return list(zip(*shares, strict=True))


def sample_pairs(made: Records, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The true pairs, and 200,000 pairs of a row and another pupil drawn at random from the same year group."""
    study, rng = study_of(), np.random.default_rng(seed)
    rows, pupils = (comparable(study, frame).reset_index(drop=True) for frame in (made.rows, made.pupils))
    place = pd.Series(range(len(pupils)), index=made.pupils["upn"].to_numpy())
    known = made.truth.dropna()
    left, right = (rng.integers(0, len(rows), 600_000) for _ in range(2))
    same_year = (rows["cohort"].to_numpy()[left] == pupils["cohort"].to_numpy()[right]) & (
        made.truth.to_numpy()[left] != made.pupils["upn"].to_numpy()[right]
    )
    chosen = [(known.index.to_numpy(), place[known].to_numpy()), (left[same_year], right[same_year])]
    both = [
        pd.concat(
            [
                rows.iloc[one].reset_index(drop=True).add_suffix("_l"),
                pupils.iloc[two].reset_index(drop=True).add_suffix("_r"),
            ],
            axis=1,
        ).dropna(subset=["forename_l", "born_l"])
        for one, two in chosen
    ]
    return both[0], both[1]


def table(headings: list[str], lines: Iterable[Iterable[object]]) -> str:
    """A table in Markdown."""
    return "\n".join(
        [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
        + [f"| {' | '.join(map(str, line))} |" for line in lines]
    )


def share(value: float) -> str:
    return f"{value:.4f}"


def summary_table(found: dict[str, dict[str, float]]) -> str:
    headings = ["Rows", "n", "Wrong links", "Precision", "Recall", "Recall with review list", "Review list"]
    return table(
        headings,
        (
            [name, f"{item['rows']:,}", f"{item['wrong links']:,}"]
            + [share(item[key]) for key in ("precision", "recall", "recall with review")]
            + [f"{item['review list']:.1%}"]
            for name, item in found.items()
        ),
    )


def rates_table(what: str, rates: pd.DataFrame) -> str:
    return table(
        [what, "n", "Recall", "Recall with review list"],
        ([str(row[0]), f"{row[3]:,}", share(row[1]), share(row[2])] for row in rates.itertuples(index=False)),
    )


def priors_table(seed: int) -> str:
    true, other = sample_pairs(records(seed, 10_000, 30, TUNED), seed)
    lines = []
    for name, levels in (("surname", SURNAME), ("forename", FORENAME), ("date of birth", BORN), ("sex", SEX)):
        for level, (m, u) in zip(levels, measured(levels, true, other), strict=True):
            stored_u = "its frequency" if level.frequency else f"{level.u:.4f}"
            lines.append([name, level.name, f"{level.m:.3f}", f"{m:.3f}", stored_u, f"{u:.4f}"])
    return table(["Compared", "Level", "m stored", "m measured", "u stored", "u measured"], lines)


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seeds", type=int, default=8, help="synthetic studies of 3,000 rows a line of the table"
    )
    seeds = range(101, 101 + parser.parse_args().seeds)
    found, summaries = {}, {}
    for name, options in track(HARD.items(), "measuring"):
        chosen = {"faults": HELD_OUT, **options}
        found[name] = [run(records(seed, 3000, 10, **chosen)) for seed in seeds]
        summaries[name] = figures(found[name])
    for name, told in (
        ("10% listed under another name", False),
        ("the same, the rows' name listed too", True),
    ):
        summaries[name] = figures(
            run(renamed(records(seed, 3000, 10, HELD_OUT), seed, told)) for seed in seeds
        )
    summaries["28 rows of a school of 400, 40 times"] = figures(
        run(classroom(seed)) for seed in range(201, 241)
    )
    large = records(301, 30_000, 100, HELD_OUT)
    start = time.perf_counter()
    summaries["30,000 rows of 100 schools"] = figures([run(large)])
    seconds = time.perf_counter() - start
    first = found["held-out faults"]
    kinds = by(first, "kind")
    page = TEMPLATE.format(
        summary=summary_table(summaries),
        seconds=round(seconds),
        thresholds=table(
            ["link_at", "Wrong links", "Precision", "Recall", "Recall with review list", "Review list"],
            (
                [at, f"{item['wrong links']:,}"]
                + [share(item[key]) for key in ("precision", "recall", "recall with review")]
                + [f"{item['review list']:.1%}"]
                for at in THRESHOLDS
                for item in [figures(run(records(seed, 3000, 10, HELD_OUT), at) for seed in seeds)]
            ),
        ),
        groups=rates_table("Names", by(first, "group").set_index("group").loc[list(GROUPS)].reset_index()),
        disadvantage=rates_table("Disadvantaged", by(first, "disadvantaged")),
        kinds=rates_table("Fault (held out)", kinds[kinds["kind"].isin(HELD_OUT)]),
        plain=rates_table("No fault, twins or not", by([Outcome(item.rows[item.rows["kind"] == ""], 0) for item in first], "twin")),
        tuned=", ".join(TUNED),
        held_out=", ".join(HELD_OUT),
        priors=priors_table(401),
    )  # fmt: skip
    PAGE.write_text(page, encoding="utf-8")
    print(f"wrote docs/{PAGE.name}")  # noqa: T201


TEMPLATE = (Path(__file__).parent / "linkage_page.md").read_text(encoding="utf-8")

if __name__ == "__main__":
    main()
