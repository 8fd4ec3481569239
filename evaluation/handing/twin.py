"""A synthetic twin of the store: the same tables, and no real pupil, so that a reviewer without access can run notebook 20."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.derive import analysis_table, censored_table, characteristics, flow_table
from evaluation.disclose import protect, write_release
from evaluation.errors import StoreError
from evaluation.handing.draw import FILE, draw
from evaluation.handing.marginals import marginals
from evaluation.impact.answer import answer
from evaluation.store import Store, write_store
from evaluation.study import Study, registration, study_path

Tables = dict[str, pd.DataFrame]
NOTEBOOK = "20_impact.ipynb"
COPIED = ("schools", "origins")
"""Tables that say nothing of pupils; those published by the department, `published...`, are copied too."""
README = """\
# A synthetic twin of the study {study}

No pupil here is real. The store in data/processed/{study} has the tables and columns of the study's own. Its pupils were
drawn at random from counts rounded to five, and from shares, means and spreads of groups of at least {minimum} pupils. Averages,
the gap, and how much schools and classes differ are about right; which school stands above which is not.

To review the code and the models on it:

    jupyter lab notebooks/{notebook}

The notebook's numbers are the twin's: they agree with the release in reports/{study}, which was made from the twin, and
not with the study's own release.
"""


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin that was written: its folder, its run, and how many pupils and scores were drawn."""

    folder: Path
    run: str
    pupils: int
    scores: int


def write_twin(study: Study, root: Path, to: Path, seed: int) -> Twin:
    """Write a twin of the study's store to a new folder, with a release made from it, and notebook 20.

    Raises
    ------
    StoreError
        When there is no store yet, or the folder is not empty.
    EvaluationError
        When the plan's models cannot be fitted to the twin.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StoreError(f"{to.name}: a twin needs a new or an empty folder. Name another with --to.")
    tables = twin_tables(study, Store(root / "data" / "processed" / study.study), seed)
    said = {
        "synthetic": True,
        "title": f"{study.title}: a synthetic twin",
        "about": f"No pupil is real. {study.about}",
    }
    twin, run = study.model_copy(update=said), f"{study.study}-twin"
    to.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=to.parent, prefix=".twin-"))
    try:
        stored = write_store(aside / "data" / "processed" / study.study, tables)
        release = protect(twin, answer(twin, tables, registration(study, root)), run, stored)
        runs = aside / "reports" / study.study
        write_release(release, runs / run / "release" / release.meta["audience"])
        (runs / "latest").write_text(f"{run}\n", encoding="utf-8")
        for folder, path in (
            ("params", study_path(study.study, root)),
            ("notebooks", root / "notebooks" / NOTEBOOK),
        ):
            (aside / folder).mkdir()
            shutil.copyfile(path, aside / folder / path.name)
        filled = README.format(study=study.study, minimum=_minimum(study), notebook=NOTEBOOK)
        (aside / "README.md").write_text(filled, encoding="utf-8")
        aside.chmod(0o755)
        os.replace(aside, to)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return Twin(to, run, len(tables["pupils"]), len(tables["scores"]))


def twin_tables(study: Study, store: Store, seed: int) -> Tables:
    """The tables of a twin, with the columns and types of the store's.

    Where a table is about files, rows, single pupils' histories or the project's own records, it is empty.
    """
    schools = store.read("schools")
    pupils, scores = draw(study, marginals(study, store.read("analysis"), _minimum(study)), schools, seed)
    types = {name: entry["types"] for name, entry in store.entries.items() if name != "changes"}
    made = {
        "schools": schools,
        "pupils": _typed(pupils, types["pupils"]),
        "scores": _typed(scores, types["scores"]),
    }
    analysis = analysis_table(study, made["pupils"], made["scores"], schools)
    nobody = pd.DataFrame(columns=list(types["conflicts"]))
    made |= {
        "analysis": analysis,
        "flow": flow_table(study, analysis),
        "characteristics": characteristics(analysis, nobody),
        "censored": censored_table(study, analysis),
        "sources": _sources(pupils, scores),
    }
    copied = [name for name in types if name in COPIED or name.startswith("published")]
    made |= {name: store.read(name) for name in copied}
    return {name: _typed(made.get(name, pd.DataFrame()), wanted) for name, wanted in types.items()}


def _minimum(study: Study) -> int:
    """Whoever reviews is not of the study: the public's minimum cell."""
    return study.policy("public").minimum_cell


def _sources(pupils: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    rows = [("pupils", len(pupils)), ("scores", len(scores))]
    return pd.DataFrame(
        [
            {"source": kind, "kind": kind, "file": FILE, "sheets": 1, "sha256": "", "rows_in": n, "rows_accepted": n, "rows_listed": 0}
            for kind, n in rows
        ]
    )  # fmt: skip


def _typed(frame: pd.DataFrame, types: Mapping[str, str]) -> pd.DataFrame:
    """A frame with these columns and types; a column it lacks is empty text, or missing."""
    columns = {
        name: frame[name] if name in frame else pd.Series("" if kind == "str" else None, index=frame.index, dtype="object")
        for name, kind in types.items()
    }  # fmt: skip
    return pd.DataFrame(columns, index=frame.index).astype(dict(types))
