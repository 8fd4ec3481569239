"""Schools that became academies between two published key stage 2 tables, beside those that did not: Hampshire, 2017 and 2019.

    OMP_NUM_THREADS=1 python benchmarks/academies.py

reads the department's files in ../shared/real (or where EVALUATION_SHARED points) and writes docs/academies.md: numbers
only, the files stay where they are.
"""

import argparse
import csv
import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from evaluation.derive.published import spread_out
from evaluation.derive.school_changes import Figure
from evaluation.impact.academies import academies_compared
from evaluation.impact.over_years import AFTER, BEFORE, DURING, VARIANTS, Contrast
from evaluation.ingest.published import read_published

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "academies.md"
FILES = {"earlier": "2016-2017_850_ks2final.csv", "later": "2018-2019_850_ks2final.csv"}
YEARS = {"earlier": "2016/17", "later": "2018/19"}
SETTLED = "2016/17 to 2018/19"
# Title, the measure in 2016/17 and in 2018/19, and whether the two years are comparable.
OUTCOMES = (
    ("reading, average scaled score", "READ_AVERAGE", "READ_AVERAGE", "yes"),
    ("maths, average scaled score", "MAT_AVERAGE", "MAT_AVERAGE", "yes"),
    ("grammar, average scaled score", "GPS_AVERAGE", "GPS_AVERAGE", "yes"),
    ("reading, % at the expected standard", "PTREAD_EXP", "PTREAD_EXP", "yes"),
    ("maths, % at the expected standard", "PTMAT_EXP", "PTMAT_EXP", "yes"),
    ("grammar, % at the expected standard", "PTGPS_EXP", "PTGPS_EXP", "yes"),
    ("reading, writing and maths, %", "PTRWM_EXP", "PTRWM_EXP", "in part"),
    ("writing (teachers), %", "PTWRITTA_EXP", "PTWRITTA_EXP", "no"),
    ("reading progress", "READPROG", "READPROG_UNADJUSTED", "yes, beside the nation"),
    ("maths progress", "MATPROG", "MATPROG_UNADJUSTED", "yes, beside the nation"),
)
# What the tables carry of other years: the year before in the earlier, the year between in the later.
OTHER_YEARS = ("READ_AVERAGE", "MAT_AVERAGE", "PTRWM_EXP", "READPROG", "MATPROG")
TITLES = {measure: title for title, measure, _, _ in OUTCOMES}
Rows = Iterable[Iterable[object]]


def contrasts() -> list[Contrast]:
    """The question, the trend before it, and the year between."""
    count = "TELIG"
    asked = [
        Contrast(one, SETTLED, AFTER, Figure(("earlier",), one, count), Figure(("later",), two, count))
        for _, one, two, _ in OUTCOMES
    ]
    for one in OTHER_YEARS:
        before, now = Figure(("earlier",), f"{one}_16", count), Figure(("earlier",), one, count)
        between = Figure(("later",), f"{one}_18", "TELIG_18")
        asked.append(Contrast(one, "2015/16 to 2016/17", BEFORE, before, now))
        asked.append(Contrast(one, "2016/17 to 2017/18", DURING, now, between))
    return asked


def age_ranges(path: Path) -> dict[str, str]:
    """Each school's age range as its table has it, by LAESTAB."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream, restval=""))
    return {row["LEA"] + row["ESTAB"]: row["AGERANGE"].strip() for row in rows if row["ESTAB"].strip()}


def markdown(head: Iterable[object], rows: Rows) -> str:
    lines = [list(map(str, line)) for line in (head, *rows)]
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    )


def interval(row: pd.Series) -> str:
    return f"{row['ci_low']:.1f} to {row['ci_high']:.1f}"


def pick(found: pd.DataFrame, years: str, variant: str = "as they are") -> pd.DataFrame:
    """One row a measure, a column a method and figure."""
    rows = found[(found["years"] == years) & (found["variant"] == variant)]
    order = rows["published_measure"].drop_duplicates()
    wide = rows.pivot(index="published_measure", columns="method")
    return wide.reindex(order)


def main_table(found: pd.DataFrame) -> str:
    """Estimate and inference of every outcome between the two tables."""
    head = [
        "outcome",
        "schools",
        "difference",
        "CR2: 95%",
        "df",
        "p",
        "placebo: p",
        "by size: 95%",
        "p",
        "Holm",
    ]
    rows = []
    for measure, row in pick(found, SETTLED).iterrows():
        cr2, size = row.xs("cr2", level="method"), row.xs("placebo by size", level="method")
        schools = f"{cr2['n_treated']} v {cr2['n_comparison']}"
        plain = row["p_value", "placebo"]
        answers = [f"{cr2['estimate']:+.1f}", interval(cr2), f"{cr2['df']:.1f}", f"{cr2['p_value']:.2f}"]
        answers += [f"{plain:.2f}", interval(size), f"{size['p_value']:.2f}", f"{size['p_adjusted']:.2f}"]
        rows.append([TITLES[str(measure)], schools, *answers])
    return markdown(head, rows)


def variants_table(found: pd.DataFrame, juniors: pd.DataFrame) -> str:
    """The estimate otherwise, each with its placebo p by size and CR2's."""
    names = [*VARIANTS, "junior schools alone"]
    head = ["outcome", *(f"{name}: difference (p by size; CR2)" for name in names)]
    tables = [pick(found, SETTLED, name) for name in VARIANTS] + [pick(juniors, SETTLED)]
    rows = []
    for measure in tables[0].index:
        cells = []
        for table in tables:
            row = table.loc[measure]
            p_values = row["p_value", "placebo by size"], row["p_value", "cr2"]
            cells.append(f"{row['estimate', 'cr2']:+.1f} ({p_values[0]:.2f}; {p_values[1]:.2f})")
        rows.append([TITLES[str(measure)], *cells])
    return markdown(head, rows)


def trend_table(found: pd.DataFrame) -> str:
    """What the same schools did in other years."""
    spans = ("2015/16 to 2016/17", "2016/17 to 2017/18", SETTLED)
    head = ["outcome", *(f"{span}: difference (95% by size; p)" for span in spans)]
    tables = [pick(found, span) for span in spans]
    rows = []
    for measure in OTHER_YEARS:
        cells = []
        for table in tables:
            row = table.loc[measure].xs("placebo by size", level="method")
            cells.append(f"{row['estimate']:+.1f} ({interval(row)}; {row['p_value']:.2f})")
        rows.append([TITLES[measure], *cells])
    return markdown(head, rows)


def left_out_table(found: pd.DataFrame) -> str:
    """Schools that have no part in an average score and in a percentage, by reason; none of them is one of the three."""
    measures = ("MAT_AVERAGE", "PTMAT_EXP")
    counts: dict[str, dict[str, str]] = {}
    for measure in measures:
        rows = found[(found["years"] == SETTLED) & (found["published_measure"] == measure)]
        for part in str(rows["left_out"].iloc[0]).removeprefix("others: ").split(", "):
            reason, _, number = part.rstrip(")").rpartition(" (")
            counts.setdefault(reason.replace(measure, "figure"), {})[measure] = number
    lines = [[reason, *(by.get(measure, "0") for measure in measures)] for reason, by in counts.items()]
    return markdown(["why", "average scaled score in maths", "% at the expected standard in maths"], lines)


def page(folder: Path) -> str:
    """The page of results, in Markdown."""
    read = {name: read_published(folder / file, "ks2") for name, file in FILES.items()}
    tables = spread_out(read, YEARS)
    found = academies_compared(tables, "earlier", "later", contrasts())
    ages = age_ranges(folder / FILES["earlier"])
    juniors = academies_compared(tables, "earlier", "later", contrasts()[: len(OUTCOMES)], alike=ages)
    of_juniors = pick(juniors, SETTLED)["n_comparison", "cr2"]
    asked = found[(found["period"] == AFTER) & (found["method"] == "cr2")]
    by_size = found[(found["period"] == AFTER) & (found["method"] == "placebo by size")]
    whole = pick(found, SETTLED)
    wide = whole["ci_high", "placebo by size"] - whole["estimate", "placebo by size"]
    names = ("numpy", "scipy", "pandas")
    return TEMPLATE.format(
        comparable=markdown(["outcome", "comparable"], [(title, said) for title, _, _, said in OUTCOMES]),
        main=main_table(found),
        outcomes=len(OUTCOMES),
        holm=f"{by_size['p_adjusted'].min():.2f}",
        variants=variants_table(found, juniors),
        juniors=int(of_juniors.max()),
        cr2_below=int((asked["p_value"] < 0.05).sum()),
        size_below=int((by_size["p_value"] < 0.05).sum()),
        questions=len(asked),
        trend=trend_table(found),
        left_out=left_out_table(found),
        reach_score=f"{wide['MAT_AVERAGE']:.1f}",
        reach_share=f"{wide['PTMAT_EXP']:.0f}",
        versions=", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]
        ),
    )


TEMPLATE = """\
# Schools that became academies: two published years

Did pupils' results at the end of key stage 2 change more in schools that became academies than in schools that did not? Hampshire's
performance tables of 2016/17 and 2018/19, which the department publishes, answer for three schools: Bordon Junior, Rowner Junior and
Gomer Junior. The question is `academies_compared` (`evaluation/impact/academies.py`); it shows what
[difference-in-differences against all published schools](methods.md#few-treated-units-among-many) can say with so few, and what it cannot.

    OMP_NUM_THREADS=1 python benchmarks/academies.py

Contains public sector information licensed under the Open Government Licence v3.0 (Department for Education). Figures of single
schools are not repeated here; the department suppresses its own where pupils are few.

## Who is compared

Schools are linked across the years as [published.md](published.md#schools-across-years) says; all three kept their LAESTAB and took a new
URN. The comparison is mainstream schools that were maintained in both years. All three have every figure; other schools that are
left out:

{left_out}

"Empty" and "absent" are cells without a figure (a row may end early); `SUPP` is the department's suppression of schools with few
pupils. "In no stratum" are special schools, since the three are mainstream. The two that are said to become academies are one announced in each
table.

## What is comparable

{comparable}

Scaled scores are put on one scale year by year, and 100 is the expected standard in each. Averages are published as whole numbers, percentages as
whole per cents, which adds noise to every school's change alike. Writing is the teachers' judgement, by a framework that was changed in 2017/18,
and is part of the joint measure: a change there may be the framework's, though comparison schools had it too. Progress is relative
to the nation's pupils of the same year, so that its mean says nothing of a trend; since 2018 a published score limits the lowest pupils'
scores, so that 2018/19's unadjusted score is taken.

## What is found

The difference is the academies' mean change less the others', schools counting alike, in points of scaled score, percentage points or
points of progress. `placebo` is the share of sets of three comparison schools (9,999 drawn) whose change is as large; `by size` divides each set's by
the error that its schools' sizes give it. Holm's p is over the {outcomes} outcomes.

{main}

No outcome tells these three schools from others; the smallest p after Holm's correction is {holm}. The intervals say how little
that means: only a difference beyond about {reach_score} points of scaled score in maths, or {reach_share} percentage points, could have been seen.

## The same, asked otherwise

{variants}

Adjusting compares schools that were at one level before; the last column is within the {juniors} other schools of ages 7 to 11, which all three
are. Of {questions} questions (outcomes by the first three columns) CR2 calls {cr2_below} different from nothing at 5% and the placebo test by size
{size_below}, none corrected. CR2 has two degrees of freedom: its variance is that of three schools' changes, and where these happen to
agree it is small, whatever three schools do as a rule. The placebo sets say what three schools do as a rule.

## The trend before, and the year between

The earlier table carries some figures of 2015/16, and the later of 2017/18 (both of pupils at the LAESTAB, whatever the school was then):

{trend}

A difference in the first column would say that the schools were moving apart before. The intervals are as wide as those of the question, so that the
absence of one says little.

## What two years cannot show

- **That schools would have moved alike.** One step before, for five outcomes, is no trend. The method rests on it all the same.
- **Selection.** Schools become academies for reasons: because results are low (a sponsor is found), or because they are good enough to
  choose. Both bear on what would have come next.
- **Regression to the mean.** A school whose year was unlucky does better the next, academy or not. Adjusting for the level before takes off some of it, and
  adds its own: a single cohort's average is a noisy measure of a school's level.
- **Other pupils.** The pupils of 2019 are not those of 2017. A change is of cohorts, and who joins a school may change when its name does.
- **When.** The earlier table announces one of the three for April 2017, a month before its tests; of the other two neither table
  says when. Some of "after" may be a term, and some of "before" may be after.
- **Three schools.** One of them being unlike the others would move every figure here. Nothing is said of academies as such.
- **One county.** Schools nearby share what happens to them; a set of three drawn from all over Hampshire shares less than Gosport's two
  (of the three) do, and the placebo test does not know it.

Made with {versions}.
"""


def main() -> None:
    """Read, compare, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="where the results go")
    chosen = parser.parse_args()
    shared = Path(os.environ.get("EVALUATION_SHARED", ROOT.parent / "shared")) / "real"
    if not all((shared / file).is_file() for file in FILES.values()):
        sys.exit(
            f"The department's files are needed, in ../shared/real or EVALUATION_SHARED: {', '.join(FILES.values())}"
        )
    chosen.page.write_text(page(shared), encoding="utf-8")


if __name__ == "__main__":
    main()
