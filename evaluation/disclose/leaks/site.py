"""What stands where nothing internal may stand: the site's folders, files and links."""

import os
import stat
from collections.abc import Container, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from evaluation.disclose.leaks.markup import parse_markup
from evaluation.disclose.leaks.scan import Leak
from evaluation.study import AUDIENCES

SECTIONS = frozenset(["project", "clusters", "schools", "review"])
PUBLISHED = frozenset([".html", ".css", ".png", ".svg", ".csv", ".json", ".txt", ".xlsx", ".pdf", ".zip"])


def misplaced(folder: Path) -> Iterator[Leak]:
    """Every file of a run's site that is none of a site's, and every link that leads out of it.

    The widest audience's folder is the site; the others hold pages for packs, each of which is handed over by itself: they have no
    index and lead nowhere.

    Parameters
    ----------
    folder : Path
        The run's.
    """
    site = folder / "site"
    made_for = sorted({path.name for path in site.glob("*") if path.name in AUDIENCES}, key=AUDIENCES.index)
    packs = frozenset(made_for[1:])
    for path in sorted(site.rglob("*")):
        inside = path.relative_to(site)
        name = (PurePosixPath("site") / inside.as_posix()).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()) or _open_to_all(path):
            yield Leak(name, "file", "its place or mode")
        elif path.is_file() and not _belongs(inside, packs):
            yield Leak(name, "internal", "its name or folder")
        elif path.suffix == ".html":
            within = path if inside.parts[0] in packs else site / inside.parts[0]
            yield from _links_out(name, path, within)
    if (folder / "internal").is_dir() and _others_may_read(folder / "internal"):
        yield Leak("internal", "open", "its mode")


def _belongs(inside: Path, packs: Container[str]) -> bool:
    """Whether a file is of an audience, in one of a site's sections, and of a kind that is published; for packs, a page alone."""
    audience, *sections, name = inside.parts if len(inside.parts) > 1 else ("", inside.name)
    if audience in packs:
        return sections == [f"{audience}s"] and not name.startswith(".") and name.endswith(".html")
    whole = audience in AUDIENCES and set(sections) <= SECTIONS
    return whole and not name.startswith(".") and Path(name).suffix in PUBLISHED


def _keeps_modes(path: Path) -> bool:
    """Whether the file system tells one reader from another: where not, every folder is open to all."""
    return os.name == "posix" and not path.parent.stat().st_mode & stat.S_IWOTH


def _open_to_all(path: Path) -> bool:
    """Whether a file may be run, or changed by anybody."""
    mode = path.stat().st_mode
    return path.is_file() and _keeps_modes(path) and bool(mode & (stat.S_IWOTH | 0o111))


def _others_may_read(path: Path) -> bool:
    return _keeps_modes(path) and bool(path.stat().st_mode & 0o077)


def _links_out(name: str, path: Path, within: Path) -> Iterator[Leak]:
    """Addresses outside the audience's own site, of a pack's page outside itself, and whatever a page would fetch from elsewhere."""
    for attribute, address in parse_markup(path.read_text(encoding="utf-8", errors="replace")).links:
        parts = urlsplit(address)
        if address.startswith(("#", "data:")) or (
            attribute == "href" and parts.scheme in ("http", "https", "mailto")
        ):
            continue
        target = (path.parent / unquote(parts.path)).resolve()
        if parts.scheme or parts.netloc or not target.is_relative_to(within.resolve()) or not target.exists():
            yield Leak(name, "link", f"a link in {attribute}")
