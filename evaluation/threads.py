"""One thread for linear algebra, set before numpy is loaded: a sum's last digits hang on how many threads share it.

A run then comes out the same to the byte wherever it is verified; reports are made side by side, which uses the cores better.
"""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
