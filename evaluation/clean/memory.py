"""Memory given back between the steps of the way in."""

import ctypes
import sys

import pyarrow as pa


def give_back() -> None:
    """Return to the system what has been let go: a step would else begin from the most that the step before it took."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc, not of every Linux
        if trim is not None:
            trim(0)
