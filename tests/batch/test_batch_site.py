"""The index leads to every page there is, and to none that is not."""

import re
from pathlib import Path

import pytest
from batch_helpers import MakeJob

from evaluation.batch import Outcome, write_indexes

META = {
    "title": "Small classes & maths",
    "about": "What small classes did.",
    "synthetic": False,
    "audience": "public",
    "run": "star-1a2b3c4d5e",
    "schools": [
        {"school": "28", "name": "St <Anne>", "phase": "primary", "role": "", "cluster": "", "slug": "28"},
        {"school": "29", "name": "Oak Primary", "phase": "", "role": "", "cluster": "", "slug": "29"},
    ],
    "clusters": [],
}


@pytest.fixture
def outcomes(make_job: MakeJob) -> list[Outcome]:
    """Two schools, one failed, a review page and an internal one."""
    notebook = Path("notebooks/50_school_report.ipynb")
    review = {"page": "review/impact.html", "title": "Impact", "section": "review"}
    internal = {"page": "quality/28.html", "title": "Data of 28", "section": "internal", "internal": True}
    return [
        Outcome(make_job(notebook, **review), "ok", None, "", 1.0),
        Outcome(make_job(notebook, "28", title="St <Anne>"), "ok", None, "", 1.0),
        Outcome(make_job(notebook, "29", title="Oak Primary"), "failed", 4, "DataError: no pupils.", 1.0),
        Outcome(make_job(notebook, **internal), "ok", None, "", 1.0),
    ]


def test_the_site_links_what_was_made_by_section_and_lists_what_was_not(
    tmp_path: Path, outcomes: list[Outcome]
) -> None:
    index = write_indexes(tmp_path, META, outcomes)
    assert index == tmp_path / "site" / "public" / "index.html"
    html = index.read_text(encoding="utf-8")
    assert set(re.findall(r'href="([^"#]+)"', html)) == {"schools/28.html", "review/impact.html"}
    assert "St &lt;Anne&gt;" in html
    assert "Oak Primary" in html
    assert html.index("Schools</h2>") < html.index("St &lt;Anne&gt;") < html.index("For reviewers</h2>")
    assert "star-1a2b3c4d5e" in html
    assert "Clusters" not in html
    assert "Synthetic" not in html


def test_what_is_internal_and_what_went_wrong_stay_out_of_the_site(
    tmp_path: Path, outcomes: list[Outcome]
) -> None:
    site = write_indexes(tmp_path, META, outcomes).read_text(encoding="utf-8")
    internal = (tmp_path / "internal" / "index.html").read_text(encoding="utf-8")
    for told in ("Data of 28", "DataError", "50_school_report.ipynb"):
        assert told not in site
        assert told in internal
    assert "cell 4" in internal
    assert 'href="quality/28.html"' in internal


def test_a_synthetic_study_says_so(tmp_path: Path, outcomes: list[Outcome]) -> None:
    index = write_indexes(tmp_path, {**META, "synthetic": True}, outcomes)
    assert "Synthetic" in index.read_text(encoding="utf-8")
