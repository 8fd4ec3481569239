"""A run's folder searched before it is put in place, and whenever it is audited."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from evaluation.disclose.leaks.scan import Leak, Sought, Step, scan, shown_name
from evaluation.disclose.leaks.site import misplaced
from evaluation.errors import DisclosureError

MOST_SHOWN = 20


def publishable(folder: Path) -> Iterator[Path]:
    """Every file of a run that may leave: all but its internal pages, and the executed notebooks of the pages of site and packs."""
    internal, notebooks = folder / "internal", folder / "internal" / "notebooks"
    sites = list((folder / "site").glob("*"))
    pages = {page.relative_to(site).with_suffix("") for site in sites for page in site.rglob("*.html")}
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        executed = path.is_relative_to(notebooks) and not path.is_relative_to(notebooks / "internal")
        # The folder under notebooks/ is the audience's, or "site".
        copied = executed and Path(*path.relative_to(notebooks).parts[1:]).with_suffix("") in pages
        if copied or not path.is_relative_to(internal):
            yield path


def leaks_of(folder: Path, sought: Sought, step: Step) -> tuple[Leak, ...]:
    """What must not leave and stands in what may, and what stands in the site and should not: by file."""
    placed = (replace(leak, file=shown_name(leak.file, sought)) for leak in misplaced(folder))
    return tuple(sorted([*scan(folder, publishable(folder), sought, step), *placed]))


def refuse_leaks(leaks: Sequence[Leak]) -> None:
    """Refuse to release what was searched when anything was found.

    Raises
    ------
    DisclosureError
        With the file, the kind and the place of each find, never what was found.
    """
    if leaks:
        lines = [leak.line() for leak in leaks[:MOST_SHOWN]]
        lines += [f"and {len(leaks) - MOST_SHOWN:,} more"] if len(leaks) > MOST_SHOWN else []
        raise DisclosureError(
            f"{len(leaks):,} {'thing' if len(leaks) == 1 else 'things'} must not be published, so nothing was:\n"
            + "\n".join(lines)
            + "\nTake them out of the study file or the raw file they come from. If none is a pupil’s, word it otherwise."
        )
