"""What the tables and columns of a release mean, in the words of its data package."""

from typing import NamedTuple

OUTCOME_UNIT = "{outcome}"
"""Stands for the unit of the primary outcome."""


class Meaning(NamedTuple):
    """A column's title and description, its unit ("" for none)."""

    title: str
    description: str = ""
    unit: str = ""


TABLES = {
    "estimates": Meaning("Estimates", "Every fixed term of every model of the plan."),
    "effect_sizes": Meaning(
        "Effect sizes", "Each model's answer in standard deviations, or why there is none."
    ),
    "variances": Meaning("Variances", "How scores vary between schools, classes and pupils, by model."),
    "null_model": Meaning(
        "Null model",
        "How the main outcome varies at each level before anything is taken into account; the main model's pupils.",
    ),
    "descriptives": Meaning("Scores of groups", "Number, mean and spread of pupils' scores, by group."),
    "differences": Meaning("Differences between groups", "Differences between two groups, or two times."),
    "school_effects": Meaning(
        "School effects", "How far each school stands from what the main model expects."
    ),
    "school_gaps": Meaning("Gaps of schools", "The gap by disadvantage in each school, by the model."),
    "flow": Meaning("Flow of pupils", "Pupils at each stage, from listed to analysed."),
    "balance": Meaning("Balance at the start", "How alike the groups compared were before the project."),
    "changes": Meaning(
        "Changes", "How the schools' pupils changed from the first test to the last; schools weigh alike."
    ),
    "security": Meaning(
        "Security of the evidence", "Each part rated from 0 to 5, and the whole as its weakest part."
    ),
    "parts": Meaning(
        "The main answer in parts",
        "By year group and by phase, from one model; between sides of three schools or more.",
    ),
    "joint_tests": Meaning(
        "Whether it differs", "One test for each question of whether the main answer differs between parts."
    ),
    "growth": Meaning(
        "Growth", "Change since the first test, wave by wave, less that of those compared with."
    ),
    "proportions": Meaning(
        "At the expected standard", "Pupils who reached it; the difference is in percentage points."
    ),
    "distance": Meaning(
        "Distance",
        "How the main answer goes with each doubling of the distance to the next school taking part.",
    ),
    "cluster_points": Meaning(
        "Clusters' points",
        "The main answer in each cluster, without an interval: one beside another shows nothing.",
    ),
    "supporting": Meaning(
        "Supporting schools",
        "Their pupils' change less that of comparison schools' pupils; schools weigh alike.",
    ),
    "dose": Meaning(
        "What was given, beside results",
        "Difference in change that goes with one standard deviation more, over schools; of `bound`, the ends of what need could make of it.",
    ),
    "compliance": Meaning(
        "Of those who took it up", "The main answer, laid to those alone who took the project up."
    ),
    "helped": Meaning(
        "Pupils who had help",
        "Their scores less those of matched pupils who had none: an association, of help that nobody gave by lot.",
    ),
    "likeness": Meaning(
        "Likeness", "How alike two groups were at the start, before they were matched and after."
    ),
    "near_schools": Meaning(
        "Near schools", "How many schools taking part have a comparison school like them."
    ),
    "chosen_schools": Meaning(
        "Schools to compare with",
        "For each school taking part another in the published tables, of the last year before the project.",
    ),
    "robustness": Meaning("Robustness", "The main answer, answered otherwise: how it moves."),
    "tipping": Meaning(
        "Tipping points", "How different pupils without the outcome would have to be to change the finding."
    ),
    "specifications": Meaning(
        "Specifications", "Every combination of the choices that the plan named beforehand."
    ),
    "panel": Meaning("Inference panel", "The plan's answers under every method of inference that applies."),
    "power": Meaning(
        "Detectable effects", "The least true effect that the design would find in four studies of five."
    ),
    "claims": Meaning("Claims", "What each finding allows a report to say."),
    "sources": Meaning("Sources", "Files and rows received, by kind."),
    "published_change": Meaning(
        "Published figures over time",
        "How much more the project's schools changed than all others in the published performance tables.",
    ),
    "revealed": Meaning(
        "Newly revealed", "What differs from the release that this audience was given before this one."
    ),
}

_P, _U = "pupils", OUTCOME_UNIT
COLUMNS = {
    "time_period": Meaning("Academic year", "Six figures: 202324 is 2023/24."),
    "time_identifier": Meaning("Term", "Of the test: autumn to December, spring to March, summer to August."),
    "geographic_level": Meaning("Level", "School; Project and Cluster are this study's own levels."),
    "country_code": Meaning("Country code", "Of schools with a number of the department's."),
    "country_name": Meaning("Country"),
    "school_urn": Meaning("School's unique reference number"),
    "school_laestab": Meaning("School's LAESTAB", "The study's identifier, where it is of seven figures."),
    "school_name": Meaning("School's name"),
    "level": Meaning("Level of the unit", "project, cluster or school."),
    "unit": Meaning("Unit", "The school's identifier, the cluster's or arm's name; empty for the project."),
    "cluster": Meaning("Cluster", "Its name in the schools register."),
    "school": Meaning("School", "The study's identifier of it."),
    "split": Meaning("Split", "How the unit's pupils are divided into groups."),
    "group": Meaning("Group", "Of the split, or the grouping level of a variance."),
    "outcome": Meaning("Outcome", "Which score: its name in the study file."),
    "symbol": Meaning("Symbol of the row", "c where the row's figures are withheld to protect pupils."),
    "n": Meaning("Number of pupils", "", _P),
    "mean": Meaning("Mean score", "", _U),
    "sd": Meaning("Standard deviation of scores", "", _U),
    "measure": Meaning(
        "Measure",
        "What is compared: the two arms, the gap by disadvantage, or progress; between schools or within.",
    ),
    "estimate": Meaning("Estimate", "In the outcome's unit; an effect size is in standard deviations."),
    "std_error": Meaning("Standard error", "", _U),
    "df": Meaning("Degrees of freedom", "INF where the normal distribution is used."),
    "statistic": Meaning("Test statistic", "The estimate divided by its standard error."),
    "p_value": Meaning("p-value"),
    "ci_low": Meaning("Lower end of the 95% interval"),
    "ci_high": Meaning("Upper end of the 95% interval"),
    "rounded_to": Meaning("Rounded to", "The step that the row's mean or estimate is a multiple of.", _U),
    "n_1": Meaning("Pupils in the first group", "", _P),
    "n_2": Meaning("Pupils in the second group", "0 where one group is compared with itself.", _P),
    "method": Meaning("Method", "How the interval was reckoned."),
    "model": Meaning("Model", "Its name in the study file."),
    "term": Meaning("Term", "As it stands in the model's formula."),
    "label": Meaning("Term, in words"),
    "n_pupils": Meaning("Pupils in the model", "", _P),
    "n_schools": Meaning("Schools in the model", "", "schools"),
    "n_classes": Meaning("Classes in the model", "", "classes"),
    "n_dropped": Meaning("Pupils left out", "For want of a value that the model needs.", _P),
    "at_boundary": Meaning("At the boundary", "true where a variance was estimated as nothing."),
    "definition": Meaning("Definition", "Which effect size."),
    "denominator": Meaning("Denominator", "The standard deviation that the estimate is divided by.", _U),
    "reason": Meaning("Reason", "Why there is no figure; empty where there is one."),
    "term_1": Meaning("First term", "Of a variance or covariance."),
    "term_2": Meaning("Second term", "The first again for a variance."),
    "variance": Meaning("Variance", "In the square of the outcome's unit."),
    "share": Meaning(
        "Share", "Between 0 and 1: of the variance; of pupils, in tables on what is missing or left out."
    ),
    "icc": Meaning(
        "Intraclass correlation",
        "Of two pupils of one group: of one school, in different classes where classes are a level; of one class.",
    ),
    "n_groups": Meaning("Number of groups", "Of this level."),
    "formula": Meaning("Formula", "Of the model, as the study file writes them."),
    "stage": Meaning("Stage"),
    "design": Meaning("Design", "The design that was planned, as docs/power.md names it."),
    "df_num": Meaning("Effects tested together", "The first degrees of freedom of the F test."),
    "threshold": Meaning("Expected standard", "The least score that reaches it.", _U),
    "km_low": Meaning("Least distance to the next school", "", "km"),
    "km_high": Meaning("Largest distance to the next school", "", "km"),
    "bound": Meaning("Lower end of the one-sided 95% interval", "Rounded downwards.", _U),
    "margin": Meaning("Margin", "The difference fixed beforehand as too small to matter.", _U),
    "need": Meaning("Correlation with the first score", "Below zero, schools that started lower had more."),
    "least": Meaning(
        "Least amount", "Of sessions, days or hours, from which on the project counts as taken up."
    ),
    "first_stage_f": Meaning("F of the first stage", "How surely more of those taking part took it up."),
    "name": Meaning("School's name in the published tables"),
    "chosen": Meaning("School chosen", "Its LAESTAB; empty where none is near enough."),
    "chosen_name": Meaning("Its name"),
    "apart": Meaning("How far apart", "In standard deviations of schools, over all that was matched on."),
    "caliper": Meaning("Caliper", "The farthest apart that a pair may be, in standard deviations."),
    "n_moved": Meaning("Pupils followed to another school", "", _P),
    "n_moved_up": Meaning("Pupils followed from primary to secondary", "", _P),
    "n_helped": Meaning("Pupils who had help", "", _P),
    "n_scored": Meaning("Pupils who had help and have what is matched on", "", _P),
    "n_pairs": Meaning("Pairs", "", "pairs"),
    "before": Meaning("Before the match", "Difference in standard deviations, rounded."),
    "after": Meaning(
        "After the match", "Difference in the standard deviations there were before it, rounded."
    ),
    "p_sign_flip": Meaning("p-value of the sign-flip test"),
    "smallest_p": Meaning("Smallest p-value that so many schools can reach"),
    "without_one_low": Meaning("Least estimate that leaving one school out gives", "Rounded.", _U),
    "without_one_high": Meaning("Largest estimate that leaving one school out gives", "Rounded.", _U),
    "pupil_weighted": Meaning("Estimate with schools weighted by their pupils", "Rounded.", _U),
    "regression": Meaning("Most that regression to the mean could make of it", "", _U),
    "n_left_out": Meaning("Schools left out", "Without pupils of both groups.", "schools"),
    "part": Meaning("Part"),
    "rating": Meaning("Rating", "From 0, none, to 5, the most secure."),
    "found": Meaning("What was found", "A band, or for the whole its weakest parts."),
    "variation": Meaning("Variation", "Its name; complete is the answer itself."),
    "arm": Meaning("Arm", "Whose pupils without the outcome are moved; the other arm's are not."),
    "finding": Meaning("Finding", "The claim of the interval with missing values drawn."),
    "delta": Meaning("Tipping point", "By how much drawn outcomes would have to be moved.", _U),
    "delta_sd": Meaning("Tipping point in standard deviations"),
    "place": Meaning("Place", "1 is the least estimate."),
    "choices": Meaning("Choices", "What is otherwise than planned."),
    "planned": Meaning("As planned", "true of the main model itself."),
    "note": Meaning("Note", "What the method did, or why it does not apply."),
    "mdes": Meaning("Minimum detectable effect size", "In standard deviations."),
    "mdes_units": Meaning("Minimum detectable effect", "", _U),
    "order": Meaning("Order of the stage"),
    "characteristic": Meaning("Characteristic"),
    "treated": Meaning("Treated group", "Its mean, or its proportion."),
    "control": Meaning("Comparison group", "Its mean, or its proportion."),
    "difference": Meaning("Difference", "Treated less comparison."),
    "effect_size": Meaning("Effect size", "The difference in standard deviations."),
    "verdict": Meaning("Verdict", "Whether the difference calls for adjustment."),
    "question": Meaning("Question"),
    "code": Meaning("Claim", "A code; the reports say it in words."),
    "shrunken": Meaning("School effect", "Drawn towards the average by how little is known.", _U),
    "raw": Meaning("School effect, not shrunken", "", _U),
    "raw_rounded_to": Meaning("Raw effect rounded to", "The step that it is a multiple of.", _U),
    "gap": Meaning("Gap by disadvantage", "", _U),
    "kind": Meaning("Kind of file, or of record"),
    "files": Meaning("Files", "", "files"),
    "rows_in": Meaning("Rows received", "", "rows"),
    "rows_accepted": Meaning("Rows accepted", "", "rows"),
    "rows_listed": Meaning("Rows listed", "Those not accepted.", "rows"),
    "published_measure": Meaning("Published measure", "The department's name of it."),
    "years": Meaning("Academic years", "The earlier and the later that are compared."),
    "period": Meaning("Period", "Where the later lies: before the project began, during it or after."),
    "variant": Meaning("Variant", "What else the comparison takes into account."),
    "p_adjusted": Meaning(
        "Adjusted p-value",
        "Holm's, over what is asked together: the parts of a split, the waves, or the measures and years of one variant and method.",
    ),
    "n_treated": Meaning("Project's schools", "", "schools"),
    "n_comparison": Meaning("Comparison schools", "", "schools"),
    "left_out": Meaning("Schools left out", "How many, and why."),
    "table": Meaning("Table", "The table of this release that is meant."),
    "row": Meaning("Row", "What the rest of the row says, so that it can be found."),
    "figures": Meaning("Figures", "The columns that differ."),
    "change": Meaning("Change", "new, changed or withdrawn; of a variation, what is otherwise."),
}


def table_meaning(name: str) -> Meaning:
    """What a table holds; of one not listed, its name."""
    return TABLES.get(name, Meaning(_words(name)))


def column_meaning(name: str) -> Meaning:
    """What a column holds; of one not listed, its name."""
    return COLUMNS.get(name, Meaning(_words(name)))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
