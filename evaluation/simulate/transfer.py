"""A common transfer file, as one school exports it in summer: its pupils, their free meals, their results."""

from datetime import date, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from evaluation.simulate.exports import LABEL

SENDER = "9992005"
PATH = f"ctf/{SENDER}_CTF_LLLLLLL_001.xml"
BASELINE, SENT = date(2023, 9, 25), "2024-06-26T16:00:00"
LATER = 2  # pupils whose free meals began after the baseline
MISLISTED = 2  # pupils on free meals of whom the school's list says that they are not disadvantaged
CHECK = ("KS2", "2024", "MAT", "TT", "MTC", "MT")  # the multiplication tables check, sat in year 4
FIRST = ("KS1", "2022", "MAT", "TA", "SUB", "NM")  # the teacher's assessment of the same pupils in year 2
ABSENT = "A"

Content = str | list[tuple[str, "Content"]]


def mislisted(roll: pd.DataFrame) -> pd.Index:
    """Pupils of whom the school's list says the contrary of what is so, and their spells say: the last two on free meals,
    and the last of the others, who had free meals in Wales."""
    return roll.index[roll["disadvantaged"] == 1][-MISLISTED:].append(_in_wales(roll))


def _in_wales(roll: pd.DataFrame) -> pd.Index:
    return roll.index[roll["disadvantaged"] == 0][-1:]


def transfer_file(rng: np.random.Generator, roll: pd.DataFrame) -> tuple[bytes, dict[str, int]]:
    """The file's bytes and what is in it: spells, pupils ever on free meals by the baseline, results.

    Every disadvantaged pupil has been on free meals within the six years before the baseline, and one is looked
    after; of the others two began after it, and one had free meals in Wales.

    Parameters
    ----------
    rng : for what other files do not say.
    roll : the school's pupils in summer, with identities, `disadvantaged`, `send` and scores.
    """
    wales = _in_wales(roll)
    others = roll.index[roll["disadvantaged"] == 0].difference(wales)
    later = set(rng.choice(others, size=min(LATER, len(others)), replace=False).tolist())
    in_care = set(roll.index[roll["disadvantaged"] == 1][:1])
    pupils: list[tuple[str, Content]] = []
    planted = {
        "spells": 0,
        "free_meals_by_baseline": 0,
        "free_meals_later": len(later),
        "free_meals_abroad": len(wales),
        "looked_after": len(in_care),
    }
    planted |= {"check_results": 0, "check_absent": 0}
    for at, pupil in roll.iterrows():
        spells = _spells(rng, pupil["disadvantaged"] or at in wales, at in later)
        planted["spells"] += len(spells)
        planted["free_meals_by_baseline"] += bool(pupil["disadvantaged"])
        results = _results(rng, pupil)
        planted["check_results"] += bool(results)
        planted["check_absent"] += any(result[-1] == ABSENT for result in results)
        meals = _meals(spells, "WLS" if at in wales else "ENG")
        pupils.append(("Pupil", _pupil(pupil, meals, at in in_care, results)))
    root = _element("CTfile", [("Header", _header()), ("CTFpupilData", pupils)])
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n", planted


def _spells(rng: np.random.Generator, before: bool, later: bool) -> list[tuple[date, date | None]]:
    """First and last day of each spell of free meals, in the years before the baseline or since; an open one has no last day."""
    if later:
        return [(BASELINE + timedelta(days=int(rng.integers(30, 200))), None)]
    if not before:
        return []
    began = BASELINE - timedelta(days=int(rng.integers(300, 900)))
    if rng.random() < 0.5:
        return [(began, None)]
    ended = began + timedelta(days=int(rng.integers(60, 150)))
    again = ended + timedelta(days=int(rng.integers(100, 200)))
    return [(began, ended), (again, None)] if rng.random() < 0.3 else [(began, ended)]


def _results(rng: np.random.Generator, pupil: pd.Series) -> list[tuple[str, ...]]:
    """A year 4 pupil's results: the teacher's in year 2, and the check's marks, 0 to 25, or absent."""
    if pupil["year_group"] != "4":
        return []
    level = pupil["endline"]
    if np.isnan(level):
        return [(*FIRST, "EXS"), (*CHECK, ABSENT)]
    marks = int(np.clip(np.rint(19 + (level - 100) / 3 + rng.normal(0, 2)), 0, 25))
    return [(*FIRST, "WTS" if level < 90 else "EXS" if level < 112 else "GDS"), (*CHECK, str(marks))]


def _header() -> Content:
    return [
        ("DocumentName", "Common Transfer File"),
        ("CTFversion", "21.0"),
        ("DateTime", SENT),
        ("DocumentQualifier", "full"),
        ("DataDescriptor", LABEL),
        ("SupplierID", "Invented"),
        ("SourceSchool", [("LEA", SENDER[:3]), ("Estab", SENDER[3:]), ("SchoolName", "Farrowick Primary School"), ("AcademicYear", "2023")]),
        ("DestSchool", [("LEA", "LLL"), ("Estab", "LLLL")]),
    ]  # fmt: skip


def _meals(spells: list[tuple[date, date | None]], country: str) -> list[tuple[str, Content]]:
    return [
        ("FSMinstance", [("FSMstartDate", f"{began}"), *([("FSMendDate", f"{ended}")] if ended else []), ("UKcountry", country)])
        for began, ended in spells
    ]  # fmt: skip


def _pupil(
    pupil: pd.Series, meals: list[tuple[str, Content]], in_care: bool, results: list[tuple[str, ...]]
) -> Content:
    """A Pupil element's content, in the order of the department's structure, without elements that are empty."""
    parts: list[tuple[str, Content]] = [
        ("UPN", pupil["upn"]),
        ("Surname", pupil["surname"]),
        ("Forename", pupil["forename"]),
        ("DOB", f"{pupil['dob']:%Y-%m-%d}"),
        ("Sex", pupil["sex"]),
        ("BasicDetails", [("NCyearActual", pupil["year_group"]), ("EnrolStatus", "C")]),
        ("FSMhistory", meals),
        ("LookedAfter", [("InCare", "true"), ("CareAuthority", SENDER[:3])] if in_care else []),
        (
            "SENhistory",
            [("SEN", [("StartDate", "2022-09-05"), ("SENprovision", "K" if pupil["send"] else "N")])],
        ),
        ("StageAssessments", [("KeyStage", _result(*result)) for result in results]),
    ]
    return [part for part in parts if part[1]]


def _result(
    stage: str, year: str, subject: str, method: str, component: str, qualifier: str, result: str
) -> Content:
    fields = [
        ("Locale", "ENG"), ("Year", year), ("Subject", subject), ("Method", method), ("Component", component),
        ("ResultStatus", "R"), ("ResultQualifier", qualifier), ("Result", result),
    ]  # fmt: skip
    return [("Stage", stage), ("StageAssessment", [(name, text) for name, text in fields])]


def _element(name: str, content: Content) -> ET.Element:
    element = ET.Element(name)
    if isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(*part) for part in content)
    return element
