"""The worked example's data and displays: Project STAR's kindergarten mathematics, and models fitted to it."""

import numpy as np
import pandas as pd

from evaluation import models
from evaluation.models import FittedModel
from evaluation.report import figures
from evaluation.report import numerals as write
from evaluation.report.items import Figure, Group, Prose, Table
from evaluation.study import find_root

NAMES = {"teacher": "class", "math": "maths"}
METHODS = {"kenward-roger": "Kenward-Roger", "satterthwaite": "Satterthwaite", "wald": "Wald z"}


def star() -> pd.DataFrame:
    """Pupils of Project STAR with a kindergarten mathematics score: school, class, maths, small, aide, free_lunch."""
    path = find_root() / "data" / "raw" / "star" / "star_kindergarten.csv"
    text = {"pupil": str, "school": str, "teacher": str}
    pupils = pd.read_csv(path, dtype=text).rename(columns=NAMES)
    needed = ["maths", "small", "aide", "free_lunch"]
    return pupils.dropna(subset=needed)[["school", "class", *needed]].reset_index(drop=True)


def averages(pupils: pd.DataFrame) -> Table:
    """Pupils, classes, average and spread by class type."""
    kind = np.select(
        [pupils["small"] == 1, pupils["aide"] == 1],
        ["Small class", "Regular class with an aide"],
        "Regular class",
    )
    lines = [
        (
            str(name),
            write.count(len(part)),
            write.count(part.groupby(["school", "class"]).ngroups),
            write.number(part["maths"].mean(), 1),
            write.number(part["maths"].std(), 1),
        )
        for name, part in pupils.groupby(kind)
    ]
    columns = ("Class type", "Pupils", "Classes", "Average", "Standard deviation")
    return Table("Mathematics by class type, scale points", columns, [Group("", lines)])


def least_squares(pupils: pd.DataFrame) -> Table:
    """Ordinary least squares of maths on class type, as if every pupil were drawn alone."""
    design = np.column_stack([np.ones(len(pupils)), pupils["small"], pupils["aide"]])
    scores = pupils["maths"].to_numpy(dtype=float)
    inverse = np.linalg.inv(design.T @ design)
    estimates = inverse @ design.T @ scores
    residuals = scores - design @ estimates
    errors = np.sqrt(np.diag(inverse) * (residuals @ residuals) / (len(scores) - design.shape[1]))
    terms = ("Average of regular classes", "Small class", "Regular class with an aide")
    lines = [
        (term, write.number(estimate, 2), write.number(error, 2))
        for term, estimate, error in zip(terms, estimates, errors, strict=True)
    ]
    return Table("Ordinary least squares", ("Term", "Estimate", "Standard error"), [Group("", lines)])


def coefficients(result: FittedModel, caption: str, decimals: int = 2) -> Table:
    """A fitted model's terms with their small-sample inference."""
    lines = [
        (
            str(term),
            write.number(item["estimate"], decimals),
            write.number(item["std_error"], decimals),
            write.number(item["df"], 1),
            write.probability(item["p_value"]),
            write.interval(item["ci_low"], item["ci_high"], decimals),
        )
        for term, item in result.coefficients.iterrows()
    ]
    columns = ("Term", "Estimate", "Standard error", "Degrees of freedom", "p", "95% confidence interval")
    return Table(caption, columns, [Group("", lines)], notes=["In scale points."])


def methods(result: FittedModel, term: str) -> Table:
    """One term of a model under several methods of inference."""
    found = pd.DataFrame({name: result.inference(method).loc[term] for method, name in METHODS.items()}).T
    lines = [
        (
            str(name),
            write.number(item["std_error"], 3),
            write.number(item["df"], 1) if np.isfinite(item["df"]) else "∞",
            write.interval(item["ci_low"], item["ci_high"], 2),
        )
        for name, item in found.iterrows()
    ]
    columns = ("Method", "Standard error", "Degrees of freedom", "95% confidence interval")
    return Table(f"The term {term} by three methods", columns, [Group("", lines)])


def variances(result: FittedModel, caption: str) -> Table:
    """A fitted model's variances, and the share of each level."""
    names = {
        "school": "Schools",
        "school:class": "Classes within schools",
        "residual": "Pupils within classes",
    }
    total = result.variances["variance"].sum()
    lines = [
        (names[item["group"]], write.number(item["variance"], 1), write.percentage(item["variance"] / total))
        for _, item in result.variances.iterrows()
    ]
    return Table(caption, ("Level", "Variance", "Share"), [Group("", lines)])


def effect_size(result: FittedModel, term: str) -> Prose:
    """A term as an effect size, in a sentence."""
    found = models.effect_size(result, term)
    interval = write.interval(found.ci_low, found.ci_high, 2)
    text = f"Effect size of {term}: {write.number(found.estimate, 2)} standard deviations (95% confidence interval {interval})."
    return Prose(paragraphs=[text])


def class_averages(pupils: pd.DataFrame) -> Figure:
    """Class averages beside the spread they would have if pupils were spread over classes by chance."""
    classes = pupils.groupby(["school", "class"])["maths"].agg(["mean", "size"])
    spread = pupils["maths"].std()
    expected = float(np.sqrt((spread**2 / classes["size"]).mean()))
    found = float(classes["mean"].std())
    with figures.canvas(3.0) as (figure, axes):
        figures.draw_spread(
            axes, classes["mean"], float(pupils["maths"].mean()), expected, "class average, scale points"
        )
        alt = (
            f"Histogram of {len(classes)} class averages. Their standard deviation is {write.number(found, 1)}; by chance "
            f"alone it would be about {write.number(expected, 1)}, the much narrower line."
        )
        caption = "Class averages (bars) and how they would spread if pupils were in classes by chance alone (line)."
        return figures.picture(figure, alt, caption)
