"""The small study with all that may hold a pupil, one of them planted in each kind of file."""

import json
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from store_study import no_step, pupils, write_tiny

from evaluation.batch.manifest import Manifest, write_manifest
from evaluation.exchange import check
from evaluation.intake import take_in
from evaluation.link import pseudonym_key
from evaluation.store import changes, write_store
from evaluation.store.cache import Cache
from evaluation.study import Study

ELM = "9992001"
WITH_NUMBER, WITHOUT = pupils()[0], pupils()[2]


def make(root: Path, after: list[list[object]] | None = None) -> Study:
    """A study taken in, stored and checked, with a run, a request workbook and pages that hold a planted name."""
    study = write_tiny(root, after)
    folder = root / "data" / "processed" / "tiny"
    tables = take_in(study, root, no_step)
    write_store(folder, tables, changes(folder, tables))
    check(study, root, no_step)
    for name, files in (("used", tables["sources"]), ("before", tables["sources"].head(1))):
        run = root / "reports" / "tiny" / name
        (run / "internal").mkdir(parents=True)
        data = dict(zip(files["file"], files["sha256"], strict=True))
        write_manifest(run, Manifest("tiny", name, data, "", "", ""), [])
    (root / "reports" / "tiny" / "latest").write_text("used\n")
    plant(root, WITH_NUMBER)
    return study


def plant(root: Path, pupil: list[str]) -> None:
    """The pupil in each kind of file, written in the ways such files hold text."""
    number, surname, forename, *_ = pupil
    page = f"<table><tr><td>{forename}</td>\n<td>{surname.replace('f', '&#102;')}</td></tr></table>"
    requests = root / "data" / "processed" / "tiny" / "requests"
    requests.mkdir(parents=True)
    internal = root / "reports" / "tiny" / "used" / "internal"
    (internal / "page.html").write_text(page)
    cell = {"cell_type": "code", "outputs": [{"data": {"text/html": page}}]}
    (internal / "made.ipynb").write_text(json.dumps({"cells": [cell]}))
    book = Workbook()
    book.active.append([surname, forename])
    book.create_sheet("hidden").append([number.lower()])
    book["hidden"].sheet_state = "hidden"
    book.save(requests / f"{ELM}.xlsx")
    pd.DataFrame({"a": [forename], "b": [surname]}).to_parquet(requests / "asked.parquet")
    (requests / "other_school.csv").write_text("Tancred,Thistlewick\n")


def holding(root: Path, *texts: str) -> list[str]:
    """Files under data/processed and reports whose bytes, or whose tables' or cleaned rows' text, hold all the texts."""
    cache = Cache(root / "data" / "processed" / "tiny", pseudonym_key("tiny"))
    found = []
    for path in (
        item for top in ("data/processed", "reports") for item in (root / top).rglob("*") if item.is_file()
    ):
        text = path.read_bytes().decode("latin-1")
        if path.parent.name == "cleaned":
            kept = cache.read(path.stem)
            assert kept is not None
            text = kept.cleaned.rows.to_csv()
        elif path.suffix == ".parquet":
            text = pd.read_parquet(path).to_csv()
        found += [path.name] if all(item in text for item in texts) else []
    return found
