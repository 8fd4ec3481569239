"""Explore a study in JupyterLab, from its store: for evaluators alone, since nothing here is rounded or withheld."""

from dataclasses import dataclass, replace

import pandas as pd

from evaluation.derive import as_analysed
from evaluation.errors import ModelError, ReportError, nearest
from evaluation.impact.differences import FEWEST_UNITS, one_sample
from evaluation.impact.sample import ALL, disadvantage_group, population, treatment_group, year_group
from evaluation.models import fit
from evaluation.report import figures
from evaluation.report import numerals as write
from evaluation.report.items import Figure, Group, Prose, Table
from evaluation.report.worked import coefficients
from evaluation.store import Store
from evaluation.study import Study, find_root, load_study

GROUPS = {"treatment": treatment_group, "disadvantaged": disadvantage_group, "year_group": year_group}
OWN = ("school", "class", "phase", "cluster", "role", "sex")
INTERNAL = "For evaluators alone: nothing is rounded or withheld to protect pupils."
MOST = 40


@dataclass(frozen=True)
class Explored:
    """A study and the pupils its plan is about, one row each."""

    study: Study
    pupils: pd.DataFrame


def explore(study: str) -> Explored:
    """The pupils of a study's plan, as the store holds them now.

    Raises
    ------
    StudyError, StoreError
        When there is no such study, or it was never run.
    """
    root = find_root()
    return Explored(
        load_study(study, root), population(Store(root / "data" / "processed" / study).read("analysis"))
    )


def choices(found: Explored) -> Prose:
    """What can be asked for: outcomes, ways to divide pupils, and the variables of a formula."""
    plan = found.study.analysis
    said = {
        "Outcomes": [f"{name} ({item.title})" for name, item in plan.outcomes.items()],
        "Ways to divide pupils (by)": _divisions(found),
        "Variables of a formula": [str(name) for name in found.pupils.columns.drop("pupil")],
    }
    return Prose(
        "What can be asked for", points=[f"{what}: {', '.join(names)}" for what, names in said.items()]
    )


def scores(found: Explored, outcome: str = "", by: str = "") -> Table:
    """Number, mean and spread of an outcome, of all pupils or by group; the primary outcome where none is named.

    Raises
    ------
    ReportError
        When there is no such outcome or way to divide pupils; the nearest is named.
    """
    name, values = _outcome(found, outcome)
    lines = [
        (
            label,
            write.count(len(part)),
            write.number(part.mean(), 2),
            write.number(part.std(), 2) if len(part) > 1 else "–",
        )
        for label, part in _parts(found, values, by)
    ]
    notes = [
        f"In {as_analysed(found.study, found.study.analysis.outcomes[name].instrument).unit}. {INTERNAL}"
    ]
    columns = ("Pupils", "Number", "Mean", "Standard deviation")
    return Table(found.study.analysis.outcomes[name].title, columns, [Group("", lines)], notes=notes)


def means_figure(found: Explored, outcome: str = "", by: str = "") -> Figure | Prose:
    """The groups' means with their 95% intervals, schools counted alike, against the mean of all; none of fewer than four schools."""
    name, values = _outcome(found, outcome)
    drawn = []
    for label, part in _parts(found, values, by):
        means = part.groupby(found.pupils.loc[part.index, "school"].astype(str)).mean()
        if len(means) >= FEWEST_UNITS:
            at = one_sample(means, len(part), "")
            drawn.append(figures.Estimate(figures.wrapped(label), at.estimate, at.ci_low, at.ci_high))
    if not drawn or len(drawn) > MOST:
        return Prose(
            paragraphs=[f"A picture needs groups of four schools or more, and at most {MOST} of them."]
        )
    unit = as_analysed(found.study, found.study.analysis.outcomes[name].instrument).unit
    with figures.canvas(1.1 + 0.6 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, unit, marks=(float(values.mean()),), lead=False)
        listed = "; ".join(figures.in_words(item, 1) for item in drawn)
        return figures.picture(
            figure, f"Means, in {unit}: {listed}.", f"Means with their 95% intervals. {INTERNAL}"
        )


def model(found: Explored, formula: str = "") -> Table:
    """A model of the pupils: every fixed term with Kenward-Roger's inference; the plan's headline where no formula is given.

    Raises
    ------
    ReportError
        When there is no formula to fit, or it cannot be fitted to these pupils.
    """
    planned = found.study.analysis.models.get("headline")
    asked = formula or (planned.formula if planned is not None else "")
    if not asked:
        raise ReportError("Give a formula, such as score ~ treated + (1 | school): the plan has no headline.")
    try:
        fitted = fit(asked, found.pupils)
    except ModelError as error:
        raise ReportError(f"{asked!r} cannot be fitted: {error}") from None
    used = f"{write.count(fitted.n)} pupils; {write.count(fitted.n_dropped)} left out for want of a value. {INTERNAL}"
    planned_or_not = (
        "As planned."
        if asked == (planned and planned.formula)
        else "Not in the plan: what it shows was looked for."
    )
    return replace(coefficients(fitted, asked, 3), notes=[used, planned_or_not])


def _outcome(found: Explored, outcome: str) -> tuple[str, pd.Series]:
    known = found.study.analysis.outcomes
    name = outcome or found.study.analysis.primary
    if name not in known:
        raise ReportError(f"No outcome {name!r}.{nearest(name, list(known))} Outcomes: {', '.join(known)}.")
    return name, found.pupils[name].dropna()


def _divisions(found: Explored) -> list[str]:
    return [*GROUPS, *(name for name in (*OWN, *found.study.attributes) if name in found.pupils)]


def _parts(found: Explored, values: pd.Series, by: str) -> list[tuple[str, pd.Series]]:
    """Groups in words with their values, those with nobody left out."""
    if not by:
        return [(write.capital(ALL), values)]
    known = _divisions(found)
    if by not in known:
        raise ReportError(
            f"Pupils cannot be divided by {by!r}.{nearest(by, known)} Ways: {', '.join(known)}."
        )
    labels = (
        GROUPS[by](found.study, found.pupils)
        if by in GROUPS
        else found.pupils[by].fillna("not known").astype(str)
    )
    named = labels[values.index].replace("", "none")
    return [
        (write.capital(str(label)), part)
        for label, part in values.groupby(named, observed=True, sort=by in GROUPS)
    ]
