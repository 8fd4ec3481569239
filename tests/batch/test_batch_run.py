"""Reports are made side by side, come out the same however many at a time, and fail one by one."""

import json
from pathlib import Path

import pytest
from batch_helpers import MakeJob, WriteNotebook, tree

from evaluation.batch import Job, Outcome, run_jobs
from evaluation.errors import ReportError

DRAW = "import matplotlib.pyplot as plt"
SAY = 'print(school, {"one", "two", "three", "four"})'


def made(jobs: list[Job], folder: Path, workers: int) -> list[Outcome]:
    return run_jobs(jobs, folder, "public", workers)


def test_a_second_run_with_two_workers_writes_the_same_bytes_as_the_first_with_one(
    project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    notebook = write_notebook("50_school_report", DRAW, SAY, "plt.plot([1, 3, 2]);")
    jobs = [make_job(notebook, school, show_code=school == "3") for school in "123"]
    folders = {workers: project / "reports" / str(workers) for workers in (1, 2)}
    for workers, folder in folders.items():
        assert [item.status for item in made(jobs, folder, workers)] == ["ok"] * 3
    first, second = tree(folders[1]), tree(folders[2])
    assert len(first) == 6
    assert first == second
    pages = [first[f"site/public/schools/{school}.html"].decode() for school in "123"]
    assert all(f"<pre>{school} {{" in page for school, page in zip("123", pages, strict=True))
    assert all("data:image/png;base64," in page for page in pages)


def test_a_failing_report_leaves_the_others_and_says_no_more_than_it_may(
    project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    fine = write_notebook("fine", "school")
    ours = write_notebook(
        "ours", "1", 'from evaluation.errors import DataError\nraise DataError("School 28 has no pupils.")'
    )
    theirs = write_notebook("theirs", 'raise ValueError("pupil Jane Doe has no score")')
    dying = write_notebook("dying", "import os\nos.kill(os.getpid(), 9)")
    jobs = [make_job(book, str(number)) for number, book in enumerate((fine, ours, theirs, dying, fine))]
    seen: list[Outcome] = []
    outcomes = run_jobs(jobs, project / "reports" / "run", "public", 2, progress=seen.append)
    assert [item.job for item in outcomes] == jobs
    assert sorted(seen, key=lambda item: item.job.page) == outcomes
    assert [(item.status, item.cell, item.error) for item in outcomes] == [
        ("ok", None, ""),
        ("failed", 4, "DataError: School 28 has no pupils."),
        ("failed", 3, "ValueError"),
        ("failed", None, "DeadKernelError"),
        ("ok", None, ""),
    ]
    site = project / "reports" / "run" / "site" / "public"
    assert sorted(tree(site)) == ["schools/0.html", "schools/4.html"]
    kept = project / "reports" / "run" / "internal" / "notebooks" / "site" / "schools" / "2.ipynb"
    assert "Jane Doe" in kept.read_text(encoding="utf-8")


def test_what_is_kept_is_outside_the_site_and_holds_no_trace_of_the_machine(
    project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    notebook = write_notebook("50_school_report", 'import warnings\nwarnings.warn("careful")', "school")
    internal = {"page": "quality/28.html", "section": "internal", "internal": True}
    jobs = [make_job(notebook), make_job(notebook, **internal)]
    folder = project / "reports" / "run"
    assert [item.status for item in made(jobs, folder, 1)] == ["ok", "ok"]
    assert sorted(tree(folder)) == [
        "internal/notebooks/internal/quality/28.ipynb",
        "internal/notebooks/site/schools/28.ipynb",
        "internal/quality/28.html",
        "site/public/schools/28.html",
    ]
    text = (folder / "internal/notebooks/site/schools/28.ipynb").read_text(encoding="utf-8")
    assert json.loads(text)["metadata"]["papermill"] == {"parameters": jobs[0].parameters}
    assert "careful" in text
    assert not [trace for trace in (str(project), "ipykernel_", "start_time", "duration") if trace in text]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"parameters": {"shcool": "28", "run": "r"}},
            [
                "50_school_report.ipynb: has no parameter 'shcool'. Did you mean 'school'? Parameters: school, run.",
                "50_school_report.ipynb: parameter 'school' is not given. Did you mean 'shcool'?",
            ],
        ),
        (
            {"parameters": {"school": "28"}},
            ["50_school_report.ipynb: parameter 'run' is not given."],
        ),
        (
            {"notebook": "50_school_raport.ipynb"},
            ["50_school_raport.ipynb: no such notebook. Did you mean '50_school_report.ipynb'?"],
        ),
        ({"notebook": "torn.ipynb"}, ["torn.ipynb: not a notebook, or one that names no kernel."]),
        ({"page": "schools/1.html"}, ["schools/1.html: 2 reports would be written there."]),
    ],
)
def test_a_job_that_cannot_be_right_is_refused_before_anything_starts(
    changes: dict, message: list[str], project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    notebook = write_notebook("50_school_report", "school")
    (project / "notebooks" / "torn.ipynb").write_text('{"cells": [', encoding="utf-8")
    if "notebook" in changes:
        changes = {"notebook": project / "notebooks" / changes["notebook"]}
    jobs = [make_job(notebook, "1"), make_job(**{"notebook": notebook, **changes})]
    folder = project / "reports" / "run"
    with pytest.raises(ReportError) as refusal:
        made(jobs, folder, 1)
    assert all(part in str(refusal.value) for part in message)
    assert not folder.exists()
