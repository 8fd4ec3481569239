"""What the questions of a study are answered with: tidy tables at full precision, never published as they are."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Results:
    """Tidy tables of estimates, counts and claims, and what they are about."""

    meta: dict[str, Any]
    tables: dict[str, pd.DataFrame]
