"""A run's last digits do not hang on the machine's threads: the command has set one before numpy is loaded."""

import os
import subprocess
import sys

STARTED = """
import os, sys
from evaluation.cli import main
assert "numpy" not in sys.modules
sys.argv = ["evaluation", "--help"]
try:
    main()
except SystemExit:
    pass
print(*(os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")))
"""


def test_the_command_counts_with_one_thread_whatever_the_machine_says() -> None:
    many = {**os.environ, "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED], env=many, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "1 1 1"
