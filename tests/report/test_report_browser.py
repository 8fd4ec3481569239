"""Pages in a browser: nothing asked of any host, no error, and no sideways scroll on a desk or a phone."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from report_pages import page

from evaluation.disclose import Release

pytestmark = pytest.mark.browser
REPORTS = [
    ("star", "50_school_report", {"school": "28"}),
    ("star", "50_school_report", {"school": "7"}),
    ("star", "10_design", {}),
    ("ssif", "50_school_report", {"school": "101"}),
    ("ssif", "40_cluster_report", {"cluster": "Coast"}),
]


@pytest.mark.parametrize(("study", "notebook", "unit"), REPORTS)
def test_page_is_self_contained_and_fits(
    check_page: Callable[[Path], None],
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
    check_page(file)


def test_a_table_that_goes_on_sideways_shows_it_and_a_printed_one_does_not(
    browser: Any, tmp_path: Path, published: Callable[[Release], dict[str, str]], star: Release
) -> None:
    """Its edge is shaded where more lies beyond it, and not where the end is reached."""
    file = tmp_path / "page.html"
    file.write_text(page("10_design", published(star), "A report"), encoding="utf-8")
    opened = browser.new_page(viewport={"width": 390, "height": 900})
    opened.goto(file.as_uri())
    opened.evaluate("document.querySelector('td.numeral').textContent = '8'.repeat(120)")
    opened.evaluate("document.querySelector('td.numeral').closest('.scroll').id = 'wide'")
    box = opened.locator("#wide")
    assert edge(box)[-1] < 250, "more lies to the right"
    assert edge(box)[0] > 250, "nothing to the left"
    opened.evaluate("document.querySelector('#wide').scrollLeft = 1e5")
    assert edge(box)[-1] > 250
    assert edge(box)[0] < 250
    opened.emulate_media(media="print")
    assert opened.evaluate("getComputedStyle(document.querySelector('#wide')).backgroundImage") == "none"
    opened.close()


def edge(box: Any) -> np.ndarray:
    """How light each column of pixels of a box is, from left to right."""
    with Image.open(io.BytesIO(box.screenshot())) as picture:
        red = np.asarray(picture.convert("RGB"))[:, :, 0]
    return np.median(red, axis=0)
