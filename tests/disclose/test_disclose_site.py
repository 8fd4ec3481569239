"""Nothing internal stands under site/: files, folders, modes and links that do not belong there are each found."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from leak_files import page

from evaluation.disclose.leaks.run import leaks_of, publishable
from evaluation.disclose.leaks.scan import Sought
from evaluation.disclose.leaks.site import misplaced

GOOD = '<a href="../index.html#top">All</a> <a href="#part">Part</a> <a href="https://doi.org/10.1000/1">Source</a>'
posix = pytest.mark.skipif(os.name != "posix", reason="needs a file system with modes and links")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder with a site as it should be."""
    for name, content in {
        "site/project/index.html": page('<a href="schools/1.html">One</a>'),
        "site/project/schools/1.html": page(GOOD),
        "site/school/schools/1.html": page('<a href="#part">Part</a>'),
        "site/cluster/clusters/vale.html": page("<p>Vale</p>"),
        "internal/index.html": page("<p>internal</p>"),
        "internal/notebooks/school/schools/1.ipynb": b'{"cells": []}',
        "internal/notebooks/internal/schools/1.ipynb": b'{"cells": [{"output_type": "error"}]}',
        "internal/notebooks/site/schools/1.ipynb": b'{"cells": []}',
        "internal/notebooks/site/schools/2.ipynb": b'{"cells": [{"output_type": "error"}]}',
        "manifest.json": b"{}",
        "release/project/release.json": b"{}",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "internal").chmod(0o700)
    return tmp_path


def add(name: str, content: bytes = b"n\n12\n") -> Callable[[Path], None]:
    def change(run: Path) -> None:
        path = run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return change


def link(attribute: str, address: str) -> Callable[[Path], None]:
    return add("site/project/schools/1.html", page(f'<img {attribute}="{address}" data-drawn="">'))


def pack(text: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        add("site/school/schools/2.html", page(""))(run)
        add("site/school/schools/1.html", page(text))(run)

    return change


def symlink(run: Path) -> None:
    (run / "site/project/review").symlink_to(run / "internal")


def mode(name: str, bits: int) -> Callable[[Path], None]:
    return lambda run: (run / name).chmod(bits)


WRONG: list[tuple[str, Callable[[Path], None], str]] = [
    ("a notebook", add("site/project/schools/1.ipynb"), "internal"),
    ("a table of the store", add("site/project/pupils.parquet"), "internal"),
    ("a key", add("site/project/mine.key"), "internal"),
    ("a hidden file", add("site/project/.pupils.csv"), "internal"),
    ("an internal folder", add("site/project/internal/1.html", page("")), "internal"),
    ("a folder of tables", add("site/project/tables/issues.csv"), "internal"),
    ("another audience", add("site/evaluators/index.html", page("")), "internal"),
    ("an index of packs", add("site/school/index.html", page("")), "internal"),
    ("a cluster's page among schools' packs", add("site/school/clusters/vale.html", page("")), "internal"),
    ("a school's page among clusters' packs", add("site/cluster/schools/1.html", page("")), "internal"),
    ("a file that is no page, for a pack", add("site/school/schools/1.csv"), "internal"),
    ("from a pack to another's page", pack('<a href="2.html">'), "link"),
    ("from a pack to the site", pack('<a href="../../project/index.html">'), "link"),
    ("from a pack to an index", pack('<a href="../index.html">'), "link"),
    ("beside the audiences", add("site/index.html", page("")), "internal"),
    ("up to internal pages", link("src", "../../../internal/index.html"), "link"),
    ("up to another audience", link("href", "../../public/index.html"), "link"),
    ("to a folder of the machine", link("href", "/etc/hosts"), "link"),
    ("to a file of the machine", link("href", "file:///etc/hosts"), "link"),
    ("a picture of another host", link("src", "https://example.org/a.png"), "link"),
    ("to another host, by whatever scheme", link("src", "//example.org/a.png"), "link"),
    ("to a script", link("href", "javascript:alert(1)"), "link"),
    ("to a page there is not", link("href", "2.html"), "link"),
    pytest.param("a symbolic link", symlink, "file", marks=posix),
    pytest.param("a program", mode("site/project/index.html", 0o755), "file", marks=posix),
    pytest.param("anybody may change it", mode("site/project/index.html", 0o666), "file", marks=posix),
    pytest.param("others may read internal pages", mode("internal", 0o755), "open", marks=posix),
]


def test_a_site_as_it_should_be_is_let_pass(run: Path) -> None:
    assert list(misplaced(run)) == []
    assert leaks_of(run, Sought(), lambda *_: None) == ()


@pytest.mark.parametrize(("name", "change", "kind"), WRONG)
def test_what_does_not_belong_in_a_site_is_found(
    run: Path, name: str, change: Callable[[Path], None], kind: str
) -> None:
    change(run)
    assert kind in {leak.kind for leak in misplaced(run)}


def test_what_may_leave_is_all_but_internal_pages_with_the_notebooks_of_the_site_s(run: Path) -> None:
    assert {path.relative_to(run).as_posix() for path in publishable(run)} == {
        "site/project/index.html",
        "site/project/schools/1.html",
        "site/school/schools/1.html",
        "site/cluster/clusters/vale.html",
        "internal/notebooks/site/schools/1.ipynb",
        "internal/notebooks/school/schools/1.ipynb",
        "manifest.json",
        "release/project/release.json",
    }
