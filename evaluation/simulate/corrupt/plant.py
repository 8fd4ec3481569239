"""Plant faults in a study's files, and say where they are."""

from collections.abc import Collection, Mapping

import numpy as np

from evaluation.simulate.corrupt.kind import Fault, Kind, Planted
from evaluation.simulate.corrupt.kinds import KINDS
from evaluation.simulate.corrupt.sheets import open_files
from evaluation.study import Study


def corrupt(
    study: Study, files: Mapping[str, bytes], seed: int, count: int, kinds: Collection[str] = ()
) -> tuple[dict[str, bytes], list[Planted]]:
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
    # Faults of many rows first, while there is room for them.
    for number, kind in enumerate(KINDS):
        if not kinds or kind.name in kinds:
            rng = np.random.default_rng([seed, number])
            faults += [(kind, fault) for fault in kind.plant(opened, rng, count)]
    numbers = {id(row): at for sheet in opened.sheets for at, row in enumerate(sheet.rows, start=1)}
    return opened.written(), [_planted(kind, fault, numbers) for kind, fault in faults]


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
