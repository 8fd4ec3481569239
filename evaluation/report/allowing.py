"""What the main analysis allows for when it says what is to be expected of a school, in words."""

from evaluation.disclose import Release
from evaluation.report.numerals import listed

BACKGROUND = {
    "disadvantaged": "disadvantage",
    "year_group": "year group",
    "sex": "sex",
    "eal": "English as an additional language",
    "send": "special needs",
}
NOTHING_OF_PUPILS = {
    "allowing": "allowing only for which group pupils were in, and for nothing of how they started or of their background",
    "expected": "the average school’s",
}


def allowing(release: Release) -> dict[str, str]:
    """Fields for a school's sentence: what is allowed for, by the main model's own terms, and what the school is held beside.

    A model without any term of its pupils expects the same of every school.
    """
    baseline = release.meta["baseline"]
    known = BACKGROUND | ({} if baseline is None else {baseline["name"]: "first scores"})
    found: list[str] = []
    terms = release.table("estimates", model="headline") if "estimates" in release.tables else None
    for term, label in () if terms is None else zip(terms["term"], terms["label"], strict=True):
        for part in str(term).split(":"):
            column = part.split("[")[0]
            name = column.removesuffix("_school").removesuffix("_within")
            if name in known:
                found.append(known[name])
            elif "[" in part or label == part:  # a column that the study has no words for
                found.append(name.replace("_", " "))
    if not found:
        return NOTHING_OF_PUPILS
    return {
        "allowing": f"allowing for {listed(list(dict.fromkeys(found)))}",
        "expected": "what the main analysis expects of such a school",
    }
