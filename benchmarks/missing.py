"""What missing scores do to the headline, and whether the tipping point warns: studies of known truth with scores taken out.

    python benchmarks/missing.py --seeds 200

writes docs/missing.md. Each study is the synthetic one at analysis level, with every score; then scores of the last test are taken out at
random, by what else is known of the pupil, by the score itself, or of whole schools. The answer from every score is what the others are held to.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from rich.progress import track
from scipy.special import expit

from evaluation.impact.claims import code
from evaluation.impact.imputed import Imputed, impute, pooled
from evaluation.impact.refit import answered
from evaluation.impact.sample import population
from evaluation.impact.tipping import SMALL, moved_interval
from evaluation.simulate.analysis import analysis_data
from evaluation.simulate.truth import Truth, estimands
from evaluation.study import Study, load_study

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "missing.md"
START, END = "<!-- simulation -->", "<!-- end of simulation -->"
IMPUTATIONS = 3
TRUTH = Truth(effect=4.0, missing=((0.0, 0.0),) * 3)
Taken = Callable[[pd.DataFrame, np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How scores of the last test come to be missing."""

    name: str
    taken: Taken


def _at_random(pupils: pd.DataFrame, generator: np.random.Generator, share: float) -> np.ndarray:
    return generator.random(len(pupils)) < share


def _by(pupils: pd.DataFrame, generator: np.random.Generator, what: str, slope: float) -> np.ndarray:
    """A tenth of the comparison schools' pupils at random, and of the treated the likelier the lower `what` is, a tenth in all."""
    low = -(pupils[what] - pupils[what].mean()) / pupils[what].std()
    treated = (pupils["treated"] == 1).to_numpy()
    chance = expit(np.log(0.1 / 0.9) + slope * low)
    chance = np.where(treated, chance * 0.1 / chance[treated].mean(), 0.1)
    return generator.random(len(pupils)) < chance


def _schools(pupils: pd.DataFrame, generator: np.random.Generator, lowest: bool) -> np.ndarray:
    """Every score of two treated schools: any two, or those whose scores are lowest."""
    means = pupils[pupils["treated"] == 1].groupby("school")["endline"].mean().sort_values()
    gone = means.index[:2] if lowest else generator.choice(means.index, 2, replace=False)
    return pupils["school"].isin(gone).to_numpy()


PATTERNS = [
    Pattern("at random, 10%", partial(_at_random, share=0.1)),
    Pattern("by the baseline", partial(_by, what="baseline", slope=1.0)),
    Pattern("by the score itself, weakly", partial(_by, what="endline", slope=0.3)),
    Pattern("by the score itself", partial(_by, what="endline", slope=1.0)),
    Pattern("by the score itself, strongly", partial(_by, what="endline", slope=2.0)),
    Pattern("two treated schools, any", partial(_schools, lowest=False)),
    Pattern("two treated schools, the lowest", partial(_schools, lowest=True)),
]


def study_of(seed: int, study: Study) -> list[dict[str, object]]:
    """One study under every pattern: its answers from every score, from complete cases and with the missing drawn, and the claim."""
    analysis = analysis_data(seed, TRUTH)
    study, model = study.model_copy(update={"seed": seed}), study.analysis.models["headline"]
    whole = answered(model.formula, model.term, population(analysis))
    rows = []
    for place, pattern in enumerate(PATTERNS):
        taken = pattern.taken(analysis, np.random.default_rng([seed, place]))
        lacking = analysis.assign(endline=analysis["endline"].mask(taken))
        complete = answered(model.formula, model.term, population(lacking))
        drawn = impute(study, lacking, IMPUTATIONS)
        filled = pooled(model.formula, model.term, drawn.completed) if drawn.completed else complete
        rows.append(
            {
                "pattern": pattern.name,
                "whole": whole.estimate,
                "complete": complete.estimate,
                "imputed": filled.estimate,
                "changed": code(whole.ci_low, whole.ci_high) != code(filled.ci_low, filled.ci_high),
                "fragile": fragile(study, drawn),
            }
        )
    return rows


def fragile(study: Study, drawn: Imputed) -> bool:
    """Whether drawn scores of one arm, moved by the SMALL distance either way, give another finding: what the warning means."""
    if not drawn.completed:
        return False
    outcome = drawn.pupils["endline"]
    far = SMALL * float(outcome.std())
    for arm in (1, 0):
        at = moved_interval(study, drawn, outcome.isna() & (drawn.pupils["treated"] == arm))
        if len({code(*at(delta)) for delta in (-far, 0.0, far)}) > 1:
            return True
    return False


def summary(found: pd.DataFrame) -> Iterator[dict[str, str]]:
    """One row a pattern."""
    for name, rows in found.groupby("pattern", sort=False):
        fragile, changed = rows["fragile"], rows["changed"]
        bias = {kind: rows[kind] - rows["whole"] for kind in ("complete", "imputed")}
        yield {
            "scores missing": str(name),
            **{
                f"{kind}, bias (s.e.)": f"{left.mean():+.2f} ({left.std() / np.sqrt(len(left)):.2f})"
                for kind, left in bias.items()
            },
            "finding changed": f"{changed.mean():.1%}",
            "warned of": f"{fragile.mean():.1%}",
            "of those changed": f"{fragile[changed].mean():.0%} of {changed.sum()}" if changed.any() else "–",
            "of the others": f"{fragile[~changed].mean():.1%}",
        }


def _markdown(rows: list[dict[str, str]]) -> Iterator[str]:
    yield "| " + " | ".join(rows[0]) + " |"
    yield "|" + "---|" * len(rows[0])
    for row in rows:
        yield "| " + " | ".join(row.values()) + " |"


def main() -> None:
    """Simulate; put the table in its place on the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=200, help="studies under each pattern")
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args()
    one = partial(study_of, study=load_study("ssif_maths", ROOT))
    with ProcessPoolExecutor(asked.jobs) as pool:
        studies = list(track(pool.map(one, range(1, asked.seeds + 1)), "simulating", total=asked.seeds))
    table = "\n".join(_markdown(list(summary(pd.DataFrame([row for rows in studies for row in rows])))))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    told = f"{asked.seeds:,} studies under each, the true effect {estimands(TRUTH).headline:.1f} points:"
    PAGE.write_text(f"{before}{START}\n{told}\n\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
