"""What a report says beside a change that nobody is compared with: how it is worked out, and how much of it may be nothing but the tests."""

REGRESSION = (
    "Pupils tested where scores are low tend to score nearer the average the next time, whatever is done."
)
REGRESSION_MOST = "If the schools had been chosen for these very scores, that alone could make up to {most} {unit} of the change."
REGRESSION_NOT_LOW = (
    "These schools did not start below the norm, so that this would not have raised their results."
)
REGRESSION_NO_NORM = (
    "How much of the change that makes cannot be bounded here: no norms tell how low these pupils started."
)
REGRESSION_FEW = "How much of the change that makes cannot be bounded from so few pupils."
REGRESSION_PLACE = (
    f"{REGRESSION} Where they start high it is the other way round. Some of the change may be that."
)
CHANGE_PLAN = {
    "change": (
        "How results of {treated} changed from the first test to the last",
        "Of each school the mean change of its pupils with both scores, on the tests’ norms where both have them; then the mean over schools, "
        "which weigh alike",
    ),
    "change_in_gap": (
        "Whether the gap between {disadvantaged} and {others} changed",
        "Of each school the mean change of {disadvantaged} less that of {others}; then the mean over schools, which weigh alike",
    ),
}
CHANGE_TERM = "The mean: Student’s t over schools, and beside it sign flips and each school left out in turn"
CHANGE_POINTS = (
    "Each school’s change (diamonds), in the register’s order, and the estimate over all schools with its 95% confidence interval. Schools’ "
    "points are of published averages, rounded to protect pupils, so that they need not average to the estimate exactly."
)
CHANGE_AGREES = (
    "“{title}”: worked out afresh from the store, one change a school, what was published agrees: estimate, standard error and interval (t on {df} "
    "degrees of freedom) to a millionth of a standard error, both p’s, and what leaving one school out gives to within its rounding."
)
FEW_CHANGES = (
    "That is few schools: the interval is by Student’s t on {df} degrees of freedom, one fewer than schools, and is wide; a test by sign flips "
    "stands beside it."
)
TOO_FEW_CHANGES = "That is so few schools that no interval is given."
DETECTABLE_CHANGE = (
    "A true change of this size would be found, at the 5% level, by four studies in five like this one. Smaller ones would often be missed: that "
    "the data leave the question open does not rule them out. “As planned” rests on how much the plan expects schools’ changes to differ from one "
    "another; “as analysed” on how much they do. That a change is found does not say what it came from."
)
