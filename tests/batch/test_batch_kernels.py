"""Forked kernels give what ordinary ones give, and none is left behind, however a run ends."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from batch_helpers import MakeJob, WriteNotebook, tree

from evaluation.batch import building, run_jobs
from evaluation.batch.kernels import Launcher
from evaluation.batch.warm import FORKS, KernelServer, imported_modules

warm_only = pytest.mark.skipif(not FORKS, reason="kernels are forked on Linux alone")

IMPORTS = "import matplotlib.pyplot as plt\nimport pandas as pd\nfrom matplotlib.figure import Figure"
RICH = """class Table:
    def _repr_html_(self):
        return f"<table class='ours'><tr><td>{school}</td></tr></table>"
Table()"""
DRAWN = """figure = Figure()
figure.subplots().bar(["a", "b"], [1, 2])
figure"""
SHOWN = 'plt.plot([1, 3, 2])\nplt.title("shown as the cell ends")\nplt.show()\nprint(plt.get_backend())'
FAILING = 'raise ValueError(f"no {school}")'


@warm_only
def test_a_forked_kernel_gives_what_an_ordinary_one_gives(
    project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    frame = 'pd.DataFrame({"school": [school], "score": [1.5]})'
    whole = write_notebook("whole", IMPORTS, RICH, SHOWN, DRAWN, frame, 'print("to the page")', "1 + 1")
    broken = write_notebook("broken", FAILING)
    jobs = [make_job(whole, "1", show_code=True), make_job(broken, "2")]
    launchers: tuple[Launcher, ...] = ("warm", "ordinary")
    folders = {launcher: project / "reports" / launcher for launcher in launchers}
    for launcher, folder in folders.items():
        outcomes = run_jobs(jobs, folder, "public", 1, launcher)
        assert [item.status for item in outcomes] == ["ok", "failed"]
    warm, ordinary = tree(folders["warm"]), tree(folders["ordinary"])
    assert warm == ordinary
    page = warm["site/public/schools/1.html"].decode()
    assert page.count("data:image/png;base64,") == 2
    assert '<table class="ours">' in page


@pytest.mark.parametrize("launcher", [pytest.param("warm", marks=warm_only), "ordinary"])
def test_each_kernel_is_its_own_and_knows_where_it_is(
    launcher: Launcher, project: Path, write_notebook: WriteNotebook, make_job: MakeJob
) -> None:
    says = """import json, os, random, numpy.random
print(json.dumps({
    "process": os.getpid(), "group": os.getpgid(0), "folder": os.getcwd(), "shared": os.environ["OMP_NUM_THREADS"],
    "root": os.environ["EVALUATION_ROOT"], "run": os.environ["EVALUATION_RUN_FOLDER"],
    "drawn": [random.random(), numpy.random.random()],
}))"""
    jobs = [make_job(write_notebook("says", says), school) for school in "12"]
    folder = project / "reports" / ".building-run-1"
    assert [item.status for item in run_jobs(jobs, folder, "public", 2, launcher)] == ["ok", "ok"]
    kept = [folder / "internal/notebooks/site/schools" / f"{school}.ipynb" for school in "12"]
    first, second = (json.loads(nbformat.read(path, 4).cells[3].outputs[0].text) for path in kept)
    for said in (first, second):
        assert said["process"] == said["group"]
        assert (said["folder"], said["root"], said["run"]) == (str(project), str(project), str(folder))
        assert said["shared"] == "1"
    assert first["process"] != second["process"]
    assert not set(first["drawn"]) & set(second["drawn"])


@warm_only
@pytest.mark.parametrize(
    ("module", "source", "what"),
    [
        (
            "threaded",
            "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
            "threads",
        ),
        ("inline", "import matplotlib_inline.backend_inline", "the inline figure backend"),
    ],
)
def test_what_cannot_be_forked_is_refused_with_its_reason(
    module: str,
    source: str,
    what: str,
    project: Path,
    write_notebook: WriteNotebook,
    make_job: MakeJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / f"unforkable_{module}.py").write_text(source, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(project))
    job = make_job(write_notebook("unforkable", f"import unforkable_{module}"))
    (outcome,) = run_jobs([job], project / "reports" / "run", "public", 1)
    assert outcome.status == "failed"
    assert outcome.error.startswith("ReportError: The process that starts notebooks has stopped.")
    assert f"what the notebooks import starts {what}" in outcome.error


@warm_only
def test_the_server_forks_from_one_thread(tmp_path: Path) -> None:
    others = psutil.Process().children()  # a pool of an earlier test, say
    server = KernelServer(
        ["pandas", "matplotlib.pyplot", "scipy.linalg"],
        tmp_path,
        tmp_path,
        os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    try:
        assert server.ask(poll=0) == 0
        (process,) = set(psutil.Process().children()) - set(others)
        names = [
            Path(f"/proc/{process.pid}/task/{task.id}/comm").read_text().strip() for task in process.threads()
        ]
    finally:
        server.close()
    assert len([name for name in names if name != "jemalloc_bg_thd"]) == 1  # Arrow's; it minds forks itself


def test_the_server_imports_what_the_notebooks_do(write_notebook: WriteNotebook) -> None:
    one = write_notebook("one", "import os, pandas as pd", "from evaluation import errors")
    two = write_notebook(
        "two", "%matplotlib inline\nimport never", "def f(:", "import pandas\nfrom . import near"
    )
    assert imported_modules([two, one, one]) == ["evaluation", "evaluation.errors", "os", "pandas"]


SCRIPT = """
import sys
from pathlib import Path
from evaluation.batch import Job, building, run_jobs
root, launcher = Path(sys.argv[1]), sys.argv[2]
notebook = root / "notebooks" / "endless.ipynb"
jobs = [
    Job(notebook, {"school": school, "run": "r"}, f"schools/{school}.html", school, "schools", school, False, False)
    for school in ("1", "2", "3")
]
with building(root / "reports", "star-1") as folder:
    run_jobs(jobs, folder, "public", 2, launcher)
"""
ENDLESS = """import os, pathlib, time
pathlib.Path(os.environ["EVALUATION_ROOT"], f"{school}.pid").write_text(str(os.getpid()))
time.sleep(600)"""


@pytest.mark.parametrize(
    ("launcher", "ending"),
    [
        pytest.param("warm", signal.SIGKILL, marks=warm_only),
        pytest.param("warm", signal.SIGINT, marks=warm_only),
        ("ordinary", signal.SIGINT),
    ],
)
def test_no_kernel_outlives_the_run_and_the_previous_run_stays(
    launcher: str, ending: signal.Signals, project: Path, write_notebook: WriteNotebook
) -> None:
    write_notebook("endless", ENDLESS)
    with building(project / "reports", "star-1") as folder:
        (folder / "index.html").write_text("the previous run", encoding="utf-8")
    run = subprocess.Popen([sys.executable, "-c", SCRIPT, str(project), launcher], stderr=subprocess.DEVNULL)
    started = [project / f"{school}.pid" for school in "12"]
    wait_for(lambda: all(path.exists() and path.read_text() for path in started))
    processes = psutil.Process(run.pid).children(recursive=True)
    assert {int(path.read_text()) for path in started} <= {process.pid for process in processes}

    run.send_signal(ending)
    run.wait(timeout=15)
    assert not psutil.wait_procs(processes, timeout=5)[1]
    assert not (project / "3.pid").exists()
    assert (project / "reports" / "star-1" / "index.html").read_text() == "the previous run"
    if ending == signal.SIGINT:
        assert not list((project / "reports").glob(".building*"))


def wait_for(condition: object, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
