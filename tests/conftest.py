"""Shared by the tests: pages opened in headless Chromium, and real published files, where they are to be had."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WIDTHS = (1280, 390)


def pytest_configure() -> None:
    """Started in the background, this process may ignore Ctrl-C; what it starts, to be interrupted, must not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; the test is skipped where there is none."""
    if not CHROMIUM.is_file():
        pytest.skip(f"needs Chromium at {CHROMIUM} (apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield running
        running.close()


@pytest.fixture(scope="module")
def check_page(browser: Any) -> Callable[[Path], None]:
    """Open a page on a desk and on a phone: no error, nothing asked of anyone, no sideways scroll, accessible."""

    def check(file: Path) -> None:
        for width in WIDTHS:
            opened = browser.new_page(viewport={"width": width, "height": 900})
            requests: list[str] = []
            faults: list[str] = []
            opened.on("request", lambda asked, seen=requests: seen.append(asked.url))
            opened.on("console", lambda message, seen=faults: seen.append(message.text))
            opened.on("pageerror", lambda error, seen=faults: seen.append(str(error)))
            opened.goto(file.as_uri())
            assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
            assert faults == []
            assert opened.evaluate("document.documentElement.scrollWidth") == width
            assert opened.evaluate(
                "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
            )
            check_accessible(opened)
            check_wide_table_scrolls_in_its_box(opened, width)
            opened.close()

    return check


def check_accessible(opened: Any) -> None:
    """One first-level heading, none skipped; every picture described; every table captioned, headings scoped."""
    levels = opened.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(heading => +heading.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert opened.evaluate("[...document.images].every(image => image.alt.length > 40)")
    assert opened.evaluate("[...document.querySelectorAll('table')].every(table => table.caption)")
    assert opened.evaluate("[...document.querySelectorAll('th')].every(heading => heading.scope)")
    assert opened.evaluate("document.documentElement.lang") == "en-GB"


def check_wide_table_scrolls_in_its_box(opened: Any, width: int) -> None:
    """However wide a table, the page itself never scrolls sideways."""
    numeral = "document.querySelector('td.numeral')"
    if opened.evaluate(f"{numeral} !== null"):
        opened.evaluate(f"{numeral}.textContent = '8'.repeat(500)")
        assert opened.evaluate("document.documentElement.scrollWidth") == width


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real published files; the test is skipped where there is none."""
    shared = Path(os.environ.get("EVALUATION_SHARED", Path(__file__).parents[2] / "shared"))
    if not (shared / "real").is_dir():
        pytest.skip("needs the department's files, in ../shared/real or where EVALUATION_SHARED points")
    return shared / "real"
