"""Project STAR by the plan, beside what others have published of the same contrast, and the same study cut to ten schools.

    python benchmarks/star.py

brings docs/star.md up to date. It needs nothing but the data in the repository.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from evaluation.impact.panel import panel
from evaluation.impact.plan import effect_sizes, fit_plan
from evaluation.intake import take_in
from evaluation.models import agreement, fit
from evaluation.study import Study, find_root, load_study

PAGE = Path(__file__).resolve().parents[1] / "docs" / "star.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of what was measured -->"
TEN = 10


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
    """The published contrast of the two tests' sum, by the method it was published with and by the plan's."""
    data = pd.read_csv(root / "data" / "raw" / "star" / "star_kindergarten.csv")
    data["total"] = data["math"] + data["read"]
    lines = ["| outcome | model | small class | aide | pupils |", "| --- | --- | ---: | ---: | ---: |"]
    lines.append(
        "| mathematics and reading, published | least squares | 13.90 (2.41) | 0.31 (2.31) | 5,786 |"
    )
    for outcome, words in (("total", "mathematics and reading"), ("math", "mathematics")):
        for formula, how in (
            (f"{outcome} ~ small + aide", "least squares"),
            (f"{outcome} ~ small + aide + (1 | school/teacher)", "the plan's"),
        ):
            found = fit(formula, data)
            table = found.coefficients if "|" in formula else found.inference("wald")
            small, aide = (
                f"{table.loc[term, 'estimate']:.2f} ({table.loc[term, 'std_error']:.2f})"
                for term in ("small", "aide")
            )
            lines.append(f"| {words}, here | {how} | {small} | {aide} | {found.n:,} |")
    return [*lines, ""]


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
