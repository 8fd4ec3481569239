"""What a common transfer file tells of a pupil's past: provision, attendance and schools; and what is not read of it."""

from collections import Counter
from collections.abc import Iterable

from evaluation.ingest.transfer import Node, Transfer

SESSIONS = ("SessionsPossible", "SessionsAttended", "SessionsAuthorised", "SessionsUnauthorised")
# Parts of a pupil, as the department's specifications spell them. A file may hold any name, even a pupil's, so no other
# is repeated.
_PARTS = [
    "BasicDetails",
    "FormerUPN",
    "PreferredSurname",
    "PreferredForename",
    "FormerSurname",
    "FormerForename",
    "MiddleNames",
    "NCyearActual",
    "Ethnicity",
    "EthnicitySource",
    "EnrolStatus",
    "Languages",
    "Nationality",
    "CountryofBirth",
    "ServiceChild",
    "SENhistory",
    "SENneeds",
    "FSMhistory",
    "LookedAfter",
    "Attendance",
    "SchoolHistory",
    "Admissions",
    "Address",
    "Phones",
    "Email",
    "Contacts",
    "Medical",
    "NAWdetails",
    "AssessmentResults",
    "StageAssessments",
    "SuspensionsExclusions",
    "Exclusions",
    "Disabilities",
    "YSSA",
    "TopUpFunding",
    "Adopted",
    "PupilPremium",
    "GiftedTalented",
    "Photo",
    "Religion",
    "LearnerFunding",
    "Learner",
    "Modified",
    "UniqueLearnerNumber",
    "UCI",
    "ModeOfTravel",
    "Traveller",
    "Youth",
    "SENprovision",
    "SENstatus",
]
_SPELT = {part.lower(): part for part in _PARTS}
_DESCENDED = frozenset({"basicdetails", "lookedafter"})


def latest_provision(pupil: Node) -> str:
    """The special needs provision that began last."""
    spans = [
        (
            span.get("StartDate") or span.get("SENstageStartDate"),
            span.get("SENprovision") or span.get("SENstatus") or span.get("SENstageType"),
        )
        for history in pupil.find("SENhistory")
        for span in (history, *history.find("SEN"), *history.find("SENstage"))
    ]
    return max((span for span in spans if span[1]), default=("", ""))[1]


def latest_attendance(pupil: Node) -> dict[str, str]:
    """Sessions possible, attended and missed, of the latest year or part of one that the file tells of."""
    told = [
        (node.get("Year"), node.get("StartDate"), {name: node.get(name) for name in SESSIONS})
        for attendance in pupil.find("Attendance")
        for node in (attendance, *_below(attendance))
        if node.get(SESSIONS[0])
    ]
    year, _, sessions = max(told, key=lambda item: item[:2], default=("", "", dict.fromkeys(SESSIONS, "")))
    return {"AttendanceYear": year, **sessions}


def last_school(pupil: Node) -> dict[str, str]:
    """The school the pupil left last, as LEA and Estab, the day, and how many schools the file tells of."""
    schools = [node for history in pupil.find("SchoolHistory") for node in history.find("School")]
    left = max(schools, key=lambda node: node.get("LeavingDate"), default=Node("school", 0))
    number = (
        left.get("LEA") + left.get("Estab").zfill(4) if left.get("LeavingDate") and left.get("Estab") else ""
    )
    return {
        "LastSchool": number,
        "LastSchoolLeft": left.get("LeavingDate"),
        "SchoolsListed": str(len(schools)) if schools else "",
    }


def _below(node: Node) -> Iterable[Node]:
    for child in node.children:
        yield child
        yield from _below(child)


def not_read(transfer: Transfer, read: Iterable[str]) -> str:
    """The parts of pupils that are not read, with how often each stands in the file; "" when all are read.

    Parameters
    ----------
    read : names of the elements that are read, in any case.
    """
    known = {name.lower() for name in read}
    counts = Counter(transfer.let_go)
    for pupil in transfer.pupils:
        for part in _parts(pupil):
            counts[part.name] += part.name not in known
    named = {_SPELT[name]: count for name, count in counts.items() if name in _SPELT and count}
    others = sum(count for name, count in counts.items() if name not in _SPELT)
    told = [f"{name} {count:,}" for name, count in sorted(named.items())]
    told += [f"elements of other names {others:,}"] if others else []
    return f"Not read by this source: {', '.join(told)}." if told else ""


def _parts(pupil: Node) -> Iterable[Node]:
    for child in pupil.children:
        if child.name in _DESCENDED:
            yield from child.children
        else:
            yield child
