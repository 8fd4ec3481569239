"""The page of benchmarks/calibration.py, from its results alone."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_figure import ERRORS, KENWARD_ROGER, LEVEL, METHODS, SIZES, draw, limits
from scipy import stats

DOCS = Path(__file__).resolve().parents[1] / "docs"
RESULTS, PAGE, FIGURE = DOCS / "calibration.csv", DOCS / "calibration.md", DOCS / "images" / "calibration.png"
SCHOOLS, CORRELATION = 10, 0.15  # from which a test is to be neither too lax nor too strict
AGREES = 1e-5
CELL = ["schools", "correlation", "sizes"]
GAP_METHODS = {
    "intercept": "random intercept, Kenward-Roger",
    "slope": "random slope, Kenward-Roger",
    "cr2": "random intercept, CR2",
}
PACKAGES = ("numpy", "scipy", "pandas", "matplotlib")


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement that the results bear out or do not, and what they are."""

    text: str
    holds: bool
    found: str


def read_results(path: Path = RESULTS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the effect of treatment, and of its effect on a gap."""
    results = pd.read_csv(path, dtype={"sizes": str})
    main = results["term"] == "treated"
    return results[main], results[~main]


def claims(main: pd.DataFrame) -> list[Claim]:
    """What Kenward-Roger's test is held to."""
    low, high = limits(main["studies"].min())
    own = main[main["method"] == KENWARD_ROGER]
    ample = own[(own["schools"] >= SCHOOLS) & (own["correlation"] >= CORRELATION)]
    compared = own["pbkrtest_studies"].min()
    worst = own["pbkrtest_difference"].max()
    return [
        Claim(
            f"Kenward-Roger rejects too often nowhere: in no cell above 5% + {ERRORS} Monte Carlo errors, {high:.2%}",
            bool((own["rejected"] <= high).all()),
            _strayed(own, -1.0, high),
        ),
        Claim(
            f"From {SCHOOLS} schools and an intraclass correlation of {CORRELATION} it is within {ERRORS} Monte Carlo "
            f"errors of 5%, {low:.2%} to {high:.2%}",
            bool(ample["rejected"].between(low, high).all()),
            _strayed(ample, low, high),
        ),
        Claim(
            f"Its p equals pbkrtest's on {compared:.0f} studies a cell, within a share of {_power(AGREES)}",
            bool(worst <= AGREES),
            f"they differ by {_power(worst)} of p at most",
        ),
    ]


def _power(share: float) -> str:
    return np.format_float_scientific(share, precision=1, exp_digits=1, trim="-")


def _strayed(rows: pd.DataFrame, low: float, high: float) -> str:
    """The range of the rates of these cells, those outside the limits by name, and how likely chance would put one there."""
    rates, studies = rows["rejected"], int(rows["studies"].min())
    span = f"{len(rows)} cells, {rates.min():.2%} to {rates.max():.2%}"
    outside = rows[~rates.between(low, high)]
    if outside.empty:
        return span
    named = "; ".join(
        f"{count} schools, {correlation:g}, {SIZES[sizes][0]} sizes: {rate:.2%}"
        for count, correlation, sizes, rate in outside[[*CELL, "rejected"]].itertuples(index=False)
    )
    counts = stats.binom(studies, LEVEL)
    one = counts.sf(np.floor(high * studies)) + counts.cdf(np.ceil(low * studies) - 1)
    chance = 1 - (1 - one) ** len(rows)
    return f"{span}; {len(outside)} outside: {named}. Were the test exact, chance would put a cell outside in {chance:.0%} of such simulations"


def page(main: pd.DataFrame, gap: pd.DataFrame, facts: Mapping[str, object]) -> str:
    """The page of results, in Markdown; `facts` are the conditions it states."""
    studies = int(main["studies"].min())
    low, high = limits(studies)
    own = main[main["method"] == KENWARD_ROGER]
    strict = own[own["rejected"] < low]
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    return TEMPLATE.format(
        **facts,
        studies=f"{studies:,}",
        count=studies,
        cells=len(own),
        error=f"{np.sqrt(LEVEL * (1 - LEVEL) / studies):.2%}",
        largest_error=f"{np.sqrt(0.25 / studies):.2%}",
        low=f"{low:.2%}",
        high=f"{high:.2%}",
        claims=_table(_claims(claims(main))),
        methods=_table(_methods(main, low, high)),
        rejected=_table(_grid(main, "rejected", low, high)),
        power=_table(_grid(main, "power", low, high)),
        strict=_table(_strict(main, strict, low, high)) if len(strict) else "In none of these cells.",
        strict_count=len(strict),
        gap=_table(_gap(gap)),
        gap_studies=f"{int(gap['studies'].min()):,}",
        gap_found=_gap_found(gap),
        versions=", ".join(versions),
    )


def _claims(found: Iterable[Claim]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"": claim.text, "holds": "yes" if claim.holds else "**no**", "found": claim.found}
            for claim in found
        ]
    )


def _methods(main: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """Each method's rates over the cells."""
    rates = {name: main.loc[main["method"] == method, "rejected"] for method, name in METHODS.items()}
    return pd.DataFrame(
        {
            "method": name,
            "lowest": f"{rate.min():.1%}",
            "highest": f"{rate.max():.1%}",
            f"cells above {high:.2%}": (rate > high).sum(),
            "cells within": rate.between(low, high).sum(),
            f"cells below {low:.2%}": (rate < low).sum(),
        }
        for name, rate in rates.items()
    )


def _grid(main: pd.DataFrame, column: str, low: float, high: float) -> pd.DataFrame:
    """A row a cell, a column a method."""
    rows = []
    for _, cell in main.groupby(CELL):
        own = cell[cell["method"] == KENWARD_ROGER].iloc[0]
        more = {
            "Kenward-Roger's median df": f"{own['median_df']:.1f}",
            "at the boundary": f"{own['at_boundary']:.1%}",
        }
        rows.append(_cell(own) | _rates(cell, column, low, high) | (more if column == "rejected" else {}))
    return pd.DataFrame(rows)


def _cell(row: pd.Series) -> dict[str, object]:
    return {
        "schools": row["schools"],
        "correlation": f"{row['correlation']:g}",
        "sizes": SIZES[row["sizes"]][0],
    }


def _rates(cell: pd.DataFrame, column: str, low: float, high: float) -> dict[str, str]:
    """Each method's rate: bold where it rejects a true null too often, italic where too seldom."""
    found = {}
    for method, name in METHODS.items():
        row = cell[cell["method"] == method].iloc[0]
        mark = "**" if row["rejected"] > high else "*" if row["rejected"] < low else ""
        found[name] = f"{mark}{row[column]:.1%}{mark}"
    return found


def _strict(main: pd.DataFrame, strict: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """The cells where Kenward-Roger rejects a true null too seldom, with what it costs."""
    rows = []
    for _, own in strict.iterrows():
        same = (main[CELL] == own[CELL]).all(axis=1)
        power = {f"power: {name}": rate for name, rate in _rates(main[same], "power", low, high).items()}
        rows.append(_cell(own) | {"Kenward-Roger's type I error": f"{own['rejected']:.2%}"} | power)
    return pd.DataFrame(rows)


def _gap(gap: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (sizes, sd), cell in gap.groupby(["sizes", "slope_sd"], sort=False):
        rates = cell.set_index("method")[["rejected", "power"]].map("{:.1%}".format)
        errors = {name: rates["rejected"][method] for method, name in GAP_METHODS.items()}
        power = {f"power: {name}": rates["power"][method] for method, name in GAP_METHODS.items()}
        rows.append({"pupils a school": sizes, "slope's sd": f"{sd:g}"} | errors | power)
    return pd.DataFrame(rows)


def _gap_found(gap: pd.DataFrame) -> str:
    """The cells of a slope of 0.2 in a sentence."""
    found = gap[gap["slope_sd"] == 0.2].pivot(index="method", columns="sizes", values="rejected")
    few, many = found["24"], found["90"]
    return (
        f"With a standard deviation of 0.2 and 90 pupils a school, a true null is rejected in {many['intercept']:.1%} of studies "
        f"without the slope, {many['slope']:.1%} with it and {many['cr2']:.1%} by CR2; with 24 pupils in "
        f"{few['intercept']:.1%}, {few['slope']:.1%} and {few['cr2']:.1%}."
    )


def _table(frame: pd.DataFrame) -> str:
    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(str(cell) for cell in cells) + " |"

    rule = "|" + "---|" * len(frame.columns)
    return "\n".join([line(frame.columns), rule, *(line(row) for row in frame.itertuples(index=False))])


TEMPLATE = """\
# Are the tests as strict as they say?

A test at 5% should reject a true null hypothesis in 5% of studies. Here are {studies} simulated studies in each of {cells}
cells, half of whose schools are treated to no effect, and how often each method of inference finds one all the same.

    python benchmarks/calibration.py --studies {count} --jobs 2

![Type I error of five methods by number of schools and intraclass correlation.](images/calibration.png)

A rate's Monte Carlo error is {error} where it is 5%, and {largest_error} at most. Bars are 3 Monte Carlo errors either
way; the grey band is as far as an exact test may stray, {low} to {high}.

## What Kenward-Roger is held to

{claims}

## The methods

{methods}

z, Satterthwaite, Kenward-Roger and CR2 test the REML fit of `{formula}`. The wild cluster bootstrap is of least squares
with the same fixed terms: all sign patterns with 6 and 10 schools, {draws} draws of Webb's weights with 20 and 40. It counts
ties as half. With 6 schools the data and their mirror image are two of 64 patterns, so that p is 1/64, 3/64, 5/64 and so on: the
first two of 32 are below 5%, which is 6.25% of studies where all are equally likely.

## Type I error

{rejected}

**Bold**: above {high}. *Italic*: below {low}. A 95% interval misses the truth as often as the test rejects: its coverage is
100% less the figure shown.

## Power

To find an effect of {effect} standard deviations of the outcome (given the baseline). Adding an effect moves an interval by as
much and changes nothing else, so these are the same studies. Marks as above: **bold** power is that of a test that rejects true
nulls too often, and no merit.

{power}

## Where Kenward-Roger is conservative

It rejects a true null in less than {low} of studies in {strict_count} cells. A variance between schools is never
estimated below zero: where the true one is zero or small it comes out too large on average, and with it the standard
error. Where it comes out as zero, the degrees of freedom still are those of few schools, because such a study cannot tell that the
truth is zero too. What that costs:

{strict}

## A gap's change

Whether treatment changes the gap between disadvantaged and other pupils is a contrast within schools, and needs the gap's random
slope. {gap_schools} schools, half treated, an intraclass correlation of {gap_correlation:g}, a third of each school's pupils disadvantaged, {gap_studies} studies a row; type I
error, then power to find a change of {effect} standard deviations:

{gap}

{gap_found}
The error of the model without the slope grows with the pupils in a school, because its standard error takes
their number, and not that of schools, for the information there is.

## The studies

Schools have {equal} pupils each, or sizes drawn from {unequal} with the same mean. A pupil's score is {baseline:g} times the baseline plus
a school's effect and an error, whose variances sum to 1; the intraclass correlation is the schools' share of it. The
baseline has variance 1, {between:.0%} of it between schools. Sizes, baselines, effects and errors are drawn anew in every study. For
the gap, the slope of disadvantage varies from school to school with the standard deviation shown, apart from the schools' effects.

pbkrtest is given lme4's fit under a tight control (`benchmarks/calibration.R`). All numbers are in `docs/calibration.csv`; `--redraw` makes this page from it.

Drawn with {versions}.
"""


def write_page(facts: Mapping[str, object]) -> None:
    """Draw page and figure from the results."""
    main, gap = read_results()
    FIGURE.parent.mkdir(exist_ok=True)
    draw(main).savefig(FIGURE, metadata={"Software": None})
    PAGE.write_text(page(main, gap, facts), encoding="utf-8")
