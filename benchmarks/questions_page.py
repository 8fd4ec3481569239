"""The tables of docs/questions.md, from docs/questions.csv alone; the words between them are written by hand."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

PAGE = Path(__file__).resolve().parents[1] / "docs" / "questions.md"
ALPHA, ERRORS = 0.05, 3
NOTHING, EVERYONE, DISADVANTAGED = "nothing", "everyone", "disadvantaged"
YEARS, APART, HELPED, BEYOND = (
    "by year group",
    "by distance and support",
    "helped",
    "helped, chosen beyond the test",
)
PARTS = tuple(f"part: {name}" for name in ("year 2", "year 4", "year 7", "primary", "secondary"))
DIFFER = ("differ by year_group", "differ by phase")
DOSES = tuple(f"support, {name}" for name in ("between", "same_start", "within"))
COMMON = ("headline", "plain difference, project", "proportion", "growth to endline")
UNITS = ("school effect", "school gap", "plain gap in a school", "plain gap in a cluster")
# The rows of each design's table: questions, and what is planted where they are asked. Every other row is in the file, and in `strays`.
SHOWN: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "randomised": (
        (COMMON, (NOTHING, EVERYONE)),
        (("growth to midpoint",), (EVERYONE,)),
        (("gap change", "gap"), (NOTHING, DISADVANTAGED)),
        (DIFFER, (NOTHING, YEARS)),
        (PARTS, (YEARS,)),
        (("distance", *DOSES), (NOTHING, APART)),
        (("headline",), (APART, HELPED)),
        (("compliance",), (NOTHING, HELPED)),
        (("helped",), (NOTHING, EVERYONE, HELPED, BEYOND)),
        (("supporting",), (NOTHING, EVERYONE)),
        (UNITS, (EVERYONE, APART)),
    ),
    "randomised, twice the schools": (
        (("headline", "gap change", "distance", *DIFFER, "differ by cluster"), (NOTHING,)),
        (("headline", "supporting", *UNITS), (EVERYONE,)),
    ),
    "matched": (
        (COMMON, (NOTHING, EVERYONE)),
        (("gap change", "gap"), (NOTHING, DISADVANTAGED)),
        ((*DIFFER, "distance"), (NOTHING,)),
        (("compliance",), (NOTHING, HELPED)),
        (("supporting",), (NOTHING, EVERYONE)),
        (UNITS, (EVERYONE,)),
    ),
    "no comparison": (
        (("change", "change_in_gap", "growth to endline"), (NOTHING, EVERYONE, DISADVANTAGED)),
        (DOSES, (NOTHING,)),
    ),
    "no comparison, lowest schools": (
        (
            (
                "change", "change, read as an effect", "change, less what regression can make", "regression at most", "change_in_gap",
            ),
            (NOTHING, EVERYONE),
        ),
        (DOSES, (NOTHING,)),
    ),
}  # fmt: skip
FAMILIES = ("main", "further", "supporting", "all of the project", "a school's report")
CLAIMED = ("headline", "change", "gap_change", "change_in_gap", "gap", "proportion", "distance", "compliance", "helped", "year_group", "phase", "cluster", "supporting")  # fmt: skip
OTHERWISE = "^headline by |^gap change by |^otherwise: "
Rows = list[tuple[str, ...]]


def redraw(results: Path) -> None:
    """Put the tables in their places on the page."""
    found = pd.read_csv(results)
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables(found).items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        place = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        page = place.sub(lambda _, text=f"{begin}\n{table}\n{end}": text, page)
    PAGE.write_text(page, encoding="utf-8")


def tables(found: pd.DataFrame) -> dict[str, str]:
    """Every table of the page in Markdown, by the name that its place on the page has."""
    answers = found[found["kind"] == "answer"]
    drawn = {
        design: _table(ANSWERS, _answers(answers[answers["design"] == design], shown))
        for design, shown in SHOWN.items()
    }
    drawn["strays"] = _table(("design", *ANSWERS), strays(answers))
    drawn["declined"] = _table(("design", "question", "of its studies, %", "reason"), _declined(answers))
    drawn["otherwise"] = _table(("design", *ANSWERS), _otherwise(answers))
    drawn["contrary"] = _table(("design", "planted", *FAMILIES), _families(found[found["kind"] == "family"]))
    drawn["true"] = _table(("design", "planted", *CLAIMED), _claims(found[found["kind"] == "claim"]))
    return drawn


ANSWERS = ("question", "planted", "studies", "true value", "bias", "coverage, %", "type I, %", "power, %")


def _line(row: pd.Series) -> tuple[str, ...]:
    share = _percent(row["rejected"], row["rejected_se"])
    null = row["is_null"] == 1
    return (
        str(row["question"]),
        str(row["planted"]),
        f"{row['studies']:,.0f}",
        _number(row["truth"]),
        f"{_number(row['bias'])} ({row['bias_se']:.2f})" if np.isfinite(row["bias"]) else "–",
        _percent(row["coverage"], row["coverage_se"]),
        share if null else "–",
        "–" if null else share,
    )


def _number(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if np.isfinite(value) else "–"


def _percent(share: float, error: float) -> str:
    return f"{100 * share:.1f} ({100 * error:.1f})" if np.isfinite(share) else "–"


def _answers(
    rows: pd.DataFrame, shown: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]
) -> Iterator[tuple[str, ...]]:
    for questions, planted in shown:
        for question in questions:
            for name in planted:
                for _, row in rows[(rows["question"] == question) & (rows["planted"] == name)].iterrows():
                    yield _line(row)


def strays(answers: pd.DataFrame) -> Rows:
    """Every answer of every cell whose bias, coverage or type I error is beyond the Monte Carlo errors that are allowed."""
    room = ERRORS * np.sqrt(ALPHA * (1 - ALPHA) / answers["studies"])
    biased = answers["bias"].abs() > ERRORS * answers["bias_se"]
    short = answers["coverage"] < 1 - ALPHA - ERRORS * answers["coverage_se"]
    lax = (answers["is_null"] == 1) & (answers["rejected"] > ALPHA + room)
    return [(str(row["design"]), *_line(row)) for _, row in answers[biased | short | lax].iterrows()]


def _declined(answers: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    some = answers[(answers["declined"] > 0) & ~answers["question"].str.contains(OTHERWISE)]
    for (design, question), part in some.groupby(["design", "question"], sort=False):
        row = part.iloc[0]
        yield str(design), str(question), f"{100 * part['declined'].mean():.1f}", str(row["reason"])


def _otherwise(answers: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    asked = answers[answers["question"].str.contains(OTHERWISE)]
    for _, row in asked[asked["declined"] < 1].iterrows():
        yield str(row["design"]), *_line(row)


def _families(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for (design, planted), part in rows.groupby(["design", "planted"], sort=False):
        own = part.set_index("question")
        cells = [
            _percent(*own.loc[name, ["contrary", "contrary_se"]]) if name in own.index else "–"
            for name in FAMILIES
        ]
        yield str(design), str(planted), *cells


def _claims(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for (design, planted), part in rows.groupby(["design", "planted"], sort=False):
        own = part.set_index("question")["true"]
        yield (
            str(design),
            str(planted),
            *(f"{100 * own[name]:.0f}" if name in own else "–" for name in CLAIMED),
        )


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [tuple(head), ("---",) * len(tuple(head)), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
