"""The codes that published tables hold in place of a value, and what the department says of them."""

CODES: dict[str, str] = {
    "SUPP": "suppressed: so few pupils that the figure could identify one",
    "LOWCOV": "low coverage: too few of the school's pupils are in the measure",
    "NA": "not applicable, or not available for this school or year",
    "NEW": "new school with no eligible pupils",
    "NE": "no entries: the school entered no pupils for these qualifications",
    "NP": "not published",
    "SP": "small percentage, or suppressed: not confirmed",
    "RE": "not confirmed",
    "UNAVAIL": "unavailable: not confirmed",
    "DNS": "did not submit: not confirmed",
    "NULL": "no value",
    "C": "confidential",
    "X": "unavailable",
    "Z": "not applicable",
    "U": "unreliable",
    "LOW": "rounds to zero",
    "<": "small school (2000s tables)",
    "!": "new school with no eligible pupils (2000s tables)",
    "empty": "the cell is empty",
    "blank": "the cell holds spaces only",
    "absent": "the row ends before this column",
}


def meaning(code: str) -> str | None:
    """What a code means, in any case; None when it is not known."""
    return CODES.get(code, CODES.get(code.upper()))
