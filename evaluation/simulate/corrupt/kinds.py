"""All kinds of fault, those that need much room first."""

from evaluation.simulate.corrupt import cells, rows
from evaluation.simulate.corrupt.kind import Kind

KINDS: tuple[Kind, ...] = (*rows.WHOLE, *rows.ROWS, *rows.UNTOLD, *cells.CELLS, *cells.UNTOLD)
