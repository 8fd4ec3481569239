"""The project's results, for a reviewer: every estimate as published, and whether a fresh fit agrees with it."""

from typing import Any

from evaluation.disclose import Release
from evaluation.errors import ReportError, nearest
from evaluation.models import FittedModel
from evaluation.models import agreement as agreement_of
from evaluation.report import figures, wording
from evaluation.report import numerals as write
from evaluation.report.facts import (
    Facts,
    cell,
    claim,
    interval_cell,
    places,
    project_gap_facts,
    row,
    rows,
    words,
)
from evaluation.report.items import NOTHING, Cover, Figure, Group, Prose, Table
from evaluation.report.project import (
    based_on,
    cover_of,
    gap_change,
    headline_facts,
    headline_sentences,
    main_regression,
)

TOLERANCE = 1e-6
METHODS = {
    "kenward-roger": "Kenward-Roger",
    "satterthwaite": "Satterthwaite",
    "cr2": "Cluster-robust (CR2)",
    "wild-bootstrap": "Wild cluster bootstrap",
    "randomisation": "Randomisation or placebo test",
    "group-means": "Least squares on school means",
    "statsmodels": "statsmodels MixedLM",
}
COMPARED = ("estimate", "std_error", "ci_low", "ci_high")


def cover(release: Release) -> Cover:
    """The page's title: nothing is called impact where there is nothing to compare with."""
    title = "Impact" if wording.has_comparison(release.meta["comparison"]) else "Results"
    return cover_of(release, title, [release.meta["about"]])


def headline(release: Release) -> Prose:
    """The answer to the main question, and what the comparison allows it to mean."""
    facts = headline_facts(release)
    rest = f"This rests on {based_on(facts)}." if facts is not None else ""
    points = [
        *headline_sentences(release),
        rest,
        main_regression(release),
        wording.strength(release.meta["comparison"]),
    ]
    return Prose("The main result", points=[point for point in points if point], kind="key")


def gap(release: Release) -> Prose:
    """The gap by disadvantage, and whether it differs between the groups."""
    return Prose(
        paragraphs=[
            text for text in (claim(release, "gap", project_gap_facts(release)), gap_change(release)) if text
        ]
    )


def estimates(release: Release, model: str) -> Table | Prose:
    """Every fixed term of a model, with its small-sample inference."""
    if model not in release.meta["models"]:
        return _not_planned(release, model)
    planned, digits = _planned(release, model), places(release)
    found = rows(release, "estimates", model=model)
    lines = [
        (
            write.capital(item["label"]),
            write.number(item["estimate"], digits + 1),
            write.number(item["std_error"], digits + 1),
            write.number(item["df"], 1),
            write.probability(item["p_value"]),
            write.interval(item["ci_low"], item["ci_high"], digits + 1),
        )
        for _, item in found.iterrows()
    ]
    columns = ("Term", "Estimate", "Standard error", "Degrees of freedom", "p", "95% confidence interval")
    return Table(
        planned["title"],
        columns,
        [Group("", lines)],
        notes=_model_notes(planned, found.iloc[0], words(release)["unit"]),
    )


def beside(release: Release, model: str) -> Table | Prose:
    """The model that the plan shows beside this one as a check, whichever of the two names the other."""
    own = release.meta["models"].get(model, {}).get("beside")
    others = [
        name for name, planned in release.meta["models"].items() if name == own or planned["beside"] == model
    ]
    return estimates(release, others[0]) if others else NOTHING


def _model_notes(planned: dict[str, str], first: Facts, unit: str) -> list[str]:
    method = "Kenward-Roger" if first["method"] == "kenward-roger" else first["method"]
    notes = [
        f"In {unit}. {planned['formula']}",
        f"{write.capital(based_on(first))}; {write.count(first['n_dropped'])} pupils left out for want of a value. "
        f"Restricted maximum likelihood, {method} inference.",
    ]
    if first["at_boundary"]:
        notes.append(
            "A variance is estimated as zero, which is ordinary with few schools; the estimates stand."
        )
    return notes


def estimates_figure(release: Release) -> Figure | Prose:
    """The term that answers each model's question, with its interval."""
    drawn, digits = [], places(release)
    for name, planned in release.meta["models"].items():
        facts = row(release, "estimates", model=name, term=planned["term"])
        if facts is not None:
            label = figures.wrapped(planned["title"], 24)
            drawn.append(figures.Estimate(label, facts["estimate"], facts["ci_low"], facts["ci_high"]))
    if not drawn:
        return NOTHING
    listed = "; ".join(figures.in_words(item, digits) for item in drawn)
    unit = words(release)["unit"]
    with figures.canvas(1.1 + 0.7 * len(drawn)) as (figure, axes):
        figures.draw_estimates(axes, drawn, f"estimate, {unit}")
        alt = f"The estimate that answers each question, in {unit}, with its 95% interval: {listed}."
        return figures.picture(
            figure, alt, "The estimate that answers each question, with its 95% confidence interval."
        )


def panel(release: Release, question: str) -> Table | Prose:
    """A question's answer under every method of inference, and whether they agree."""
    found = rows(release, "panel", question=question)
    if found.empty:
        return NOTHING
    digits = places(release) + 1
    applies = found[found["p_value"].notna()]
    lines = [
        (
            METHODS[item["method"]],
            cell(item, "estimate", digits),
            cell(item, "std_error", digits),
            _freedom(item["df"]),
            write.probability(item["p_value"]),
            interval_cell(item, digits),
        )
        for _, item in applies.iterrows()
    ]
    columns = ("Method", "Estimate", "Standard error", "Degrees of freedom", "p", "95% confidence interval")
    small_sample = applies[applies["method"] != "statsmodels"]
    notes = [agreement_of(small_sample.set_index(small_sample["method"].map(METHODS)))]
    notes += [
        f"{METHODS[item['method']]}: {item['note'].rstrip('.')}."
        for _, item in found.iterrows()
        if item["note"]
    ]
    title = release.meta["models"][found["model"].iloc[0]]["title"]
    return Table(f"{title}: by every method that applies", columns, [Group("", lines)], notes=notes)


def _freedom(df: float) -> str:
    if not write.known(df):
        return "–"
    return "∞" if df == float("inf") else write.number(df, 1)


def effect_sizes(release: Release) -> Table | Prose:
    """Each model's own term as an effect size, or the reason there is none."""
    if rows(release, "effect_sizes").empty:
        return NOTHING
    lines, digits, notes = [], places(release), [f"Standard deviations are in {words(release)['unit']}."]
    for _, item in rows(release, "effect_sizes").iterrows():
        title = _planned(release, item["model"])["title"]
        if write.known(item["estimate"]):
            interval = write.interval(item["ci_low"], item["ci_high"], 2)
            lines.append(
                (
                    title,
                    write.number(item["estimate"], 2),
                    interval,
                    write.number(item["denominator"], digits),
                )
            )
        else:
            lines.append((title, "–", "–", "–"))
            notes.append(f"{title}: none, because {item['reason']}.")
    columns = ("Question", "Effect size", "95% confidence interval", "Standard deviation")
    return Table(
        "Effect sizes, and the standard deviation each is a share of",
        columns,
        [Group("", lines)],
        notes=notes,
    )


def variances(release: Release, model: str) -> Table | Prose:
    """Where the scores vary: between schools, between classes, between pupils."""
    if model not in release.meta["models"]:
        return NOTHING
    planned, digits = _planned(release, model), places(release)
    lines = [
        (
            _component(item),
            write.number(item["variance"], digits),
            write.percentage(item["share"]) if write.known(item["share"]) else "–",
        )
        for _, item in rows(release, "variances", model=model).iterrows()
    ]
    columns = ("Component", "Variance", "Share")
    return Table(f"{planned['title']}: where the scores vary", columns, [Group("", lines)])


def _component(item: Facts) -> str:
    group = {"school": "Schools", "school:class": "Classes within schools", "residual": "Pupils"}.get(
        item["group"], item["group"]
    )
    ends = [term for term in (item["term_1"], item["term_2"]) if term and term.strip("()") != "Intercept"]
    if item["term_1"] == item["term_2"]:
        return f"{group}, {ends[0]}" if ends else group
    return f"{group}, covariance {'of' if len(ends) > 1 else 'with'} {write.listed(ends)}"


def agreement(release: Release, model: str, result: FittedModel | None) -> Prose:
    """Whether a model fitted afresh agrees with what was published; `result` is None where the plan has no such model.

    Raises
    ------
    ReportError
        When any estimate, standard error or end of an interval differs by more than a millionth of the standard
        error; the term is named.
    """
    if model not in release.meta["models"] or result is None:
        return _not_planned(release, model)
    planned, fresh = _planned(release, model), result.coefficients
    widest = 0.0
    for _, published in rows(release, "estimates", model=model).iterrows():
        term = published["term"]
        if term not in fresh.index:
            raise ReportError(
                f"Model {model!r} as fitted afresh has no term {term!r}, which the release has."
            )
        apart = (
            max(abs(fresh.loc[term, name] - published[name]) for name in COMPARED) / published["std_error"]
        )
        if not apart <= TOLERANCE:
            raise ReportError(
                f"Model {model!r}, term {term!r}: fitted afresh it is {fresh.loc[term, 'estimate']:.6g}, published it is "
                f"{published['estimate']:.6g}. The release and the store do not belong together."
            )
        widest = max(widest, apart)
    bound = "a millionth" if widest > 1e-9 else "a thousand-millionth"
    return Prose(
        paragraphs=[
            f"Fitted afresh from the store, “{planned['title']}” agrees with what was published: no estimate, standard "
            f"error or interval differs by more than {bound} of a standard error."
        ],
        kind="note",
    )


def _not_planned(release: Release, model: str) -> Prose:
    """A plan need not have every model the page asks for: one without a gap has nothing to show of it.

    Where nobody is compared with no model is to be expected, and there is nothing to say of it.
    """
    if not wording.has_comparison(release.meta["comparison"]):
        return NOTHING
    near = nearest(model, list(release.meta["models"]))
    return Prose(paragraphs=[f"The plan has no model {model!r}, so there is nothing to show here.{near}"])


def _planned(release: Release, model: str) -> dict[str, Any]:
    models = release.meta["models"]
    if model not in models:
        raise ReportError(f"The plan has no model {model!r}.{nearest(model, list(models))}")
    return models[model]
