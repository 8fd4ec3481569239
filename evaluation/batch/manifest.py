"""The manifest: what a run was made from, with what, and what became of each report."""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evaluation.batch.jobs import Job, Outcome
from evaluation.errors import StoreError

PACKAGE = Path(__file__).parents[1]
LIBRARIES = (
    "defusedxml",
    "duckdb",
    "formulaic",
    "ipykernel",
    "matplotlib",
    "nbconvert",
    "numpy",
    "openpyxl",
    "pandas",
    "papermill",
    "pyarrow",
    "python-calamine",
    "scipy",
    "seaborn",
    "splink",
    "statsmodels",
)


@dataclass(frozen=True)
class Manifest:
    """What a run was made from.

    Attributes
    ----------
    study, run : str
    data : mapping of str to str
        SHA-256 of each raw file, by the name it is shown by.
    plan, code, store : str
        SHA-256 of the study file, of the code (`code_hash`) and of the store.
    """

    study: str
    run: str
    data: Mapping[str, str]
    plan: str
    code: str
    store: str


def code_hash(root: Path) -> str:
    """SHA-256 of all that decides what a report says besides data and plan."""
    return _hash(code_files(root))


def code_files(root: Path) -> dict[str, str]:
    """SHA-256 of each file of the package's code and templates, and of the notebooks' cells.

    A notebook's outputs have no part in it, nor have the line endings a file happens to be checked out with.
    """
    texts: dict[str, Any] = {path.relative_to(PACKAGE.parent).as_posix(): _text(path) for path in _sources()}
    for notebook in sorted((root / "notebooks").glob("*.ipynb")):
        texts[f"notebooks/{notebook.name}"] = _cells(notebook)
    return {name: _hash({"text": text}) for name, text in texts.items()}


def run_id(study: str, data: Mapping[str, str], plan: str, code: str) -> str:
    """A short readable id, `star-1a2b3c4d5e`: the same whenever data, plan and code are."""
    return f"{study}-{_hash({'data': data, 'plan': plan, 'code': code})[:10]}"


def write_manifest(folder: Path, manifest: Manifest, outcomes: Sequence[Outcome]) -> Path:
    """Write `manifest.json`; but for what is under `timings`, a second run writes the same."""
    written = {
        **asdict(manifest),
        "versions": library_versions(),
        "reports": [_report(outcome) for outcome in outcomes],
        "timings": {place(outcome.job): round(outcome.seconds, 2) for outcome in outcomes},
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


@dataclass(frozen=True)
class Written:
    """A manifest as it was written: what the run was made from, with which versions, and its reports by their place."""

    manifest: Manifest
    pages: Mapping[str, Mapping[str, Any]]
    versions: Mapping[str, str]

    def outcome(self, job: Job) -> Outcome | None:
        """How a report went when it was last made; None if it never was."""
        page = self.pages.get(place(job))
        if page is None:
            return None
        return Outcome(job, page["status"], page["cell"], page["error"], page["seconds"])

    def has(self, page: str) -> bool:
        """Whether the run's site has a page."""
        return f"site/{page}" in self.pages

    def schools_with_issues(self) -> set[str]:
        """The schools with a page of their own on data quality."""
        return {
            page["parameters"]["school"]
            for name, page in self.pages.items()
            if name.startswith("internal/schools/")
        }


def read_manifest(folder: Path) -> Written:
    """Read what `write_manifest` wrote.

    Raises
    ------
    StoreError
        When the run has no whole manifest.
    """
    try:
        content = json.loads(_text(folder / "manifest.json"))
        pages = {
            item["page"]: {**item, "seconds": content["timings"][item["page"]]} for item in content["reports"]
        }
        manifest = Manifest(**{field.name: content[field.name] for field in fields(Manifest)})
        return Written(manifest, pages, content["versions"])
    except (OSError, ValueError, KeyError):
        raise StoreError(
            f"Run {folder.name} has no whole manifest. Make it again with `evaluation run`."
        ) from None


def place(job: Job) -> str:
    """Where a report's page is, inside its run."""
    folder = "internal" if job.internal else f"site/{job.audience}" if job.audience else "site"
    return f"{folder}/{job.page}"


def library_versions() -> dict[str, str]:
    """The version of Python, of this package and of the libraries that decide what a report shows."""
    installed = {name: version(name) for name in ("evaluation", *LIBRARIES)}
    return {"python": platform.python_version(), **installed}


def _report(outcome: Outcome) -> dict[str, Any]:
    job = outcome.job
    return {
        "page": place(job),
        "title": job.title,
        "notebook": job.notebook.name,
        "parameters": job.parameters,
        "status": outcome.status,
        "cell": outcome.cell,
        "error": outcome.error,
    }


def _sources() -> Iterator[Path]:
    yield from sorted(PACKAGE.rglob("*.py"))
    yield from sorted(path for path in (PACKAGE / "report" / "templates").rglob("*") if path.is_file())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _cells(notebook: Path) -> list[Any]:
    cells = json.loads(_text(notebook))["cells"]
    return [[cell["cell_type"], cell["metadata"].get("tags", []), "".join(cell["source"])] for cell in cells]


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=dict).encode()).hexdigest()
