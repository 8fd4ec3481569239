"""Corrections for several questions: Holm's own rule by hand, and R's p.adjust as it prints."""

import numpy as np
import pandas as pd
import pytest

from evaluation.models import holm


def test_holm_by_hand() -> None:
    """The smallest of four times 4, the next times 3, and so on, none below the one before it, none above 1."""
    given = pd.Series([0.04, np.nan, 0.01, 0.6, 0.02], index=["a", "b", "c", "d", "e"])
    assert holm(given).tolist() == pytest.approx([0.08, np.nan, 0.04, 0.6, 0.06], nan_ok=True)


def test_holm_as_in_r() -> None:
    # p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    assert holm(pd.Series([0.01, 0.02, 0.03, 0.04, 0.05])).tolist() == pytest.approx(
        [0.05, 0.08, 0.09, 0.09, 0.09]
    )


def test_no_questions() -> None:
    assert holm(pd.Series([np.nan, np.nan])).isna().all()
    assert holm(pd.Series([], dtype=float)).empty
