"""Project STAR by the plan, beside what others have published of the same contrast, and the same study cut to ten schools.

    python benchmarks/star.py

brings docs/star.md up to date. It needs nothing but the data in the repository.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import statsmodels.formula.api as smf

from evaluation.impact.panel import panel
from evaluation.impact.plan import effect_sizes, fit_plan
from evaluation.intake import take_in
from evaluation.models import agreement, fit
from evaluation.study import Study, find_root, load_study

PAGE = Path(__file__).resolve().parents[1] / "docs" / "star.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->"
TEN = 10

# What is published, with the model it was found by; and, where nothing is, models to set beside it. Aiad et al. print no
# contrast of aides; ethnicity and teachers, which their M3 and M6 also hold fixed, are not in the data here.
PUPIL = "small + aide + C(sex) + free_lunch + C(school)"
PLAN = "small + aide + (1 | school/teacher)"
MODELS = {
    "math": [
        ("least squares", "small + aide", "robust", ("M1", "8.10 (1.60)", "", "5,725")),
        ("and schools", "small + aide + C(school)", "robust", ("M2", "9.50 (1.46)", "", "5,725")),
        ("and pupils' characteristics", PUPIL, "robust", ("M3", "9.38 (1.42)", "", "5,725")),
        (
            "and random classes, by maximum likelihood",
            f"{PUPIL} + (1 | teacher)",
            "ml",
            ("M6", "9.10 (2.26)", "", "5,725"),
        ),
        ("the same by REML", f"{PUPIL} + (1 | teacher)", "reml", None),
        ("the plan's", PLAN, "reml", None),
    ],
    "total": [
        ("least squares", "small + aide", "robust", ("published", "13.90 (2.45)", "0.31 (2.27)", "5,786")),
        ("the plan's", PLAN, "reml", None),
    ],
}


def analysis_of(study: Study, root: Path) -> pd.DataFrame:
    """The analysis table, made from the raw file in a folder of its own."""
    with TemporaryDirectory() as made:
        (Path(made) / "data").mkdir()
        (Path(made) / "data" / "raw").symlink_to(root / "data" / "raw", target_is_directory=True)
        return take_in(study, Path(made), lambda *_: None)["analysis"]


def panel_lines(study: Study, analysis: pd.DataFrame, question: str) -> list[str]:
    """A question's panel as a table, and whether its methods agree."""
    found = panel(study, fit_plan(study, analysis)).query("question == @question").set_index("method")
    lines = [
        "| method | estimate | standard error | df | p | 95% interval |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, row in found[found["p_value"].notna()].iterrows():
        error, df = (
            f"{row[name]:.{places}f}" if pd.notna(row[name]) else ""
            for name, places in (("std_error", 2), ("df", 1))
        )
        interval = f"{row['ci_low']:.2f} to {row['ci_high']:.2f}" if pd.notna(row["ci_low"]) else ""
        lines.append(
            f"| {method} | {row['estimate']:.2f} | {error} | {df} | {row['p_value']:.4f} | {interval} |"
        )
    notes = [
        f"{method}: {note}" for method, note in found["note"].items() if note and method != "statsmodels"
    ]
    return [*lines, "", agreement(found), "", *(f"- {note.rstrip('.')}." for note in notes), ""]


def sizes(study: Study, analysis: pd.DataFrame) -> str:
    """The headline as an effect size."""
    row = effect_sizes(study, fit_plan(study, analysis)).set_index("model").loc["headline"]
    return (
        f"Effect size {row['estimate']:.3f} ({row['ci_low']:.3f} to {row['ci_high']:.3f}), of a standard deviation of "
        f"{row['denominator']:.1f} points."
    )


def published(root: Path) -> list[str]:
    """The published contrasts, each before the same model on the data here; last the plan's on all who took mathematics."""
    data = pd.read_csv(root / "data" / "raw" / "star" / "star_kindergarten.csv")
    data = data.assign(total=data["math"] + data["read"], school=data["school"].astype(str))
    both = data[data["read"].notna()]
    lines = []
    for outcome, title in (("math", "Mathematics"), ("total", "Mathematics and reading")):
        lines += [
            f"{title}:",
            "",
            "| model | | small class | aide | pupils |",
            "| --- | --- | ---: | ---: | ---: |",
        ]
        for how, formula, kind, known in MODELS[outcome]:
            if known is not None:
                lines.append(f"| {how} | {' | '.join(known)} |")
            lines.append(here(how, f"{outcome} ~ {formula}", both, kind))
        if outcome == "math":
            lines.append(
                here("the plan's, with those who took no reading test", f"math ~ {PLAN}", data, "reml")
            )
        lines.append("")
    return lines


def here(how: str, formula: str, data: pd.DataFrame, kind: str) -> str:
    """A line of the table: least squares with robust errors, as published, or a multilevel model."""
    if kind == "robust":
        found = smf.ols(formula, data).fit(cov_type="HC1")
        estimates, errors, pupils = found.params, found.bse, int(found.nobs)
    else:
        fitted = fit(formula, data, reml=kind == "reml")
        table = fitted.inference("wald")
        estimates, errors, pupils = table["estimate"], table["std_error"], fitted.n
    small, aide = (f"{estimates[term]:.2f} ({errors[term]:.2f})" for term in ("small", "aide"))
    return f"| {how} | here | {small} | {aide} | {pupils:,} |"


def main() -> None:
    """Work it all out and bring the page up to date."""
    root = find_root()
    study = load_study("star", root)
    whole = analysis_of(study, root)
    first = sorted(whole["school"].unique(), key=int)[:TEN]
    few = whole[whole["school"].isin(first)].reset_index(drop=True)
    lines = ["## Beside published results", "", *published(root)]
    for title, table in (("All schools", whole), (f"The first {TEN} schools", few)):
        counted = f"{len(table):,} pupils in {table['school'].nunique()} schools."
        lines += [
            f"## {title}",
            "",
            counted,
            sizes(study, table),
            "",
            "Small class against regular class:",
            "",
        ]
        lines += panel_lines(study, table, "headline")
        lines += [
            "Whether the free-lunch gap differs in small classes:",
            "",
            *panel_lines(study, table, "gap_change"),
        ]
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(
        f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.split(END)[1]}", encoding="utf-8"
    )
    sys.stdout.write("\n".join(lines))


if __name__ == "__main__":
    main()
