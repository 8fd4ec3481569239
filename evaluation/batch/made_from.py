"""What a run was made from, part by part, so that it can be said later which part has changed."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from evaluation.batch.manifest import Written, code_files, library_versions
from evaluation.study import Study
from evaluation.study.lock import differing

FILE = "internal/made_from.json"
UNKNOWN = "The run's own note of its parts (internal/made_from.json) is not on this machine"


def write_made_from(folder: Path, study: Study, root: Path) -> None:
    """Write the study file as it was read, and the hash of each file of code, into a run's internal folder."""
    written = {"study": study.model_dump(mode="json"), "code": code_files(root)}
    (folder / FILE).write_text(json.dumps(written, indent=1, ensure_ascii=False), encoding="utf-8")


def changed_since(folder: Path, run: Written, study: Study, root: Path, data: Mapping[str, str]) -> list[str]:
    """Each part that is not as it was when the run was made: raw files, study file, code, libraries.

    Parameters
    ----------
    folder
        The run's.
    run
        Its manifest.
    study, root
        The study and the project folder as they are now.
    data
        SHA-256 of each raw file now, by the name it is shown by.
    """
    return [
        *_files("raw file", run.manifest.data, data),
        *_parts(folder, study, root),
        *(
            f"library {name}: was {run.versions.get(name, 'not recorded')}, is now {version}"
            for name, version in library_versions().items()
            if run.versions.get(name) != version
        ),
    ]


def files_now(study: Study, root: Path, known: Iterable[str]) -> dict[str, str]:
    """SHA-256 of raw files as they are now, by the name they are shown by: of those known, and of those the study file names."""
    named = [*known, *(item.path for item in study.sources), *(item.path for item in study.published)]
    named += [item.norms for item in study.instruments if item.norms is not None]
    named += [] if study.schools is None else [study.schools.path]
    beside = [f"params/{study.study}.{what}.json" for what in ("withdrawn", "lock")]
    raw = root / "data" / "raw" / study.study
    places = {**{name: raw / name for name in named}, **{name: root / name for name in beside}}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in places.items() if path.is_file()
    }


def _parts(folder: Path, study: Study, root: Path) -> Iterator[str]:
    try:
        made = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        yield f"{UNKNOWN}, so what has changed in the study file and the code cannot be said"
        return
    for part, was, is_now in differing(made["study"], study.model_dump(mode="json")):
        yield f"study file, {part}: was {was}, is now {is_now}"
    yield from _files("code", made["code"], code_files(root))


def _files(kind: str, was: Mapping[str, str], is_now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*was, *is_now]):
        if was.get(name) != is_now.get(name):
            how = "is new" if name not in was else "is gone" if name not in is_now else "has changed"
            yield f"{kind} {name} {how}"
