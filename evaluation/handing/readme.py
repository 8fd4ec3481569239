"""What a pack says of itself, in plain words."""

import textwrap
from collections.abc import Mapping
from typing import Any

from evaluation.disclose.symbols import MEANINGS

WHOM_TO_TELL = "whoever sent you this pack"
WIDTH = 80
TEXT = """\
{title}
{line}

Report and figures for {name}{synthetic}.

WHAT IS HERE

- report.html: the report. Open it in any web browser; it asks nothing of the internet.
- figures/: the report's pictures, to use elsewhere.
- data/: the figures behind the report, as CSV files for a spreadsheet. datapackage.json says what each column is.

Everything here is about {name}, beside averages of the whole project. Nothing is shown of any other {level}, and no pupil is named. Figures about fewer than {minimum} pupils are withheld, and so is any figure they could be worked out from.

PLEASE CHECK

This report counts as published only when you have signed it off. Please look at:

1. the name, the phase and the number of pupils: are they yours, at the dates given?
2. the scores: are the averages about what you expect from your own records?
3. what is said about the difference between groups: is anything missing that a reader would need to know?

Then tell {contact} that it is right.

IF SOMETHING IS WRONG

Tell {contact}. Say which figure you mean (the heading it is under, and its row), what you think it should be, and where that comes from. Please send no pupil's name, number or date of birth. Your objection is written down, somebody looks into it, and you are told what was done. Until then the report stays marked as not yet checked. You may also ask that it is not published at all.

SIGNS IN THE FIGURES

{symbols}

This pack is of run {run}. The same run always gives the same pack, so both sides can be sure that they speak of one thing.
"""


def readme(meta: Mapping[str, Any], level: str, name: str, contact: str) -> str:
    """The pack's README: what is in it, what to check, how to object, what the signs mean."""
    synthetic = " (synthetic data: no real school or pupil)" if meta["synthetic"] else ""
    filled = TEXT.format(
        title=meta["title"],
        line="=" * min(len(meta["title"]), WIDTH),
        name=name,
        level=level,
        synthetic=synthetic,
        minimum=meta["minimum_cell"],
        contact=contact or WHOM_TO_TELL,
        symbols="\n".join(f"- {symbol}: {says}" for symbol, says in MEANINGS.items()),
        run=meta["run"],
    )
    return "\n".join(_wrapped(line) for line in filled.splitlines()) + "\n"


def _wrapped(line: str) -> str:
    indent = "  " if line.startswith("- ") else "   " if line[:2] in ("1.", "2.", "3.") else ""
    return textwrap.fill(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
