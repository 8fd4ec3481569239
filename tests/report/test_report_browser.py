"""Pages in a browser: nothing asked of any host, no error, and no sideways scroll on a desk or a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
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
