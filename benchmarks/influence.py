"""What one pupil more or less does to a release, and what an attacker who knows every other pupil makes of two of them.

    python benchmarks/influence.py --pupils 500 --jobs 2

brings docs/influence.md up to date. Each pupil in turn is taken out of the demo study; the questions are answered and the releases
made with and without the pupil. Attackers hold both releases of their audience, and of the pupil's school every other pupil's
scores and status.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from evaluation.disclose import Release, protect
from evaluation.impact import Results
from evaluation.impact.answer import answer, flow
from evaluation.impact.atoms import atoms
from evaluation.impact.balance import balance
from evaluation.impact.change import changes
from evaluation.impact.claims import claims
from evaluation.impact.descriptives import descriptives
from evaluation.impact.differences import differences
from evaluation.impact.plan import effect_sizes, estimates, fit_plan, school_effects, school_gaps
from evaluation.impact.sample import matched, units
from evaluation.impact.tipping import missing_claim
from evaluation.intake import take_in
from evaluation.pipeline import releases_for
from evaluation.simulate import write_demo
from evaluation.study import Study, find_root, load_study

PAGE = Path(__file__).resolve().parents[1] / "docs" / "influence.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->"
STUDY = "ssif_maths"
BY_STATUS = (
    ("descriptives", ["level", "unit", "split", "group", "outcome"], ["n", "mean", "sd"]),
    ("differences", ["level", "unit", "measure", "outcome"], ["estimate"]),
    ("balance", ["characteristic"], ["treated", "control", "effect_size"]),
    ("school_gaps", ["school"], ["gap"]),
)
KEYS = ["level", "unit", "split", "group", "outcome"]
WIDTH = 20.0  # ten standardised points either way
MORE = 50  # pupils of whom it is tried too what a second release tells that knows nothing of the first, or has the pupil added


@dataclass(frozen=True, slots=True)
class Attacked:
    """What came of one pupil.

    Attributes
    ----------
    others_changed
        Descriptive figures of other schools that differ at full precision.
    model_shift
        The largest change of a shared model's estimate, in standard errors, and which it was.
    widths
        By audience, the narrowest range of the pupil's score on any outcome that the school's figures leave, in standardised points.
    told
        By audience, how many figures by a pupil's characteristics differ between the two releases.
    told_alone
        The same had the second release been made as if there had been no first; none where that was not tried.
    told_added
        How many differ where the first release is without the pupil and the second with; none where that was not tried.
    """

    others_changed: int
    model_shift: tuple[float, str]
    widths: dict[str, float]
    told: dict[str, int]
    told_alone: dict[str, int] | None
    told_added: dict[str, int] | None


def without(study: Study, tables: dict[str, pd.DataFrame], pupil: str) -> dict[str, pd.DataFrame]:
    """The store's tables without a pupil, the school's means as they then are."""
    table = tables["analysis"]
    left = table[table["pupil"] != pupil].reset_index(drop=True)
    for name in study.analysis.school_means:
        mean = left[name].where(left["in_population"]).groupby(left["school"]).transform("mean")
        left[f"{name}_school"], left[f"{name}_within"] = mean, left[name] - mean
    return {**tables, "analysis": left}


def asked_again(study: Study, tables: dict[str, pd.DataFrame], whole: Results) -> Results:
    """The questions that the attacks read, answered without the pupil; the others, which take far longer, stand as they were."""
    analysis, reported = tables["analysis"], whole.meta["reported_schools"]
    fitted = fit_plan(study, analysis)
    described = list(units(study, analysis, tables["schools"]))
    effects = school_effects(study, fitted.get("headline"), analysis)
    gaps = school_gaps(study, fitted, analysis)
    effects, gaps = (
        found[found["school"].isin(reported)].reset_index(drop=True) for found in (effects, gaps)
    )
    again = {
        "estimates": estimates(study, fitted, analysis),
        "effect_sizes": effect_sizes(study, fitted),
        "descriptives": descriptives(study, described),
        "differences": differences(study, described),
        "changes": changes(study, analysis),
        "school_effects": effects,
        "school_gaps": gaps,
        "flow": flow(study, tables["flow"], tables["schools"]),
        "balance": balance(study, analysis),
        "atoms": atoms(study, analysis),
    }
    found = {**whole.tables, **again}
    answers = pd.concat(
        [found["proportions"].assign(question="proportion"), found["distance"]], ignore_index=True
    )
    read = [found[name] for name in ("estimates", "differences", "school_effects", "changes", "joint_tests")]
    said = pd.concat([claims(study, *read, answers), missing_claim(found["tipping"])], ignore_index=True)
    return Results(whole.meta, {**found, "claims": said})


def differing(one: Release, two: Release) -> int:
    """Figures by disadvantage, or by another characteristic of pupils, that differ between two releases."""
    found = 0
    for name, keys, columns in BY_STATUS:
        first, second = (item.tables[name].set_index(keys) for item in (one, two))
        if name == "descriptives":
            first = first[first.index.get_level_values("split").str.contains("disadvantaged")]
        elif name == "differences":
            first = first[first.index.get_level_values("measure") == "gap"]
        elif name == "balance":
            first = first[first.index.str.startswith("proportion")]
        for column in columns:
            values = [item[column].reindex(first.index).to_numpy(dtype=float) for item in (first, second)]
            found += int((~np.isclose(*values, rtol=0, atol=1e-9, equal_nan=True)).sum())
    return found


def narrowest(study: Study, found: Release, pupil: pd.Series, others: pd.DataFrame) -> float:
    """The width of the range of the pupil's score on any outcome that the school's means allow, every other pupil's being known."""
    rows = found.table("descriptives", level="school", unit=pupil["school"], symbol="").dropna(
        subset=["mean"]
    )
    widths = []
    for outcome, shown in rows.groupby("outcome"):
        if not np.isfinite(pupil[outcome]):
            continue
        low, high = -np.inf, np.inf
        for split, group, mean, step in shown[["split", "group", "mean", "rounded_to"]].itertuples(
            index=False
        ):
            if not belongs(study, pupil, split, group):
                continue
            known = others.loc[
                [belongs(study, row, split, group) for _, row in others.iterrows()], outcome
            ].dropna()
            n = len(known) + 1
            low = max(low, n * (mean - step / 2) - known.sum())
            high = min(high, n * (mean + step / 2) - known.sum())
        widths.append((high - low) / found.meta["outcomes"][0]["norm_sd"] * 15)
    return min(widths, default=np.inf)


def belongs(study: Study, pupil: pd.Series, split: str, group: str, status: bool | None = None) -> bool:
    """Whether a pupil is in a group of a split, were the pupil's status as given."""
    words = study.words
    disadvantaged = bool(pupil["disadvantaged"]) if status is None else status
    own = {
        "treatment": words.treated if pupil["treated"] == 1 else words.control,
        "year_group": f"year {pupil['year_group']}",
        "disadvantaged": words.disadvantaged if disadvantaged else words.others,
    }
    parts = [name for name in own if name in split]
    return split == "all" or group == ", ".join(own[name] for name in parts)


def one_pupil(
    study: Study,
    tables: dict[str, pd.DataFrame],
    whole: Results,
    releases: list[Release],
    name: str,
    more: bool,
) -> Attacked:
    """Everything again without a pupil, and what attackers make of it."""
    analysis = tables["analysis"]
    pupil = analysis[analysis["pupil"] == name].iloc[0]
    less = without(study, tables, name)
    results = asked_again(study, less, whole)
    left = matched(study, less["analysis"][~less["analysis"]["joined_late"]])
    others = left[left["school"] == pupil["school"]]
    widths = {found.meta["audience"]: narrowest(study, found, pupil, others) for found in releases}
    told = told_by(study, results, releases, aware=True)
    alone, added = None, None
    if more:
        alone = told_by(study, results, releases, aware=False)
        earlier = following(study, results, [None] * len(releases), audiences(releases))
        added = told_by(study, whole, earlier, aware=True)
    return Attacked(
        changed(whole, results, pupil["school"]), shift(whole, results), widths, told, alone, added
    )


def told_by(study: Study, results: Results, releases: list[Release], *, aware: bool) -> dict[str, int]:
    """By audience, the figures by status that a second release changes, made knowing the first or not."""
    second = following(study, results, releases if aware else [None] * len(releases), audiences(releases))
    return {
        found.meta["audience"]: differing(first, found) for first, found in zip(releases, second, strict=True)
    }


def following(
    study: Study, results: Results, before: Sequence[Release | None], to: Sequence[str]
) -> list[Release]:
    """The releases of results, each made knowing that to the wider audience and the one published before."""
    made: list[Release] = []
    for audience, last in zip(to, before, strict=True):
        made.append(protect(study, results, "second", "store", audience, made[-1] if made else None, last))
    return made


def audiences(releases: Sequence[Release]) -> list[str]:
    """To whom releases are."""
    return [found.meta["audience"] for found in releases]


def changed(whole: Results, less: Results, school: str) -> int:
    """Figures of other schools' descriptives that differ."""
    one, two = (found.tables["descriptives"].set_index(KEYS)[["n", "mean", "sd"]] for found in (whole, less))
    mine = one.index.get_level_values("level") != "school"
    mine |= one.index.get_level_values("unit") == school
    other = one[~mine]
    return int((~np.isclose(other, two.reindex(other.index), rtol=0, atol=0, equal_nan=True)).sum())


def shift(whole: Results, less: Results) -> tuple[float, str]:
    """The largest change of a model's estimate in standard errors, and where."""
    one, two = (found.tables["estimates"].set_index(["model", "term"]) for found in (whole, less))
    moved = ((one["estimate"] - two["estimate"]) / one["std_error"]).abs()
    return float(moved.max()), " ".join(moved.idxmax())


def measure(pupils: int, jobs: int) -> tuple[list[Attacked], int]:
    """Every pupil drawn, attacked."""
    study = load_study(STUDY, find_root())
    with TemporaryDirectory() as made:
        write_demo(Path(made), study.seed)
        tables = dict(take_in(study, Path(made), lambda *_: None))  # whole, to be sent to other processes
    whole = answer(study, tables)
    releases = releases_for(study, whole, "first", "store", Path(made))
    reported = whole.meta["reported_schools"]
    there = matched(study, tables["analysis"])
    there = there[there["school"].isin(reported) & ~there["joined_late"]].dropna(subset=["disadvantaged"])
    drawn = list(there["pupil"].sort_values().sample(pupils, random_state=1))
    # Not forked: DuckDB has threads, which a fork does not copy.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        more = (at < MORE for at in range(pupils))
        found = pool.map(one_pupil, *map(repeat, (study, tables, whole, releases)), drawn, more, chunksize=5)
        return list(progress(found, pupils)), len(reported)


def progress(found: Iterable[Attacked], pupils: int) -> Iterator[Attacked]:
    """What is found, as it is, with a word of how far it is."""
    for done, item in enumerate(found, start=1):
        sys.stderr.write(f"\r{done} of {pupils} pupils")
        yield item
    sys.stderr.write("\n")


def page(found: list[Attacked], schools: int) -> str:
    """The table, and what it says."""
    lines = [
        f"{len(found)} pupils of the {schools} reported schools of `{STUDY}`, each taken out in turn.",
        "",
        "| audience | narrowest range of a score left, points | pupils with under 20 points | pupils with a figure by status that "
        "changed | the same, the pupil added rather than taken out | the same, had the first release not been looked at |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    tried = [(item.told_added, item.told_alone) for item in found if item.told_added and item.told_alone]
    for audience in found[0].widths:
        widths = np.array([item.widths[audience] for item in found])
        told = sum(bool(item.told[audience]) for item in found)
        added, alone = (sum(bool(named[audience]) for named in each) for each in zip(*tried, strict=True))
        own = " (the school’s own)" if audience == "school" else ""
        lines.append(
            f"| {audience} | {widths.min():.1f} | {int((widths < WIDTH - 1e-6).sum())} | {told}{own} "
            f"| {added} of {len(tried)}{own} | {alone} of {len(tried)} |"
        )
    shift_most = max(item.model_shift for item in found)
    lines += [
        "",
        f"Descriptive figures of other schools that changed at full precision: {sum(item.others_changed for item in found)}.",
        f"The largest influence of one pupil on a shared model’s estimate: {shift_most[0]:.3f} standard errors ({shift_most[1]}).",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and bring the page up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pupils", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    measured = page(*measure(asked.pupils, asked.jobs))
    PAGE.write_text(f"{before}{BEGIN}\n{measured}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    sys.stdout.write(measured)


if __name__ == "__main__":
    main()
