"""Stopped half-way, a run leaves the one before it as it was, and nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from pipeline_pages import published
from pipeline_study import write_study

# The same of the batch alone, in seconds, is in tests/batch.
pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-c", "from evaluation.cli import main; main()"]


def start(root: Path, *words: str) -> subprocess.Popen:
    environment = os.environ | {"EVALUATION_KEYS": f"{root}-keys"}
    return subprocess.Popen(
        [*COMMAND, *words],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def building(root: Path) -> list[Path]:
    return list((root / "reports" / "mine").glob(".building-*"))


def wait_for(condition, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    root = tmp_path_factory.mktemp("interrupted")
    write_study(root)
    process = start(root, "run", "mine")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "reports made" in out
    return root, published(run_folder(root))


def run_folder(root: Path) -> Path:
    return root / "reports" / "mine" / (root / "reports" / "mine" / "latest").read_text().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_stopped_leaves_the_one_before_as_it_was(whole, number: signal.Signals) -> None:
    root, before = whole
    process = start(root, "run", "mine")
    wait_for(lambda: [made for folder in building(root) for made in folder.glob("site/**/*.html")])
    kernels = psutil.Process(process.pid).children(recursive=True)
    assert kernels
    process.send_signal(number)
    _, err = process.communicate(timeout=240)
    assert process.returncode == (130 if number != signal.SIGKILL else -signal.SIGKILL)
    assert "Traceback" not in err
    wait_for(
        lambda: not any(kernel.is_running() and kernel.status() != psutil.STATUS_ZOMBIE for kernel in kernels)
    )
    assert published(run_folder(root)) == before
    if number == signal.SIGKILL:
        again = start(root, "report", "mine")
        assert again.wait(timeout=240) == 0
        again.communicate()
    else:
        assert "The previous run is as it was" in err
    assert building(root) == []
