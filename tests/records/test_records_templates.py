"""Template, filled, read back: nothing is lost, whatever the kind of record; and from there to the store."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from records_study import SCHOOLS, cleaned, fill_template, silent, upn, write_study

from evaluation.intake import take_in
from evaluation.store import Store, write_store
from evaluation.store.trace import trace_record
from evaluation.study.records import ITEMS, RECORDS

DAY = dt.datetime(2023, 11, 7)
ELM, OAK = list(SCHOOLS)[:2]
# One row of each kind, every cell filled: what a person writes, and what it says, column by column.
FILLED = {
    "training": [
        (DAY, DAY), ("network", "network"), ("North Hub", "North Hub"), ("Bar models", "Bar models"), (int(ELM), ELM),
        ("JB", "JB"), ("maths lead", "maths lead"), ("Half day", "half day"), ("Yes", 1),
    ],
    "support": [
        (DAY, DAY), (int(ELM), ELM), ("T104", "T104"), ("North Hub", "North Hub"), (1.5, 1.5), (6, 6.0),
        ("fractions", "fractions"), ("Sound", "Sound"),
    ],
    "workshops": [(DAY, DAY), (int(ELM), ELM), ("primary", "primary"), (30, 30), (12, 12), (4, 4)],
    "interventions": [
        (int(ELM), ELM), (upn(2), upn(2)), (DAY, DAY), (dt.datetime(2024, 2, 1), pd.Timestamp(2024, 2, 1)), (7.5, 7.5),
        ("outreach teacher", "outreach teacher"),
    ],
    "ledger": [
        (DAY, DAY), (int(OAK), OAK), ("Supply cover", "Supply cover"), (-1200.5, -1200.5), (1100, 1100.0), (1150.25, 1150.25),
        ("No", 0), ("INV 7", "INV 7"),
    ],
    "staff_survey": [("summer", "summer"), ("teacher", "teacher"), (int(ELM), ELM), *((at % 5 + 1, at % 5 + 1) for at in range(10))],
    "ratings": [
        ("summer", "summer"), (int(ELM), ELM), ("Home and school", "Home and school"), ("4 in place", 4), ("Minutes", "Minutes"),
    ],
    "testimonials": [(DAY, DAY), (int(ELM), ELM), ("senior leader", "senior leader"), ("It worked.", "It worked."), ("Yes", 1)],
}  # fmt: skip


@pytest.mark.parametrize("kind", RECORDS)
def test_a_filled_template_needs_only_kind_and_path_and_loses_nothing(kind: str, root: Path) -> None:
    study = write_study(root, f"{{name: mine, kind: {kind}, path: records/{kind}.xlsx}}")
    fill_template(study, root, kind, [[written for written, _ in FILLED[kind]]])
    found = cleaned(study, root, "mine")
    assert found.issues[found.issues["severity"] != "note"].empty
    (row,) = found.rows.to_dict("records")
    assert len(FILLED[kind]) == len(RECORDS[kind].items)
    assert {item.name: row[item.name] for item in RECORDS[kind].items} == {
        item.name: said for item, (_, said) in zip(RECORDS[kind].items, FILLED[kind], strict=True)
    }


def test_every_record_reaches_the_store_and_can_be_traced_to_its_cell(root: Path) -> None:
    study = write_study(
        root, *(f"{{name: {kind}, kind: {kind}, path: records/{kind}.xlsx}}" for kind in RECORDS)
    )
    for kind in RECORDS:
        fill_template(study, root, kind, [[written for written, _ in FILLED[kind]]])
    tables = take_in(study, root, silent)
    folder = root / "data" / "processed" / "tiny"
    write_store(folder, tables)
    store = Store(folder)
    assert set(RECORDS) <= set(store.tables())
    for kind in RECORDS:
        frame = store.read(kind)
        assert not {"upn", "surname", "forename", "dob", "words", "evidence"} & set(frame) - (
            {"words"} if kind == "testimonials" else set()
        )
        for column in frame.columns.difference(["pupil", "file", "sheet", "row", "record", "about"]):
            (step,) = trace_record(store, kind, frame.iloc[0].to_dict(), column).to_dict("records")
            assert step["heading"] or "no column" in step["rule"] or "only a testimonial" in step["rule"], (
                column
            )
            assert (step["file"], step["row"]) == (frame["file"].iloc[0], frame["row"].iloc[0])
    assert set(store.read("testimonials")["record"]) == {"support", "ratings", "testimonials"}
    assert store.read("interventions")["pupil"].isin(store.read("pupils")["pupil"]).all()
    assert store.read("ledger")["month"].tolist() == ["2023-11"]
    text = "".join(store.read(name).to_csv() for name in store.tables())
    assert "T104" not in text
    assert ",JB," not in text
    everything = store.read("sources").set_index("kind")
    assert (everything.loc[list(RECORDS), "rows_accepted"] == 1).all()
    assert ITEMS[0] in store.read("staff_survey")


def test_a_study_without_records_has_no_tables_of_them(root: Path) -> None:
    assert not set(RECORDS) & set(take_in(write_study(root), root, silent))
