"""Plant faults in a study's files, and say where they are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.simulate.corrupt.kind import Fault, Kind, Planted
from evaluation.simulate.corrupt.kinds import KINDS
from evaluation.simulate.corrupt.sheets import Files, open_files
from evaluation.study import Study


@dataclass(frozen=True, slots=True)
class Corrupted:
    """Files with faults in them, and what is true of them.

    Attributes
    ----------
    files : the bytes of every file by its path.
    planted : every fault.
    rows : DataFrame, one row a row of the files below the headings: source, sheet, row, origin (its number in the
        clean file, NA for a row added), touched (whether a fault is in it), columns (how many the study maps).
    """

    files: dict[str, bytes]
    planted: list[Planted]
    rows: pd.DataFrame


def corrupt(
    study: Study, files: Mapping[str, bytes], seed: int, count: int, kinds: Collection[str] = ()
) -> Corrupted:
    """The files with faults planted, and every fault.

    Parameters
    ----------
    study : the demo study, for its column maps.
    files : the demo's files by path, as `demo_files` makes them.
    seed : the same seed, files and kinds give the same faults.
    count : faults of each kind, as far as the files have room: a row gets one fault at most.
    kinds : names of the kinds wanted; all when empty.
    """
    opened = open_files(study, files)
    faults: list[tuple[Kind, Fault]] = []
    for number, kind in enumerate(KINDS):
        if not kinds or kind.name in kinds:
            rng = np.random.default_rng([seed, number])
            faults += [(kind, fault) for fault in kind.plant(opened, rng, count)]
    numbers = {id(row): at for sheet in opened.sheets for at, row in enumerate(sheet.rows, start=1)}
    planted = [_planted(kind, fault, numbers) for kind, fault in faults]
    return Corrupted(opened.written(), planted, _rows(opened))


def _rows(files: Files) -> pd.DataFrame:
    records = [
        (sheet.source.name, sheet.name, at, row.origin, row.touched, len(sheet.columns))
        for sheet in files.sheets
        for at, row in enumerate(sheet.rows, start=1)
        if at > sheet.start
    ]
    rows = pd.DataFrame(records, columns=["source", "sheet", "row", "origin", "touched", "columns"])
    return rows.astype({"origin": "Int64"})


def _planted(kind: Kind, fault: Fault, numbers: Mapping[int, int]) -> Planted:
    source = fault.sheet.source
    return Planted(
        kind.name,
        source.name,
        source.path,
        fault.sheet.name,
        fault.column,
        tuple(numbers[id(row)] for row in fault.rows if id(row) in numbers),
        tuple(row.origin for row in fault.rows if row.origin is not None),
        fault.whole,
        fault.upn,
        fault.right,
    )
