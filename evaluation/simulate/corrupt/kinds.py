"""All kinds of fault, those that need much room first."""

from evaluation.simulate.corrupt import cells, rows
from evaluation.simulate.corrupt.habits import HABITS
from evaluation.simulate.corrupt.kind import Kind
from evaluation.simulate.corrupt.lists import LISTS
from evaluation.simulate.corrupt.pasted import PASTED

KINDS: tuple[Kind, ...] = (
    *LISTS,
    *rows.WHOLE,
    *PASTED[:2],
    *rows.ROWS,
    *rows.UNTOLD,
    *cells.CELLS,
    *cells.UNTOLD,
    *PASTED[2:],
    *HABITS,
)
