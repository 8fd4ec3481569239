"""What a report says beside its claims: what a comparison allows, how a figure is to be read, what is withheld and why."""

from collections.abc import Mapping

NO_EXPECTATION = (
    "Without schools to compare with there is nothing to say what results this school’s should have been. How its pupils changed is given "
    "above, with its margin."
)
AGAINST_NORM = "measured against the tests’ national norms"
NO_NORM = "with no norms to measure the change against"
CHANGE_NOTE = "Schools weigh alike. This says what happened, not what would have happened otherwise: pupils and tests change for many reasons."
ICC = "Two pupils of one school correlate at {school}, the intraclass correlation: the larger it is, the less each further pupil of a school tells."
ICC_CLASSES = (
    "Two pupils of one school, in different classes, correlate at {school}, and two of one class at {school_class}, the intraclass "
    "correlations: the larger they are, the less each further pupil of a school or class tells."
)

PARTS_NOTE = (
    "One interval beyond zero and another not does not show that two parts differ: the test of all of them together is what "
    "speaks to that. Corrected p-values allow for several parts being looked at."
)
PARTS_TOGETHER = "All parts share the main model’s other terms."
YEAR_ALONE = (
    "A year group alone is a model of its own, every term judged from that year’s few schools. By year group, below, stands what one model of all "
    "years gives, the other terms in common: that is the answer by year, this is a check, and with few schools the two may lie apart."
)
ONE_PART = "The study has one year group and one phase, or no model of its main question, so that there are no parts to show."

NO_GROWTH = "Growth over waves needs three waves or more with one outcome each."
CHANGE_ABOVE = "The change from the first test to the last stands above."
GROWTH_BESIDE = "How much further {treated} have moved since the first test than {control}."
GROWTH_ALONE = "How far {treated} have moved since the first test; nobody is compared with."
GROWTH_NOTE = "Every pupil with any score counts. Nobody’s start is adjusted for: whoever starts lower tends to gain more, whatever is done."
GROWTH_ADJUSTED = "So read this beside the main answer, which compares pupils from the same start."
GROWTH_ALIKE = "Nor is it in the main answer, which is a change as well."
KEEPS_SCHOOL = (
    "Whoever changes school, from primary to secondary too, is followed and counts throughout for the school of the first test, wherever a later "
    "one was sat."
)
MOVED = {
    "n_moved": "{n} pupils with a later score had changed school.",
    "n_moved_up": "{n} went from primary to secondary.",
}

NO_THRESHOLD = "Nothing says what the expected standard of the main outcome’s test is, so that nobody is counted as having reached it."
THRESHOLD_NOTE = (
    "The expected standard is a score of {threshold} or above. Groups’ shares are as they were; the difference is the main model’s "
    "with the same terms ({method}). Shares depend on few pupils near the threshold: the main answer uses every score."
)

NEARNESS_NOTE = (
    "Nobody placed the schools near or far by lot: what goes with distance, or with a cluster, may come from anything else in which these "
    "schools differ."
)
POINTS_ALONE = "Points alone, of so few clusters that nothing can be concluded from them about whether clusters differ, nor from one beside another."
POINTS_TESTED = "Points alone: whether clusters differ is for the test of all of them together, above, and not for one beside another."

SUPPORTING_NOTE = (
    "From the first test to the last, schools counted alike. Supporting schools were chosen for being strong, and whoever starts high tends to "
    "gain less, whatever is done."
)

DOSE_NOTE = (
    "None of this is an effect. Nobody gave it by lot: a school’s need may have called for more, and it would have fared differently in any case; "
    "schools that did well may have taken more. The ways bear on that differently: where they disagree, the truth may lie anywhere between "
    "them, or beyond. What was given before a test cannot have been called for by the change after it, though lasting need bears on both."
)
LOWER_HAD_MORE = "schools that started lower had more; "
HIGHER_HAD_MORE = "schools that started higher had more; "
NEED_BOUND = "need could make anything from {ends} of the difference between schools."
NEED_NOTE = (
    "What need could make of it is the range of three answers: with the first score left out, taken in, and taken in together with as much need "
    "again that no test shows. Their own margins come on top, and need that weighs more goes beyond it."
)

NO_COMPLIANCE = (
    "The plan does not say from what amount of training, support or help on the project counts as taken up (analysis: compliance), so that "
    "those who took it up are not told apart."
)
TAKEN_UP = {
    "training": "their school’s staff came to sessions at least {least} times, each person at each session counted and half days as halves",
    "support": "their school had at least {least} days of specialist leaders",
    "interventions": "they had at least {least} hours of help",
}
TOOK_UP = "Pupils count as having taken it up where {what}, as the plan has it."
FIRST_STAGE = "The first stage’s F is {f}{weak}."
WEAK_F = 10
WEAK = ", which counts as weak: the interval allows for that, and is wide for it"
COMPLIANCE_NOTE = (
    "Apart from the main answer, which counts everyone as allocated. It holds only if taking part changed nothing for those who did not take it "
    "up. By least squares in two stages, with the main model’s other terms."
)
NO_HELPED = "No list of pupils who had help was received, or there is no first test to match them by, so that nobody is set beside them."
HELPED_PAIRS = (
    "Each pupil who had help is set beside one of the same school, year group and disadvantage whose first score was at most {caliper} standard "
    "deviations away, the distance in the plan; of all ways to make as many pairs, the one whose pairs are nearest."
)
HELPED_NUMBERS = {
    "n_helped": "{n} pupils had help.",
    "n_scored": "{n} who had it have both scores and what else is matched on.",
    "n_pairs": "{n} pairs in {schools} schools are compared.",
}
HELPED_NOTE = (
    "This is an association and not what the help did. Teachers chose who was helped, and pupils who were alike in what was measured may have "
    "differed in what was not. Pupils without a near match are not in it."
)
LIKENESS = {
    "helped": "Pupils who had help, beside the others of their year and school, and beside the matched",
    "schools": "Schools taking part, beside all comparison schools, and those with a near one beside theirs",
}
LIKENESS |= {
    f"chosen {kind}": f"Schools taking part, beside all others in the key stage {kind[-1]} tables, and beside those chosen"
    for kind in ("ks2", "ks4")
}
CHOSEN = "Schools in the published tables that are most like those taking part"
CHOSEN_NOTE = (
    "One to one among schools of one kind, over published results, number of pupils and disadvantage in the last year before the project. These "
    "are whom the study could have been compared with, or a later one could be: none of its answers rests on them."
)
NEAR_SCHOOLS = (
    "{n_treated} schools taking part are compared with {n_comparison}. {n_pairs} of them have a comparison school of their own of the same "
    "phase that is at most {caliper} standard deviations of schools away, over first scores, disadvantage and number of pupils together, the "
    "distance in the plan. The main analysis keeps every school; the review page shows it with these alone."
)
LIKENESS_NOTE = (
    "Differences to begin with, in standard deviations, rounded so that no pupil’s can be told. After the match at most 0.05 counts as balanced; "
    "up to 0.25 as needing adjustment; beyond that the groups are not equivalent (What Works Clearinghouse)."
)

FAR = "more than three"
VARIATIONS = (
    "In {unit}. Each row makes one choice otherwise than the plan; none replaces the planned answer. What leaving one school out gives is rounded, "
    "and the school is not named."
)
CENSORED = (
    "{share}% of pupils stand at an end of a test’s scale: their true scores may lie beyond it. To leave them out is a check and "
    "no better answer, since it leaves out by what was scored."
)
TIPPING = (
    "Missing scores are drawn from what is known of pupils and schools; then those of one group are all moved, up or down, until an "
    "end of the confidence interval reaches zero. Nothing in the data tells whether the missing are different: this shows what it "
    "would take."
)
CURVE = (
    "Every combination of the choices that the plan names, each with its 95% confidence interval, in the order of their "
    "estimates. The large point is the analysis as planned."
)
CURVE_COUNTS = (
    "Of {total} analyses the interval lies above zero in {above} and below zero in {below}. They are of the same pupils and are not so many separate "
    "findings."
)

NO_PUBLISHED = (
    "The study compares otherwise, or there are no published tables of a year before the project and of another, so that "
    "schools’ published figures are not compared."
)
PERIODS = {
    "before": "a trend from before the project",
    "during": "during the project",
    "after": "after the project",
}
PUBLISHED_NOTE = (
    "How much more the project’s schools changed between two years than the others of their kind, which nobody chose. The interval and p come from "
    "other sets of schools taking their place, sizes allowed for; the release has two further methods. These tables are of year 6 or 11 alone, "
    "mostly of other pupils than the project’s: they can suggest a difference and not establish one. Where a trend from before the project is as "
    "large, so is what it would have gone on to."
)

BY_LOT = "By the randomisation test, which asks only how the lot could have fallen, p is {p}."
BY_PLACEBO = "By a placebo test, in which others take the places of {treated}, p is {p}."
DISPUTED = "Not every way of judging the same results finds a difference, though (p from {least} to {most}), so that it is not settled."

STRENGTH: dict[str, str] = {
    "randomised": (
        "Who was in which group was decided by lot ({description}). Groups formed by lot are alike but for chance, "
        "so a difference whose interval does not include zero can be credited to what the groups did differently."
    ),
    "matched": (
        "The comparison is with {description}. The schools were not drawn by lot, so some of any difference may come "
        "from other ways in which they differ."
    ),
    "published": (
        "The comparison is with published results ({description}), which cover other year groups and mostly other "
        "pupils. It can suggest a difference; it cannot establish one."
    ),
    "norm": (
        "There is no comparison group: results are set against the test’s national norm ({description}). What would "
        "have happened without the project is not known."
    ),
    "none": (
        "There is no comparison group ({description}). The report describes what happened; it cannot say how much "
        "of it came from the project."
    ),
}
WITH_COMPARISON = frozenset({"randomised", "matched", "published"})

READING = (
    "Each estimate comes with its 95% confidence interval: the range of values that fit the data well. Where the "
    "range is wide, or includes zero, the data leave the question open; that is not the same as finding no difference."
)
RAW = "As it stands, before it is drawn towards the average, the difference is {size} {unit} {side}."
NO_RAW = "What the difference is before it is drawn towards the average is not given, to protect pupils."
SHRUNKEN = (
    "The estimate is drawn towards the average, most of all where pupils are few, because the results of a small "
    "group swing more by chance from year to year. It is not a judgement of the school, and schools are not put "
    "in order: most differences between schools are smaller than their margins."
)
FEW_SCHOOLS = "That is few schools: small-sample (Kenward-Roger) inference is used, and intervals are wide."
EXPECT = {
    "randomised": "In a school like this one it is the best single guide to what to expect; what happened in one school may differ from it",
    "compared": (
        "For a school like this one it is a guide to what to expect, though some of it may come from other ways in which the schools compared "
        "differ; what happened in one school may differ from it"
    ),
    "alone": (
        "It says what happened and not what taking part did, and is no guide to what to expect in a school like this one: results could have "
        "changed as much without the project. What happened in one school may differ from it"
    ),
}
AUDIENCES = {
    "school": "Made for the school itself; not for publication",
    "cluster": "Made for the cluster’s schools; not for publication",
    "project": "Made for the project’s schools and staff; not for publication",
    "public": "Made for the public",
}
SECONDARY = (
    "Many such differences are worked out, one a school, and by chance alone some look large. Read it beside the "
    "project’s finding, not instead of it."
)
WITHHELD_NOTE = "c: withheld to protect pupils, because it is about fewer than {minimum} of them or would give such a figure away."
DASH_NOTE = (
    "–: not given, because the group is too small for it, or because it would give a smaller group away."
)
ROUNDED_NOTE = (
    "Averages of few pupils are rounded to a half, to a whole number or more coarsely, so that nobody who knows the others’ "
    "scores can work out the last one’s."
)
STANDING_NOTE = (
    "Figures for {disadvantaged} and for {others} stand as published in run {standing}: since then too few pupils have come, gone or "
    "changed for new ones to be given without telling of them."
)
NO_SUBGROUPS = (
    "The gap of {place} is not shown here, whatever its size: whoever knows most of a school’s pupils could work out from it "
    "whether one of them is among the {disadvantaged}. A school’s own pack has it."
)
WITHHELD_RULE = (
    "To protect pupils, any figure about fewer than {minimum} pupils is withheld and shown as c. Some larger groups "
    "are withheld too, where showing them would let someone work out a smaller one by subtraction."
)
SECURITY = {
    "design": ("Comparison", "what the comparison allows for: {found}"),
    "detectable": ("Smallest effect the study would find", "{found} standard deviations"),
    "lost": ("Pupils lost between population and analysis", "{found} of them, in the arm that lost most"),
    "balance": ("Groups apart to begin with", "{found} standard deviations, on whatever they differ in most"),
    "whole": ("As a whole", "its weakest: {found}"),
}
KINDS = {
    "randomised": "groups formed by lot",
    "matched": "schools alike in what was measured",
    "published": "the same schools’ published results beside those of others, mostly of other pupils",
    "norm": "nobody to compare with but a test’s norm sample",
    "none": "nobody to compare with",
}
SECURITY_NOTE = (
    "After the Education Endowment Foundation’s classification. Comparison: 5 by lot, 3 matched with a test at the start, 2 without one, 2 change "
    "in published tables beside other schools’, 0 nobody to compare with. Smallest effect: 5 to 0.2, 4 to 0.3, 3 to 0.4, 2 to 0.5, 1 to 0.6. Pupils lost: 5 to a "
    "tenth, 4 to two tenths, and so on. Groups apart: 5 to 0.05, 4 to 0.10, 3 to 0.25, 2 to 0.5, 1 to 1. The whole is as secure as its "
    "weakest part."
)
DETECTABLE = (
    "A true effect of this size would be found, at the 5% level, by four studies in five like this one. Smaller ones would often be "
    "missed: finding no difference does not rule them out. “As analysed” rests on the estimate’s own standard error."
)


def strength(comparison: Mapping[str, str]) -> str:
    """What the study's comparison allows anyone to conclude."""
    return STRENGTH[comparison["kind"]].format_map(comparison)


def expect(comparison: Mapping[str, str]) -> str:
    """What a finding is a guide to in a school that took part, before ", and"."""
    kind = comparison["kind"]
    compared = "compared" if kind in WITH_COMPARISON else "alone"
    return EXPECT.get(kind, EXPECT[compared])


def has_comparison(comparison: Mapping[str, str]) -> bool:
    """Whether there is a comparison group at all: without one, nothing is called an impact."""
    return comparison["kind"] in WITH_COMPARISON
