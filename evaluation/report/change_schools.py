"""Each school's change: shown as far as it may be, and worked out afresh from the store."""

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.disclose import Release
from evaluation.errors import ReportError
from evaluation.impact.sample import ALL
from evaluation.models import sign_flip_test
from evaluation.report import figures, wording_change
from evaluation.report import numerals as write
from evaluation.report.change import CHANGES
from evaluation.report.facts import places, row, rows, treatment_varies, words
from evaluation.report.items import NOTHING, Figure, Prose

TOLERANCE = 1e-6  # of a standard error
FAR_DRAWS = 0.03  # between two samples of the patterns of signs: four standard deviations of their difference


def schools_figure(release: Release) -> Figure | Prose:
    """Every school's change, in the register's order, under the estimate over all of them; those withheld are named."""
    facts, points = row(release, "changes", question="change"), _points(release)
    known = points.dropna()
    if facts is None or known.empty:
        return NOTHING
    unit, digits = words(release)["unit"], places(release)
    whole = figures.Estimate("all schools", facts["estimate"], facts["ci_low"], facts["ci_high"])
    drawn = [figures.Estimate(figures.wrapped(str(name)), at, np.nan, np.nan) for name, at in known.items()]
    listed = "; ".join(f"{name}, {write.number(at, digits)}" for name, at in known.items())
    over = write.number(whole.value, digits) if np.isnan(whole.low) else figures.in_words(whole, digits)
    hidden = [str(name) for name in points.index[points.isna()]]
    caption = wording_change.CHANGE_POINTS + (
        f" Withheld to protect pupils: {write.listed(hidden)}." if hidden else ""
    )
    with figures.canvas(1.3 + 0.45 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, [whole, *drawn], f"change from first test to last,\n{unit}")
        alt = f"Change from the first test to the last in {unit}, over all schools {over}, and of each: {listed}."
        return figures.picture(figure, alt, caption)


def _points(release: Release) -> pd.Series:
    """The change between the published means of each school that the estimate counts, by name; NaN where one is withheld."""
    meta, counted = release.meta, release.meta["changed_schools"]
    if treatment_varies(release) or meta["baseline"] is None:
        return pd.Series(dtype=float)
    found = rows(release, "descriptives", level="school", split="all", group=ALL, symbol="")
    means = found.pivot(index="unit", columns="outcome", values="mean")
    listed = {item["school"]: item["name"] for item in meta["schools"] if item["school"] in counted}
    names = [test["name"] for test in (meta["baseline"], meta["outcome"])]
    first, last = (means.reindex(index=list(listed), columns=names)[name] for name in names)
    return (last - on_last_test(release, first)).rename(index=listed)


def on_last_test(release: Release, first: pd.Series) -> pd.Series:
    """Scores of the first test on the last one's scale, by their norms; as they are where either has none."""
    if not release.meta["normed"]:
        return first
    before, after = release.meta["baseline"], release.meta["outcome"]
    return (first - before["norm_mean"]) / before["norm_sd"] * after["norm_sd"] + after["norm_mean"]


def with_both(release: Release, analysis: pd.DataFrame) -> pd.DataFrame:
    """The treated who have both scores, these as `first`, on the last test's scale, and `last`; nobody where no first test is planned."""
    before, after = release.meta["baseline"], release.meta["outcome"]
    if before is None or rows(release, "changes").empty:
        return pd.DataFrame(columns=["school", "disadvantaged", "first", "last"], dtype=float)
    treated = analysis[analysis[release.meta["treatment"]["name"]] == 1]
    pupils = treated.dropna(subset=[before["name"], after["name"]])
    return pupils.assign(first=on_last_test(release, pupils[before["name"]]), last=pupils[after["name"]])


def agreement(release: Release, question: str, schools: pd.Series) -> Prose:
    """Whether one figure a school, worked out afresh, gives what was published of a change; nothing where that was not asked.

    Raises
    ------
    ReportError
        When the schools are other ones in number, or any figure differs by more than a millionth of the standard error, a p by more
        than a millionth, or what leaving one school out gives by more than it may have been rounded.
    """
    facts = row(release, "changes", question=question)
    if facts is None:
        return NOTHING
    for name, (fresh, most) in _afresh(schools).items():
        published = facts[name]
        optional = facts["reason"] != "" or name.startswith("without_one") or not write.known(fresh)
        left_out = name != "estimate" and optional and not write.known(published)
        if not left_out and not abs(fresh - published) <= most:
            raise ReportError(
                f"{question}, {name}: worked out afresh it is {fresh:.6g}, published it is {published:.6g}. The release and the store "
                "do not belong together."
            )
    title = CHANGES[question].format_map(words(release))
    return Prose(
        paragraphs=[
            wording_change.CHANGE_AGREES.format(title=write.capital(title), df=write.count(facts["df"]))
        ],
        kind="note",
    )


def _afresh(schools: pd.Series) -> dict[str, tuple[float, float]]:
    """Each figure by scipy's t test and by every pattern of signs, and the most by which what was published may differ."""
    error = float(schools.std() / len(schools) ** 0.5) if len(schools) > 1 else 1.0
    tested, signs = stats.ttest_1samp(schools, 0.0), sign_flip_test(schools.to_numpy(), seed=1)
    ends = tested.confidence_interval()
    without = (schools.sum() - schools) / max(len(schools) - 1, 1)
    close = TOLERANCE * error
    return {
        "n_schools": (len(schools), 0.0),
        "estimate": (float(schools.mean()), close),
        "std_error": (error, close),
        "ci_low": (float(ends.low), close),
        "ci_high": (float(ends.high), close),
        "p_value": (float(tested.pvalue), TOLERANCE),
        "p_sign_flip": (signs.p_value, TOLERANCE if signs.exact else FAR_DRAWS),
        "without_one_low": (float(without.min()), error / 2 + close),
        "without_one_high": (float(without.max()), error / 2 + close),
    }
