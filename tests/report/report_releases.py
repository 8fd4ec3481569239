"""Two small releases to render reports from: one study like STAR, one like a three-wave project with clusters."""

from typing import Any

import numpy as np
import pandas as pd

from evaluation.disclose import Release

NAN = float("nan")
STAR_WORDS = {
    "disadvantaged": "pupils with free school lunch",
    "others": "pupils without free school lunch",
    "treated": "pupils in small classes",
    "control": "pupils in regular classes, with or without an aide",
}
SSIF_WORDS = {
    "disadvantaged": "disadvantaged pupils",
    "others": "other pupils",
    "treated": "pupils in schools taking part",
    "control": "pupils in comparison schools",
}
ESTIMATE_COLUMNS = [
    "model",
    "term",
    "label",
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "ci_low",
    "ci_high",
    "method",
    "n_pupils",
    "n_schools",
    "n_classes",
    "n_dropped",
    "at_boundary",
]


def star_release() -> Release:
    """Two schools of 79: school 28 shows everything, school 7 has a small cell; figures from R where there are any."""
    meta = _meta(
        study="star",
        title="Project STAR: small classes in kindergarten",
        about="In 1985 kindergarten pupils in 79 Tennessee schools were allocated at random to class types.",
        synthetic=False,
        audience="public",
        minimum_cell=10,
        subgroups="school",
        standing="",
        comparison={
            "kind": "randomised",
            "unit": "class",
            "description": "pupils and teachers allocated at random to class types within each school",
        },
        words=STAR_WORDS,
        outcomes=[
            _outcome("maths", "Mathematics at the end of kindergarten", "spring", "End of kindergarten")
        ],
        unit="scale points",
        norm=(None, None),
        models=STAR_MODELS,
        year_groups=["K"],
        treatment={"name": "small", "label": "small class"},
        schools=[_school("28", "School 28"), _school("7", "School 7"), _school("9", "School 9")],
        reported=["28", "7", "9"],
        clusters=[],
    )
    tables = {
        "estimates": star_estimates(),
        "effect_sizes": pd.DataFrame(
            [
                ["headline", "small", "eef", 0.17, 0.07, 0.28, 47.7, ""],
                ["headline", "small", "within", 0.21, 0.08, 0.33, 40.2, ""],
            ],
            columns=["model", "term", "definition", "estimate", "ci_low", "ci_high", "denominator", "reason"],
        ),
        "variances": pd.DataFrame(
            [
                ["headline", "school", "(Intercept)", "(Intercept)", 390.80, 0.1717],
                ["headline", "school:class", "(Intercept)", "(Intercept)", 271.81, 0.1194],
                ["headline", "residual", "", "", 1612.87, 0.7088],
                ["gap", "school", "(Intercept)", "(Intercept)", 347.81, 0.1620],
                ["gap", "school:class", "(Intercept)", "(Intercept)", 267.30, 0.1245],
                ["gap", "residual", "", "", 1532.19, 0.7135],
                ["gap_slope", "school", "(Intercept)", "(Intercept)", 382.0, 0.1751],
                ["gap_slope", "school", "disadvantaged", "disadvantaged", 41.0, NAN],
                ["gap_slope", "school", "(Intercept)", "disadvantaged", -45.0, NAN],
                ["gap_slope", "school:class", "(Intercept)", "(Intercept)", 269.0, 0.1233],
                ["gap_slope", "residual", "", "", 1530.5, 0.7016],
            ],
            columns=["model", "group", "term_1", "term_2", "variance", "share"],
        ),
        "descriptives": pd.DataFrame(_star_descriptives(), columns=DESCRIPTIVES).assign(rounded_to=0.1),
        "differences": pd.DataFrame(_star_differences(), columns=DIFFERENCES),
        "school_effects": _effects(
            [
                ("28", 64, 18.2, 12.4, 1.3, 23.5),
                ("7", 52, -3.0, -2.1, -14.0, 9.8),
                ("9", NAN, NAN, NAN, NAN, NAN),
            ]
        ),
        "school_gaps": pd.DataFrame(
            [["28", -20.1, -26.0, -14.2, ""], ["7", NAN, NAN, NAN, "c"], ["9", NAN, NAN, NAN, "c"]],
            columns=["school", "gap", "ci_low", "ci_high", "symbol"],
        ),
        "flow": _flow(
            {
                "project": ("", 6325, 6325, 5871, 5854),
                "28": ("28", 68, 68, 64, 64),
                "7": ("7", 55, 55, 52, 52),
            },
            ["listed", "in the population", "with an outcome score", "analysed"],
        ),
        "balance": _balance(
            [
                ("proportion pupils with free school lunch", 0.471, 0.489, -0.044),
                ("proportion girls", 0.486, 0.488, -0.005),
            ]
        ),
        "claims": pd.DataFrame(
            [
                ["project", "", "headline", "higher"],
                ["project", "", "gap_change", "inconclusive"],
                ["project", "", "gap", "lower"],
                ["school", "28", "gap", "lower"],
                ["school", "7", "gap", "withheld"],
                ["school", "9", "gap", "withheld"],
                ["school", "9", "school", "withheld"],
                ["school", "28", "school", "higher"],
                ["school", "7", "school", "inconclusive"],
            ],
            columns=["level", "unit", "question", "code"],
        ),
        "sources": pd.DataFrame(
            [["pupils", "pupils", 1, 6325, 6325, 0], ["maths", "scores", 1, 6325, 5871, 0]],
            columns=["source", "kind", "files", "rows_in", "rows_accepted", "rows_listed"],
        ),
    }
    return Release(meta, tables)


DESCRIPTIVES = ["level", "unit", "split", "group", "outcome", "n", "mean", "sd", "symbol"]
DIFFERENCES = [
    "level",
    "unit",
    "measure",
    "outcome",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "n_1",
    "n_2",
    "method",
    "symbol",
]
STAR_MODELS = {
    "headline": {
        "title": "Small class against regular class",
        "formula": "maths ~ small + aide + (1 | school/class)",
        "term": "small",
        "beside": None,
    },
    "gap": {
        "title": "The free-lunch gap, and whether small classes change it",
        "formula": "maths ~ small * disadvantaged + aide + (1 | school/class)",
        "term": "small:disadvantaged",
        "beside": None,
    },
    "gap_slope": {
        "title": "The same, the gap varying from school to school",
        "formula": "maths ~ small * disadvantaged + aide + (1 + disadvantaged | school) + (1 | school:class)",
        "term": "small:disadvantaged",
        "beside": "gap",
    },
}


def star_estimates() -> pd.DataFrame:
    """The fixed terms, from `tests/reference/expected.json` (R's lme4 and pbkrtest)."""
    rows = [
        ("headline", "(Intercept)", "average of the control group", 483.0452, 2.9397, 144.48),
        ("headline", "small", "small class", 8.3053, 2.6121, 249.39),
        ("headline", "aide", "regular class with an aide", -0.0785, 2.6996, 226.24),
    ]
    for model in ("gap", "gap_slope"):
        rows += [
            (model, "(Intercept)", "average of the control group", 493.0299, 2.9126, 167.22),
            (model, "small", "small class", 8.8742, 2.8502, 354.94),
            (model, "disadvantaged", "disadvantaged", -21.3646, 1.4768, 5849.0),
            (model, "small:disadvantaged", "small class x disadvantaged", -1.1354, 2.5710, 5286.2),
        ]
    return pd.DataFrame([_estimate(*row, 5854, 79, 323) for row in rows], columns=ESTIMATE_COLUMNS)


def _estimate(
    model: str,
    term: str,
    label: str,
    estimate: float,
    error: float,
    df: float,
    pupils: int,
    schools: int,
    classes: float,
) -> list[object]:
    t = estimate / error
    low, high = estimate - 1.97 * error, estimate + 1.97 * error
    p = float(np.exp(-0.717 * abs(t) - 0.416 * t * t))
    return [
        model, term, label, estimate, error, df, t, p, low, high, "kenward-roger", pupils, schools, classes, 0, False,
    ]  # fmt: skip


def _star_descriptives() -> list[list[object]]:
    words = STAR_WORDS
    project = [
        ("all", "all pupils", 5854, 485.4, 47.7),
        ("disadvantaged", words["disadvantaged"], 2830, 473.6, 45.2),
        ("disadvantaged", words["others"], 3024, 496.4, 47.3),
        ("treatment", words["control"], 4119, 483.1, 47.0),
        ("treatment", words["treated"], 1735, 490.9, 49.0),
        ("treatment_disadvantaged", f"{words['control']}, {words['disadvantaged']}", 2010, 472.0, 44.8),
        ("treatment_disadvantaged", f"{words['control']}, {words['others']}", 2109, 493.9, 46.5),
        ("treatment_disadvantaged", f"{words['treated']}, {words['disadvantaged']}", 820, 477.6, 46.0),
        ("treatment_disadvantaged", f"{words['treated']}, {words['others']}", 915, 502.5, 48.6),
    ]
    rows = [["project", "", *row[:2], "maths", *row[2:], ""] for row in project]
    school = [(64, 503.4, 41.0), (30, 490.2, 38.0), (34, 515.1, NAN), (44, 500.0, 40.4), (20, 510.9, NAN)]
    for row, (n, mean, sd) in zip(project, school, strict=False):
        rows.append(["school", "28", *row[:2], "maths", n, mean, sd, ""])
    for row, n in zip(project[5:], (18, 26, 12, NAN), strict=True):
        symbol = "" if n == n else "c"
        rows.append(["school", "28", *row[:2], "maths", n, 500.0 + n if n == n else NAN, NAN, symbol])
    small = [
        (52, 480.2, 44.0, ""),
        (NAN, NAN, NAN, "c"),
        (NAN, NAN, NAN, "c"),
        (38, 479.0, 45.1, ""),
        (14, 483.4, NAN, ""),
    ]
    for row, (n, mean, sd, symbol) in zip(project, small, strict=False):
        rows.append(["school", "7", *row[:2], "maths", n, mean, sd, symbol])
    return rows + [["school", "9", *row[:2], "maths", NAN, NAN, NAN, "c"] for row in project]


def _star_differences() -> list[list[object]]:
    return [
        ["project", "", "treatment", "maths", 8.0, 2.7, 2.7, 13.3, 1735, 4119, "Welch's t, group means", ""],
        ["project", "", "gap", "maths", -22.8, 1.2, -25.2, -20.4, 2830, 3024, "Welch's t, pupils", ""],
        ["school", "28", "treatment", "maths", 10.9, 8.0, -9.1, 30.9, 20, 44, "Welch's t, group means", ""],
        ["school", "28", "gap", "maths", -24.9, 9.1, -43.1, -6.7, 30, 34, "Welch's t, pupils", ""],
        [
            "school",
            "7",
            "treatment",
            "maths",
            4.4,
            NAN,
            NAN,
            NAN,
            14,
            38,
            "no interval: one group on a side",
            "",
        ],
        ["school", "7", "gap", "maths", NAN, NAN, NAN, NAN, NAN, NAN, "", "c"],
        ["school", "9", "gap", "maths", NAN, NAN, NAN, NAN, NAN, NAN, "", "c"],
    ]


def ssif_release() -> Release:
    """Three waves, a norm, roles and clusters; numbers invented, and so labelled synthetic."""
    waves = [("maths_autumn", "autumn"), ("maths_spring", "spring"), ("maths_summer", "summer")]
    meta = _meta(
        study="ssif_maths",
        title="Stronger mathematics together",
        about="A synthetic project with ten schools in three clusters.",
        synthetic=True,
        audience="school",
        minimum_cell=6,
        subgroups="school",
        standing="",
        comparison={
            "kind": "matched",
            "unit": "school",
            "description": "twenty schools matched on phase, size, intake and earlier attainment",
        },
        words=SSIF_WORDS,
        outcomes=[_outcome(name, f"Maths, {wave} term", wave, f"{wave} term") for name, wave in waves],
        unit="standardised points",
        norm=(100.0, 15.0),
        models=SSIF_MODELS,
        year_groups=["2", "4", "7"],
        treatment={"name": "treated", "label": "school taking part"},
        schools=[_school(*item) for item in SSIF_SCHOOLS],
        reported=["101", "102", "201", "301"],
        clusters=[
            {"cluster": "North", "slug": "north", "schools": ["101", "102"]},
            {"cluster": "Coast", "slug": "coast", "schools": ["201", "301"]},
        ],
    )
    meta["baseline"] = {**meta["outcome"], "name": "maths_autumn", "title": "Maths, autumn term"}
    meta["outcome"] = {**meta["outcome"], "name": "maths_summer", "title": "Maths, summer term"}
    units = [("project", ""), ("cluster", "North"), ("cluster", "Coast")]
    units += [("school", school) for school in meta["reported_schools"]]
    tables = {
        "estimates": ssif_estimates(),
        "effect_sizes": pd.DataFrame(
            [["headline", "treated", "eef", 0.14, -0.02, 0.30, 13.8, ""]],
            columns=["model", "term", "definition", "estimate", "ci_low", "ci_high", "denominator", "reason"],
        ),
        "variances": pd.DataFrame(
            [
                ["headline", "school", "(Intercept)", "(Intercept)", 5.1, 0.04],
                ["headline", "residual", "", "", 121.3, 0.96],
                ["gap_slope", "school", "(Intercept)", "(Intercept)", 5.3, 0.042],
                ["gap_slope", "school", "disadvantaged", "disadvantaged", 1.9, NAN],
                ["gap_slope", "residual", "", "", 120.8, 0.958],
            ],
            columns=["model", "group", "term_1", "term_2", "variance", "share"],
        ),
        "descriptives": pd.DataFrame(_ssif_descriptives(units), columns=DESCRIPTIVES).assign(rounded_to=0.1),
        "differences": pd.DataFrame(_ssif_differences(units), columns=DIFFERENCES),
        "school_effects": _effects(
            [
                ("101", 88, 1.9, 1.1, -1.0, 3.2),
                ("102", 75, -0.8, -0.4, -2.6, 1.8),
                ("201", 160, 3.0, 2.4, 0.5, 4.3),
            ]
            + [(f"9{i:02d}", 80, i / 5 - 2, i / 8 - 1.2, i / 8 - 3.2, i / 8 + 0.8) for i in range(20)]
        ),
        "school_gaps": pd.DataFrame(
            [["101", -5.1, -7.4, -2.8, ""], ["102", -5.9, -8.4, -3.4, ""], ["201", -6.0, -8.0, -4.0, ""]],
            columns=["school", "gap", "ci_low", "ci_high", "symbol"],
        ),
        "flow": _flow(
            {
                "project": ("", 2900, 2720, 2610, 2480),
                "101": ("101", 92, 90, 89, 88),
                "102": ("102", 80, 79, 76, 75),
            },
            ["listed", "in the population", "with a baseline score", "analysed"],
        ),
        "balance": _balance(
            [
                ("Maths, autumn term", 95.8, 96.9, -0.08),
                ("proportion disadvantaged pupils", 0.31, 0.28, 0.09),
                ("proportion girls", 0.49, 0.50, -0.02),
            ]
        ),
        "claims": pd.DataFrame(
            [
                ["project", "", "headline", "inconclusive"],
                ["project", "", "gap_change", "inconclusive"],
                ["project", "", "gap", "lower"],
                *[["school", school, "gap", "lower"] for school in ("101", "102", "201", "301")],
                ["cluster", "North", "gap", "lower"],
                ["cluster", "Coast", "gap", "inconclusive"],
                ["school", "101", "school", "inconclusive"],
                ["school", "102", "school", "inconclusive"],
                ["school", "201", "school", "higher"],
            ],
            columns=["level", "unit", "question", "code"],
        ),
        "sources": pd.DataFrame(
            [["census", "pupils", 30, 3010, 2988, 22], ["company", "scores", 6, 5600, 5512, 88]],
            columns=["source", "kind", "files", "rows_in", "rows_accepted", "rows_listed"],
        ),
    }
    return Release(meta, tables)


def alone(release: Release, kind: str = "norm", regression: float = 1.3) -> Release:
    """The three-wave release with nobody to compare with: eight schools' change, three of them with a report."""
    comparison = {"kind": kind, "unit": "school", "description": "as described"}
    meta = {**release.meta, "comparison": comparison, "models": {}, "normed": kind == "norm"}
    meta["changed_schools"] = ["101", "102", "201"]
    figures = {"std_error": 0.8, "df": 7, "p_value": 0.03, "ci_low": 0.6, "ci_high": 3.8, "p_sign_flip": 0.04}
    figures |= {
        "smallest_p": 0.0078125,
        "without_one_low": 1.5,
        "without_one_high": 2.5,
        "pupil_weighted": 2.0,
    }
    counts = {"n_pupils": 480, "n_schools": 8, "n_left_out": 0, "method": "t interval", "reason": ""}
    rows = [
        {"question": "change", "estimate": 2.2, "regression": regression, **figures, **counts},
        {"question": "change_in_gap", "estimate": -0.5, "regression": NAN, **figures, **counts},
    ]
    claims = pd.concat(
        [
            release.tables["claims"],
            pd.DataFrame(
                [["project", "", "change", "higher"], ["project", "", "change_in_gap", "inconclusive"]],
                columns=["level", "unit", "question", "code"],
            ),
        ]
    )
    kept = {
        name: table for name, table in release.tables.items() if name not in ("estimates", "effect_sizes")
    }
    return Release(meta, {**kept, "changes": pd.DataFrame(rows), "claims": claims})


SSIF_SCHOOLS = [
    ("101", "Ashgrove Primary School", "primary", "taking part", "North"),
    ("102", "Birchwood Primary School", "primary", "taking part", "North"),
    ("201", "Castle Cliff Academy", "secondary", "taking part", "Coast"),
    ("301", "Dunmore Primary School", "primary", "supporting", "Coast"),
    *((f"9{i:02d}", f"Comparison school {i + 1}", "primary", "comparison", "") for i in range(20)),
]
SSIF_MODELS = {
    "headline": {
        "title": "Taking part against comparison",
        "formula": "maths_summer ~ treated + maths_autumn_within + maths_autumn_school + (1 | school)",
        "term": "treated",
        "beside": None,
    },
    "gap_slope": {
        "title": "The gap, and whether taking part changed it",
        "formula": "maths_summer ~ treated * disadvantaged + maths_autumn_within + (1 + disadvantaged | school)",
        "term": "treated:disadvantaged",
        "beside": None,
    },
}


def ssif_estimates() -> pd.DataFrame:
    """Invented estimates: an inconclusive headline and a wide interval."""
    rows = [
        ("headline", "treated", "school taking part", 1.9, 1.05, 24.1),
        ("headline", "maths_autumn_within", "Maths, autumn term (within school)", 0.66, 0.02, 2450.0),
        ("gap_slope", "treated", "school taking part", 1.7, 1.1, 25.0),
        ("gap_slope", "disadvantaged", "disadvantaged", -5.6, 0.7, 27.2),
        ("gap_slope", "treated:disadvantaged", "school taking part x disadvantaged", 0.8, 1.2, 26.0),
    ]
    return pd.DataFrame([_estimate(*row, 2480, 28, NAN) for row in rows], columns=ESTIMATE_COLUMNS)


def _ssif_descriptives(units: list[tuple[str, str]]) -> list[list[object]]:
    rows: list[list[object]] = []
    for place, (level, unit) in enumerate(units):
        base = 2480 if level == "project" else 160
        groups: list[tuple[str, str, float, float]] = [
            ("all", "all pupils", base, 95.0),
            ("disadvantaged", SSIF_WORDS["disadvantaged"], base * 0.3, 90.0),
            ("disadvantaged", SSIF_WORDS["others"], base * 0.7, 97.0),
        ]
        groups += [("year_group", f"year {year}", base / 3, 94.0 + int(year) / 4) for year in ("2", "4", "7")]
        for year in ("2", "4", "7"):
            groups.append(
                ("year_group_disadvantaged", f"year {year}, {SSIF_WORDS['disadvantaged']}", base * 0.1, 90.0)
            )
        for split, group, n, mean in groups:
            for wave, outcome in enumerate(("maths_autumn", "maths_spring", "maths_summer")):
                hidden = unit == "102" and split == "year_group_disadvantaged"
                n_shown, level_mean = (NAN, NAN) if hidden else (round(n), mean + place * 0.4 + wave * 1.1)
                rows.append(
                    [
                        level,
                        unit,
                        split,
                        group,
                        outcome,
                        n_shown,
                        level_mean,
                        NAN if hidden else 14.2,
                        "c" * hidden,
                    ]
                )
    for group, outcome in ((SSIF_WORDS["treated"], "maths_summer"), (SSIF_WORDS["control"], "maths_summer")):
        rows.append(["cluster", "Coast", "treatment", group, outcome, 80, 97.0, 14.0, ""])
    return rows


def _ssif_differences(units: list[tuple[str, str]]) -> list[list[object]]:
    rows: list[list[object]] = []
    for level, unit in units:
        if level == "project":
            rows.append([level, unit, "treatment", "maths_summer", 1.4, 1.2, -1.0, 3.8, 1000, 1480, "Welch's t, group means", ""])  # fmt: skip
        rows.append(
            [level, unit, "gap", "maths_summer", -6.4, 1.5, -9.4, -3.4, 48, 112, "Welch's t, pupils", ""]
        )
        rows.append(
            [level, unit, "progress", "maths_summer", 2.2, 0.8, 0.6, 3.8, 160, 0, "t interval, pupils", ""]
        )
    return rows


def _meta(**facts: Any) -> dict[str, Any]:
    first, (mean, sd) = facts["outcomes"][0], facts.pop("norm")
    outcome = {
        "name": first["name"], "title": first["title"], "unit": facts.pop("unit"), "test": first["test"],
        "norm_mean": mean, "norm_sd": sd,
    }  # fmt: skip
    return {
        "run": "0123abcd4567",
        "store": "",
        "outcome": outcome,
        "baseline": None,
        "population": "all pupils, as allocated at the start",
        "scales": ["Scores are analysed as they stand."],
        "registered": {},
        "normed": False,
        "margin": None,
        "margin_in_plan": None,
        "changed_schools": [],
        "reported_schools": facts.pop("reported"),
        **facts,
    }


def _outcome(name: str, title: str, wave: str, wave_title: str) -> dict[str, str]:
    test, unit = (
        ("SAT mathematics", "scale points") if name == "maths" else ("Progress test", "standardised points")
    )
    return {"name": name, "title": title, "wave": wave, "wave_title": wave_title, "test": test, "unit": unit}


def _school(school: str, name: str, phase: str = "", role: str = "", cluster: str = "") -> dict[str, str]:
    slug = name.lower().replace(" ", "-")
    return {"school": school, "name": name, "phase": phase, "role": role, "cluster": cluster, "slug": slug}


def _effects(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    columns = ["school", "n", "raw", "shrunken", "ci_low", "ci_high", "symbol"]
    found = pd.DataFrame([[*row, "c" if row[1] != row[1] else ""] for row in rows], columns=columns)
    return found.assign(rounded_to=0.1, raw_rounded_to=0.1)


def _flow(units: dict[str, tuple[object, ...]], stages: list[str]) -> pd.DataFrame:
    rows = [
        ["project" if name == "project" else "school", unit, stage, order, n, ""]
        for name, (unit, *counts) in units.items()
        for order, (stage, n) in enumerate(zip(stages, counts, strict=True), start=1)
    ]
    return pd.DataFrame(rows, columns=["level", "unit", "stage", "order", "n", "symbol"])


def _balance(rows: list[tuple[str, float, float, float]]) -> pd.DataFrame:
    full = [
        [name, a, b, a - b, g, "balanced" if abs(g) <= 0.05 else "adjust", 1735, 4119, ""]
        for name, a, b, g in rows
    ]
    columns = [
        "characteristic",
        "treated",
        "control",
        "difference",
        "effect_size",
        "verdict",
        "n_treated",
        "n_control",
        "symbol",
    ]
    return pd.DataFrame(full, columns=columns)
