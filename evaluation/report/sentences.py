"""Claim codes to sentences. The whole of what a report may say of a result stands in the tables below.

Fields in braces are filled from the release. `{range}` is the 95% confidence interval, in the direction the sentence
states; `{span}` says its two ends in words. Nothing here says that one thing caused another unless the comparison allows it (`wording.STRENGTH`), an inconclusive
result is never called no effect, and no school is placed in an order.
"""

from collections.abc import Mapping
from typing import Any

from evaluation.report.numerals import capital

SEVERAL = "taken alone that would be a finding, but among the several questions asked it may well be chance."
PROTECTED = "to protect pupils here, or in another school whose figures could be worked out from these"

CLAIMS: dict[tuple[str, str], str] = {
    (
        "headline",
        "higher",
    ): "{treated} scored {size} {unit} higher, on average, than {control}{level} ({range}).",
    (
        "headline",
        "lower",
    ): "{treated} scored {size} {unit} lower, on average, than {control}{level} ({range}).",
    ("headline", "inconclusive"): (
        "the results do not settle whether {treated} did better or worse than {control}{level}. The best estimate is "
        "{size} {unit} {direction}, but anything from {span} fits the data."
    ),
    ("headline", "within_margin"): (
        "the difference between {treated} and {control}{level} is smaller than {margin} {unit} either way, the margin fixed beforehand as too small "
        "to matter. The best estimate is {size} {unit} {direction} ({range})."
    ),
    ("headline", "not_estimable"): (
        "the difference between {treated} and {control} cannot be estimated from these data."
    ),
    (
        "gap",
        "higher",
    ): "{among}{disadvantaged} scored {size} {unit} higher, on average, than {others} ({range}).",
    (
        "gap",
        "lower",
    ): "{among}{disadvantaged} scored {size} {unit} lower, on average, than {others} ({range}).",
    ("gap", "inconclusive"): (
        "{among}{disadvantaged} scored {size} {unit} {direction}, on average, than {others}. The data leave that "
        "open: anything from {span} fits them."
    ),
    ("gap", "one_of_several"): (
        "{among}{disadvantaged} scored {size} {unit} {direction}, on average, than {others} ({range}). The data leave that "
        f"open: {SEVERAL}"
    ),
    ("gap", "not_estimable"): (
        "the gap between {disadvantaged} and {others} cannot be estimated from these data."
    ),
    ("gap", "withheld"): (
        f"the gap between {{disadvantaged}} and {{others}} in {{place}} is withheld, {PROTECTED}."
    ),
    ("gap_change", "higher"): (
        "the difference between {treated} and {control} was {size} {unit} larger for {disadvantaged} than for "
        "{others} ({range}), in favour of {disadvantaged}."
    ),
    ("gap_change", "lower"): (
        "the difference between {treated} and {control} was {size} {unit} smaller for {disadvantaged} than for "
        "{others} ({range}), to the disfavour of {disadvantaged}."
    ),
    ("gap_change", "inconclusive"): (
        "the results do not settle whether {disadvantaged}, set beside {others}, did better or worse among {treated} "
        "than among {control}. The best estimate is {size} {unit} {gap_direction}, but anything from {gap_span} fits "
        "the data."
    ),
    ("gap_change", "one_of_several"): (
        "the results do not settle whether {disadvantaged}, set beside {others}, did better or worse among {treated} "
        "than among {control}. The best estimate is {size} {unit} {gap_direction} ({range}): "
        f"{SEVERAL}"
    ),
    ("gap_change", "within_margin"): (
        "the difference between {treated} and {control} is the same for {disadvantaged} as for {others} to within {margin} {unit}, the "
        "margin fixed beforehand as too small to matter. The best estimate is {size} {unit} {gap_direction} for {disadvantaged} ({range})."
    ),
    ("gap_change", "not_estimable"): (
        "whether this gap differs between {treated} and {control} cannot be estimated from these data."
    ),
    ("change", "higher"): (
        "from the first test to the last, results of {treated} rose by {size} {unit}, schools counted alike, {against} ({range})."
    ),
    ("change", "lower"): (
        "from the first test to the last, results of {treated} fell by {size} {unit}, schools counted alike, {against} ({range})."
    ),
    ("change", "inconclusive"): (
        "the results do not settle whether {treated} rose or fell {against}. The best estimate is that they {moved} by {size} {unit}, "
        "but anything from {moved_span} fits the data."
    ),
    ("change", "within_margin"): (
        "from the first test to the last, results of {treated} moved by less than {margin} {unit}, {against}, the margin fixed beforehand as "
        "too small to matter. The best estimate is that they {moved} by {size} {unit} ({range})."
    ),
    (
        "change",
        "not_estimable",
    ): "how {treated} changed cannot be estimated from these data with its uncertainty.",
    ("change_in_gap", "higher"): (
        "from the first test to the last {disadvantaged} gained {size} {unit} more than {others} ({range})."
    ),
    ("change_in_gap", "lower"): (
        "from the first test to the last {disadvantaged} gained {size} {unit} less than {others} ({range})."
    ),
    ("change_in_gap", "inconclusive"): (
        "the results do not settle whether {disadvantaged} gained more or less than {others} from the first test to the last. The best "
        "estimate is {size} {unit} {gap_direction}, but anything from {gap_span} fits the data."
    ),
    ("change_in_gap", "one_of_several"): (
        "the results do not settle whether {disadvantaged} gained more or less than {others} from the first test to the last. The best "
        f"estimate is {{size}} {{unit}} {{gap_direction}} ({{range}}): {SEVERAL}"
    ),
    ("change_in_gap", "within_margin"): (
        "from the first test to the last {disadvantaged} and {others} gained the same to within {margin} {unit}, the margin fixed beforehand as "
        "too small to matter. The best estimate is {size} {unit} {gap_direction} ({range})."
    ),
    ("change_in_gap", "not_estimable"): (
        "whether the gap between {disadvantaged} and {others} changed cannot be estimated from these data with its uncertainty."
    ),
    ("proportion", "higher"): (
        "the share of {treated} at the expected standard was {size} percentage points higher than that of {control}{level} ({range})."
    ),
    ("proportion", "lower"): (
        "the share of {treated} at the expected standard was {size} percentage points lower than that of {control}{level} ({range})."
    ),
    ("proportion", "inconclusive"): (
        "the results do not settle whether more or fewer of {treated} than of {control}{level} reached the expected standard. The best estimate "
        "is {size} percentage points {direction} ({range})."
    ),
    ("proportion", "one_of_several"): (
        "the results do not settle whether more or fewer of {treated} than of {control}{level} reached the expected standard. The best estimate "
        f"is {{size}} percentage points {{direction}} ({{range}}): {SEVERAL}"
    ),
    ("proportion", "not_estimable"): (
        "how the shares of {treated} and {control} at the expected standard differ cannot be estimated from these data with its uncertainty."
    ),
    ("proportion", "withheld"): (
        "how many reached the expected standard is withheld to protect pupils: too few of a group did, or did not."
    ),
    ("distance", "higher"): (
        "the farther a school is from the next one taking part, the better its pupils did beside {control}{level}: {size} {unit} for each "
        "doubling of the distance ({range})."
    ),
    ("distance", "lower"): (
        "the nearer a school is to the next one taking part, the better its pupils did beside {control}{level}: {size} {unit} for each "
        "halving of the distance ({range})."
    ),
    ("distance", "inconclusive"): (
        "the results do not settle whether pupils did better or worse where schools taking part are near one another. The best estimate is "
        "{size} {unit} {gap_direction} for each doubling of the distance, but anything from {gap_span} fits the data."
    ),
    ("distance", "one_of_several"): (
        "the results do not settle whether pupils did better or worse where schools taking part are near one another. The best estimate is "
        f"{{size}} {{unit}} {{gap_direction}} for each doubling of the distance ({{range}}): {SEVERAL}"
    ),
    ("distance", "not_estimable"): (
        "whether results go with the distance between schools cannot be told from these data."
    ),
    ("cluster", "differ"): (
        "how {treated} did beside {control}{level} differed between clusters: tested together, {p}."
    ),
    ("cluster", "inconclusive"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between clusters: tested together, {p}."
    ),
    ("cluster", "one_of_several"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between clusters: tested together, {p}; "
        f"{SEVERAL}"
    ),
    ("cluster", "not_estimable"): (
        "whether how {treated} did beside {control} differed between clusters cannot be told from these data."
    ),
    ("supporting", "not_inferior"): (
        "pupils of supporting schools gained {size} {unit} {more} than {control}. That they fell back by as much as {margin}, the margin fixed "
        "beforehand, does not fit the data: the one-sided 95% interval goes down to {bound}."
    ),
    ("supporting", "inconclusive"): (
        "pupils of supporting schools gained {size} {unit} {more} than {control}. The results do not settle whether they fell back by as much as "
        "{margin}, the margin fixed beforehand: the one-sided 95% interval goes down to {bound}."
    ),
    ("supporting", "not_judged"): (
        "pupils of supporting schools gained {size} {unit} {more} than {control}; the one-sided 95% interval goes down to {bound}. No margin was "
        "fixed beforehand, so whether they fell back is not judged."
    ),
    ("supporting", "not_estimable"): ("whether supporting schools fell back cannot be told from these data."),
    ("supporting", "withheld"): ("how pupils of supporting schools fared is withheld to protect them."),
    ("compliance", "higher"): (
        "were the whole difference theirs who took it up, these scored {size} {unit} higher, on average, than pupils like them in the "
        "comparison ({range})."
    ),
    ("compliance", "lower"): (
        "were the whole difference theirs who took it up, these scored {size} {unit} lower, on average, than pupils like them in the "
        "comparison ({range})."
    ),
    ("compliance", "inconclusive"): (
        "the results do not settle whether those who took it up did better or worse than pupils like them in the comparison. The best "
        "estimate, were the whole difference theirs, is {size} {unit} {direction}, but anything from {span} fits the data."
    ),
    ("compliance", "one_of_several"): (
        "the results do not settle whether those who took it up did better or worse than pupils like them in the comparison. The best "
        f"estimate, were the whole difference theirs, is {{size}} {{unit}} {{direction}} ({{range}}): {SEVERAL}"
    ),
    ("compliance", "not_estimable"): (
        "how those who took it up did beside pupils like them in the comparison cannot be told from these data."
    ),
    ("compliance", "withheld"): (
        "how those who took it up did is withheld to protect pupils: too few did, or did not."
    ),
    ("helped", "higher"): (
        "help is associated with results {size} {unit} higher than those of pupils who had none and were alike at the start ({range})."
    ),
    ("helped", "lower"): (
        "help is associated with results {size} {unit} lower than those of pupils who had none and were alike at the start ({range})."
    ),
    ("helped", "inconclusive"): (
        "the results do not settle whether help is associated with higher or lower results than those of pupils who had none and were alike "
        "at the start. The best estimate is {size} {unit} {direction}, but anything from {span} fits the data."
    ),
    ("helped", "one_of_several"): (
        "the results do not settle whether help is associated with higher or lower results than those of pupils who had none and were alike "
        f"at the start. The best estimate is {{size}} {{unit}} {{direction}} ({{range}}): {SEVERAL}"
    ),
    ("helped", "not_estimable"): (
        "how pupils who had help did beside pupils like them who had none cannot be told from these data."
    ),
    ("helped", "withheld"): (
        "how pupils who had help did beside pupils like them who had none is withheld to protect them."
    ),
    ("year_group", "differ"): (
        "how {treated} did beside {control}{level} differed between year groups: tested together, {p}."
    ),
    ("year_group", "inconclusive"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between year groups: tested together, {p}."
    ),
    ("year_group", "one_of_several"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between year groups: tested together, {p}; "
        f"{SEVERAL}"
    ),
    ("year_group", "not_estimable"): (
        "whether how {treated} did beside {control} differed between year groups cannot be told from these data."
    ),
    ("phase", "differ"): (
        "how {treated} did beside {control}{level} differed between phases: tested together, {p}."
    ),
    ("phase", "inconclusive"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between phases: tested together, {p}."
    ),
    ("phase", "one_of_several"): (
        "the results do not settle whether how {treated} did beside {control}{level} differed between phases: tested together, {p}; "
        f"{SEVERAL}"
    ),
    ("phase", "not_estimable"): (
        "whether how {treated} did beside {control} differed between phases cannot be told from these data."
    ),
    ("missing", "fragile"): (
        "the finding hangs on the missing scores. If pupils of one group without a score would have scored {distance} standard deviations "
        "away from what is expected of them, the finding would be another; up to {share} of a group’s scores are missing."
    ),
    ("missing", "much_missing"): (
        "up to {share} of a group’s scores are missing, which is more than can be passed over. To change the finding, pupils without a "
        "score would have to be {distance} standard deviations away from what is expected of them."
    ),
    ("missing", "settled"): (
        "to change the finding, pupils of one group without a score would have to be {distance} standard deviations away from what is "
        "expected of them. At most {share} of a group’s scores are missing."
    ),
    ("school", "higher"): ("{allowing}, results here are {size} {unit} above {expected} ({range})."),
    ("school", "lower"): ("{allowing}, results here are {size} {unit} below {expected} ({range})."),
    ("school", "inconclusive"): (
        "{allowing}, the data do not settle whether results here are above or below {expected}. The best estimate is "
        "{size} {unit} {side}, but anything from {side_span} fits the data."
    ),
    ("school", "withheld"): (
        f"how {{place}} compares with what the main analysis expects of it is withheld, {PROTECTED}."
    ),
    (
        "school",
        "not_estimable",
    ): "these data show no difference between schools beyond chance, so none is given for {place}.",
}


def sentence(question: str, code: str, fields: Mapping[str, Any], start: str = "") -> str:
    """The sentence for a claim, its fields filled, after a start such as "In this school, "."""
    return capital(start + CLAIMS[question, code].format_map(fields))
