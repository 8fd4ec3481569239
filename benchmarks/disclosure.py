"""Whether withheld counts can be worked out, what withholding costs, and how long a part of a country takes.

    python benchmarks/disclosure.py --tables 1000 --schools 300

writes the tables of docs/disclosure.md.
"""

import argparse
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from disclosure_tables import country, linked
from rich.progress import track

from evaluation.disclose.attack import ranges, unprotected
from evaluation.disclose.suppress import withhold_counts
from evaluation.disclose.system import NOBODY, Mask, System

PAGE = Path(__file__).resolve().parents[1] / "docs" / "disclosure.md"
START, END = "<!-- figures -->", "<!-- end of figures -->"
MINIMUM = 10
SCHOOLS_AN_AREA = 133


def next_smallest(system: System, mask: Mask) -> Mask:
    """A common scheme: in each sum with one count withheld the smallest other is withheld too, until none has one."""
    mask = mask.copy()
    while True:
        alone = np.flatnonzero((system.relations != 0) @ mask.astype(int) == 1)
        if not len(alone):
            return mask
        cells = system.relations.indices[slice(*system.relations.indptr[alone[0] : alone[0] + 2])]
        cells = cells[~mask[cells]]
        mask[cells[np.argmin(system.values[cells])]] = True


def whole_splits(system: System, mask: Mask) -> Mask:
    """A blunt scheme: every part of a sum that has one part withheld, until no sum is partly shown."""
    children = system.relations < 0
    mask = mask.copy()
    while True:
        more = mask | (children.T @ (children @ mask.astype(int)) > 0)
        if (more == mask).all():
            return mask
        mask = more


def tables(number: int) -> list[str]:
    """Rows of the table of schemes, over random linked tables."""
    names = ("small counts alone", "and the next smallest", "whole splits", "this software")
    sums = {name: np.zeros(4, dtype=int) for name in names}
    gaps, optimal = [], 0
    for index in track(range(number), "random tables"):
        system, _, minimum = linked(index)
        primary, found = system.protected(minimum), withhold_counts(system, minimum)
        masks = (primary, next_smallest(system, primary), whole_splits(system, primary), found.mask)
        for name, mask in zip(names, masks, strict=True):
            low, high = ranges(system, mask)
            breaches = unprotected(system, mask, minimum)
            exact = int((primary & mask & (low == high)).sum())
            sums[name] += [mask.sum(), exact, len({item.cell for item in breaches}), bool(breaches)]
        gaps.append(found.gap)
        optimal += found.gap == 0
    rows = [
        "| withheld | counts withheld | protected counts worked out exactly | not protected | tables with one |"
    ]
    rows += ["|---|---|---|---|---|"]
    rows += [f"| {name} | " + " | ".join(f"{n:,}" for n in sums[name]) + " |" for name in names]
    note = f"The least cost there is was found, and proved, in {optimal:,} of {number:,} tables; in the others the gap "
    return [*rows, "", f"{note}to the bound is at most {max(gaps):.0%}, {np.mean(gaps):.1%} over all tables."]


def nation(schools: int, reader: bool) -> list[str]:
    """Rows of the table of a country, or of a part of one; against any `reader` alone, or every school too."""
    areas = max(schools * 150 // 20000, 1)
    started = time.process_time()
    system, _ = country(schools, areas, max(areas * 9 // 150, 1))
    if reader:
        system = replace(system, owners=np.full_like(system.owners, NOBODY))
    built = time.process_time()
    found = withhold_counts(system, MINIMUM)
    protected = time.process_time()
    breaches = unprotected(system, found.mask, MINIMUM)
    ended = time.process_time()
    primary = system.protected(MINIMUM)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"| schools, areas | {schools:,}, {areas:,} |",
        "|---|---|",
        f"| counts, sums | {len(system.values):,}, {system.relations.shape[0]:,} |",
        f"| small counts or complements | {primary.sum():,} |",
        f"| withheld beside them | {(found.mask & ~primary).sum():,} |",
        f"| groups of withheld counts | {found.components:,} |",
        f"| cost, bound, gap | {found.cost:,.0f}, {found.bound:,.0f}, {found.gap:.1%} |",
        f"| not protected, by the attacker | {len(breaches):,} |",
        f"| processor seconds: building, protecting, attacking | {built - started:.0f}, {protected - built:.0f}, "
        f"{ended - protected:.0f} |",
        f"| peak memory, MiB | {memory:,.0f} |",
    ]


def main() -> None:
    """Measure, and put the tables in their place on the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--reader", action="store_true", help="no school attacks with its own pupils")
    asked = parser.parse_args()
    lines = [f"{asked.tables:,} random linked tables:", "", *tables(asked.tables), ""]
    lines += [
        f"A country, or a part of one, minimum 10, {'any reader' if asked.reader else 'every school'} an attacker:",
        "",
        *nation(asked.schools, asked.reader),
    ]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    text = f"{before}{START}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}"
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
