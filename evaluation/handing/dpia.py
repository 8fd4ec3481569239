"""A data protection impact assessment, filled with what the study file knows; what it cannot know is marked."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2

from evaluation.batch.render import TEMPLATES
from evaluation.errors import StoreError
from evaluation.store import Store
from evaluation.study import Study
from evaluation.study.audiences import AUDIENCES
from evaluation.study.fields import FIELDS, Field
from evaluation.study.records import RECORDS

TO_FILL = "**TO FILL IN:**"
KINDS = {
    "pupils": "pupils, as the school lists them",
    "scores": "results of a test",
    "spells": "spells of free school meals",
    "marks": "marks by question",
}
SENSITIVE = ("eal", "send", "fsm6", "fsm", "premium", "looked_after", "disadvantaged")
RISKS = (
    (
        "A reader works out one pupil's score or circumstances from a report, or from two reports together.",
        "Groups under the least number are withheld, and so are those that could be worked out from others. Each release "
        "lists what it newly reveals.",
    ),
    (
        "A file with names is lost, stolen or sent to the wrong person.",
        "Names and numbers stay in the raw files and, encrypted, in the kept cleaned rows. Store, releases and reports hold "
        "none. A school's pack holds its own figures alone.",
    ),
    (
        "Pseudonyms are traced back to pupils.",
        "They cannot be made again without the key, which is kept apart from the data and readable by its owner alone.",
    ),
    (
        "Two pupils are taken for one, so that a record says something untrue.",
        "Doubtful matches are left to a person, and every match says how it was made.",
    ),
    (
        "A reviewer needs the pupils' rows to check the analysis.",
        "A synthetic twin of the store, with no real pupil, lets the analysis be run without them.",
    ),
    (
        "Data are kept longer than agreed.",
        "One command ends retention, removes what was derived, and searches for what is left. Raw files are deleted by hand.",
    ),
)


@dataclass(frozen=True, slots=True)
class Detail:
    """A detail of a pupil that the study uses: its name, what it is, whether it identifies, where it goes."""

    name: str
    meaning: str
    identifying: bool
    goes: str


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience, the least number of pupils it may be shown anything about, and whether the site is for it."""

    name: str
    minimum: int
    chosen: bool


def write_dpia(study: Study, root: Path, path: Path | None = None) -> tuple[Path, int]:
    """Write the assessment, to `reports/<study>/dpia.md` where no path is given, and count what is left to fill in.

    Raises
    ------
    StoreError
        When the file is there already: somebody may have filled it in.
    """
    place = path or root / "reports" / study.study / "dpia.md"
    text = dpia(study, root)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise StoreError(
            f"{place.name} is there already, and may have been filled in. Move it away first, or name another file with --output."
        ) from None
    except OSError as error:
        raise StoreError(f"{place.name} cannot be written ({error.strerror}).") from None
    return place, text.count(TO_FILL)


def dpia(study: Study, root: Path) -> str:
    """The assessment as Markdown; the same study file gives the same text until there is a store to count pupils in."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, and not a page
    )
    environment.filters["cell"] = _cell
    details = list(_details(study))
    return environment.get_template("dpia.md.j2").render(
        study=study,
        sha256=hashlib.sha256(study.model_dump_json().encode()).hexdigest(),
        kinds={**KINDS, **{kind: f"the project's records: {record.row}" for kind, record in RECORDS.items()}},
        about_staff=any(source.kind in RECORDS for source in study.sources),
        details=details,
        special=[item.name for item in details if item.name in SENSITIVE],
        size=_size(study, root),
        audiences=[
            Audience(name, study.policy(name).minimum_cell, name in study.reports.audiences)
            for name in AUDIENCES
        ],
        risks=RISKS,
    )


def _details(study: Study) -> Iterator[Detail]:
    """Every detail that some source of the study has a column for, once, in the library's order."""
    mapped = {(source.kind, name) for source in study.sources for name in study.columns(source)}
    known: dict[str, Field] = {}
    of_pupils = {
        kind: listed for kind, listed in FIELDS.items() if kind not in RECORDS or RECORDS[kind].of_pupils
    }
    for kind, listed in of_pupils.items():
        known |= {
            item.name: item for item in listed if (kind, item.name) in mapped and item.name not in known
        }
    for item in known.values():
        goes = (
            "matching alone; not in the store"
            if item.identifying
            else "the analysis, beside the pupil's pseudonym"
        )
        yield Detail(item.name, item.meaning, item.identifying, goes)
    for name, attribute in study.attributes.items():
        yield Detail(name, attribute.title, False, "the analysis, beside the pupil's pseudonym")


def _size(study: Study, root: Path) -> str:
    """How many pupils and schools the store holds, to the nearest ten; "" where there is no store yet."""
    try:
        store = Store(root / "data" / "processed" / study.study)
    except StoreError:
        return ""
    pupils, schools = (store.entries[name]["rows"] for name in ("analysis", "schools"))
    return f"about {round(pupils, -1):,}, in {schools:,} schools"


def _cell(text: str) -> str:
    """Text as it stands in a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
