"""Common transfer files (CTF): the XML in which schools pass on what they know of pupils.

Elements are found by name and not by place, for they moved between versions: the sex was once Gender, names
stand under Pupil or BasicDetails. Structure: the Department for Education's CTF specifications.
"""

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from evaluation.errors import SourceError, nearest
from evaluation.ingest.ctf_history import SESSIONS, last_school, latest_attendance, latest_provision, not_read
from evaluation.ingest.table import Fault, RawTable
from evaluation.ingest.transfer import Node, Transfer, parse_transfer

WHO = ("UPN", "FormerUPN", "Surname", "Forename", "DOB")
RESULT = ("Stage", "Subject", "Method", "Component", "ResultStatus", "ResultQualifier")
HEADINGS: dict[str, tuple[str, ...]] = {
    "pupils": (
        "School", *WHO, "UniqueLearnerNumber", "UCI", "MiddleNames", "PreferredSurname", "Sex", "NCyearActual",
        "Ethnicity", "EnrolStatus", "FSMreviewDate", "InCare", "CareAuthority", "SENprovision", "PreferredForename", "FormerSurname",
        "FormerForename", "AttendanceYear", *SESSIONS, "LastSchool", "LastSchoolLeft", "SchoolsListed",
    ),
    "spells": ("School", *WHO, "FSMstartDate", "FSMendDate", "UKcountry"),
    "scores": ("School", *WHO, "NCyearActual", *RESULT, "Locale", "Year", "Result"),
}  # fmt: skip
LISTED = 30
_OLDER = {"Sex": "Gender", "SENprovision": "SENstatus"}
# What each kind of source reads whole, beside the elements its columns are named after.
_WHOLE = {
    "pupils": ("Gender", "SENstatus", "SENhistory", "Attendance", "SchoolHistory"),
    "spells": ("FSMhistory",),
    "scores": ("StageAssessments", "KeyStage"),
}


def read_ctf(
    content: bytes,
    shown: str,
    source: str,
    sha256: str,
    kind: str,
    assessment: str | None,
    headings: Sequence[str],
) -> RawTable:
    """A common transfer file's pupils, their spells of free meals, or their results in one assessment.

    Each row's number is the line of its element: Pupil, FSMinstance or StageAssessment. Where two stand on one
    line, as in a file without line breaks, it is the element's place among its like, and a note says so.

    Parameters
    ----------
    kind : "pupils", "spells" or "scores".
    assessment : for scores, stage/subject/method/component/status/qualifier; parts left out or "*" may be any.

    Raises
    ------
    SourceError
        When it is too large, not well-formed, no CTF, holds no pupil or no such result, or more than one
        assessment answers; or when a mapped heading is none of the kind's.
    """
    _check_headings(shown, kind, headings)
    transfer = parse_transfer(content, shown)
    rows = [row for pupil in transfer.pupils for row in _ROWS[kind](pupil)]
    faults = [_about(transfer)]
    if unread := not_read(transfer, (*HEADINGS[kind], *_WHOLE[kind])):
        faults.append(_note(unread))
    if kind == "scores":
        rows, remark = _chosen(rows, assessment or "", shown, len(transfer.pupils))
        faults.append(remark)
    lines = [line for line, _ in rows]
    if len(set(lines)) < len(lines):
        faults.append(
            _note("Several of them stand on one line of the file, so rows are numbered by their order.")
        )
        lines = list(range(1, len(rows) + 1))
    cells = pd.DataFrame(
        [{"School": _school(transfer.header), **row} for _, row in rows],
        columns=list(HEADINGS[kind]),
        index=pd.Index(lines, name="row", dtype="int64"),
        dtype="str",
    )
    return RawTable(source, shown, "", sha256, 1, cells, tuple(faults))


def _check_headings(shown: str, kind: str, headings: Sequence[str]) -> None:
    if kind not in HEADINGS:
        raise SourceError(f"{shown}: a common transfer file gives {', '.join(HEADINGS)}, and not {kind}.")
    for heading in headings:
        if heading not in HEADINGS[kind]:
            near = nearest(heading, HEADINGS[kind])
            raise SourceError(
                f"{shown}: a common transfer file's {kind} have no {heading!r}.{near} There are: {', '.join(HEADINGS[kind])}."
            )


def _note(reason: str) -> Fault:
    return Fault(None, "", "ctf", "note", reason)


def _school(header: Node) -> str:
    """LAESTAB of the school that sent the file: three figures of its authority, four of its own."""
    sender = next(header.find("SourceSchool"), header)
    authority, own = sender.get("LEA"), sender.get("Estab")
    well_formed = re.fullmatch(r"\d{3}", authority, re.ASCII) and re.fullmatch(r"\d{1,4}", own, re.ASCII)
    return f"{authority}{own:0>4}" if well_formed else ""


def _about(transfer: Transfer) -> Fault:
    """What the header says, which nothing else is checked against."""
    year = next((node.text for node in transfer.header.find("AcademicYear")), "")
    version = re.fullmatch(r"\d{1,3}(\.\d{1,3})?", transfer.header.get("CTFversion"))
    school = _school(transfer.header)
    said = [
        f"version {version[0]}" if version else "no version given",
        f"academic year {year}/{(int(year) + 1) % 100:02d}"
        if re.fullmatch(r"\d{4}", year)
        else "no academic year given",
        f"from school {school}" if school else "from no single school",
    ]
    return _note(f"A common transfer file: {', '.join(said)}; pupils: {len(transfer.pupils):,}.")


Row = tuple[int, dict[str, str]]


_PAST = frozenset({"attendance", "schoolhistory"})  # with names and numbers of their own


def _details(pupil: Node, names: Sequence[str]) -> dict[str, str]:
    """Elements of a pupil by name, the nearest to the Pupil element first; "" for those there are not."""
    found: dict[str, str] = {}
    level = [pupil]
    while level:
        level = [child for node in level for child in node.children if node.name not in _PAST]
        for node in level:
            if not found.get(node.name):
                found[node.name] = node.text
    return {name: found.get(name.lower()) or found.get(_OLDER.get(name, "").lower(), "") for name in names}


def _pupil_rows(pupil: Node) -> Iterator[Row]:
    details = _details(pupil, HEADINGS["pupils"][1:])
    past = {"SENprovision": latest_provision(pupil), **latest_attendance(pupil), **last_school(pupil)}
    yield pupil.line, {**details, **past}


def _spell_rows(pupil: Node) -> Iterator[Row]:
    who = _details(pupil, WHO)
    for spell in pupil.find("FSMinstance"):
        yield spell.line, {**who, **{name: spell.get(name) for name in HEADINGS["spells"][-3:]}}


def _score_rows(pupil: Node) -> Iterator[Row]:
    who = _details(pupil, (*WHO, "NCyearActual"))
    for stage in pupil.find("KeyStage"):
        for result in stage.find("StageAssessment"):
            cells = {name: result.get(name) for name in (*RESULT, "Locale", "Year", "Result")}
            yield result.line, {**who, **cells, "Stage": stage.get("Stage") or cells["Stage"]}


_ROWS = {"pupils": _pupil_rows, "spells": _spell_rows, "scores": _score_rows}


def _chosen(rows: list[Row], assessment: str, shown: str, pupils: int) -> tuple[list[Row], Fault]:
    """The results of the one assessment asked for; results in hand only (status R), unless another is asked for."""
    parts = [part.strip().upper() for part in assessment.split("/")]
    wanted = dict(zip(RESULT, parts, strict=False))
    if wanted.get("ResultStatus", "*") in ("", "*"):
        wanted["ResultStatus"] = "R"

    def answers(row: dict[str, str]) -> bool:
        given = {**row, "ResultStatus": row["ResultStatus"] or "R"}
        return all(part in ("", "*", given[name].upper()) for name, part in wanted.items())

    chosen = [(line, row) for line, row in rows if answers(row)]
    kinds = sorted({_named(row) for _, row in chosen})
    if len(kinds) != 1:
        there = kinds or sorted({_named(row) for _, row in rows})
        problem = "more than one kind of result is" if kinds else "no result is"
        raise SourceError(
            f"{shown}: {problem} {assessment!r}. In the file: {', '.join(there[:LISTED]) or 'none'}. Say which, in the study file's assessment."
        )
    having = len({(row["UPN"], row["Surname"], row["Forename"], row["DOB"]) for _, row in chosen})
    reason = f"Results {kinds[0]}: {len(chosen):,}, of {having:,} of the file's {pupils:,} pupils; {len(rows) - len(chosen):,} other results were passed over."
    return chosen, _note(reason)


def _named(row: dict[str, str]) -> str:
    """What a result is of; a part that is not a code is not repeated, for it may be anything."""
    return "/".join(
        row[name] if re.fullmatch(r"[A-Z0-9]{0,4}", row[name]) else "?" for name in RESULT
    ).rstrip("/")
