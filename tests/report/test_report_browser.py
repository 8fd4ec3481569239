"""Pages in a browser: nothing asked of any host, no error, and no sideways scroll on a desk or a phone."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from report_pages import page

from evaluation.disclose import Release

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"needs Chromium at {CHROMIUM} (apt install chromium)"),
]
WIDTHS = (1280, 390)
REPORTS = [
    ("star", "50_school_report", {"school": "28"}),
    ("star", "50_school_report", {"school": "7"}),
    ("star", "10_design", {}),
    ("ssif", "50_school_report", {"school": "101"}),
    ("ssif", "40_cluster_report", {"cluster": "Coast"}),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        yield running
        running.close()


@pytest.mark.parametrize(("study", "notebook", "unit"), REPORTS)
def test_page_is_self_contained_and_fits(
    browser: Any,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    published: Callable[[Release], dict[str, str]],
    study: str,
    notebook: str,
    unit: dict[str, str],
) -> None:
    parameters = {**published(request.getfixturevalue(study)), **unit}
    file = tmp_path / "page.html"
    file.write_text(page(notebook, parameters, "A report"), encoding="utf-8")
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
    opened.evaluate("document.querySelector('td.numeral').textContent = '8'.repeat(500)")
    assert opened.evaluate("document.documentElement.scrollWidth") == width
