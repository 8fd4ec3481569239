"""Where the batch's kernels run, with what environment, and how all of them end.

Kernels get their folder when they start. papermill's own way, `cwd=`, changes the folder of the whole
process, so that two reports at a time would run in one another's.
"""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from evaluation.batch.warm import FORKS, KernelServer, WarmProvisioner
from evaluation.threads import ONE_THREAD

Launcher = Literal["warm", "ordinary"]
LONGEST_SOCKET_FOLDER = 80  # characters: a socket's whole path may have about 100
SETTINGS = {
    **ONE_THREAD,
    "PYTHONHASHSEED": "0",  # the order of a set is then the same in every run
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


class Processes:
    """The kernels started so far, so that any thread can end them all, those about to start included."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: list[subprocess.Popen] = []
        self._ended = False

    def add(self, process: subprocess.Popen) -> None:
        """Remember a kernel; when the end has come already, it ends at once."""
        with self._lock:
            self._started.append(process)
            if self._ended:
                process.kill()

    def end(self) -> None:
        """Kill without asking: the threads that could ask may themselves be waiting for a kernel."""
        with self._lock:
            self._ended = True
            for process in self._started:
                process.kill()


class OrdinaryProvisioner(LocalProvisioner):
    """Starts an interpreter for the kernel: this one, whatever the user's own kernel list says."""

    processes: Processes

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel, its stray output discarded."""
        command = [sys.executable, "-m", "ipykernel_launcher", *cmd[cmd.index("-f") :]]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        info = await super().launch_kernel(command, **quiet, **kwargs)
        assert self.process is not None
        self.processes.add(self.process)
        return info


@contextmanager
def kernel_manager(
    launcher: Launcher, modules: Iterable[str], root: Path, run_folder: Path
) -> Iterator[type[AsyncKernelManager]]:
    """A class of kernel managers for one run; on leaving, every kernel it started is ended.

    Parameters
    ----------
    launcher : str
        "warm" forks kernels from a server that has imported `modules`, where the system can fork safely;
        "ordinary" starts an interpreter for each.
    modules : iterable of str
        What the server imports.
    root : Path
        The project folder, in which kernels run.
    run_folder : Path
        The folder of the run being built; kernels read it from `EVALUATION_RUN_FOLDER`.
    """
    with tempfile.TemporaryDirectory(prefix="evaluation-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        environment = kernel_environment(root, run_folder, scratch)
        if launcher == "warm" and FORKS:
            with _server(modules, scratch, root, environment) as server:
                warm = type("Provisioner", (WarmProvisioner,), {"server": server})
                yield _manager(warm, scratch, root, environment)
        else:
            processes = Processes()
            ordinary = type("Provisioner", (OrdinaryProvisioner,), {"processes": processes})
            try:
                yield _manager(ordinary, scratch, root, environment)
            finally:
                processes.end()


def kernel_environment(root: Path, run_folder: Path, scratch: Path) -> dict[str, str]:
    """The environment of every kernel: this process's, the batch's settings, and where things are."""
    places = {
        "EVALUATION_ROOT": str(root),
        "EVALUATION_RUN_FOLDER": str(run_folder.resolve()),
        "IPYTHONDIR": str(scratch / "ipython"),  # the user's own start-up files have no say in a report
    }
    return {**os.environ, **SETTINGS, **places}


@contextmanager
def _server(
    modules: Iterable[str], scratch: Path, root: Path, environment: Mapping[str, str]
) -> Iterator[KernelServer]:
    server = KernelServer(modules, scratch, root, environment)
    try:
        yield server
    finally:
        server.close()


def _manager(
    provisioner: type[LocalProvisioner], scratch: Path, root: Path, environment: Mapping[str, str]
) -> type[AsyncKernelManager]:
    numbers = itertools.count()
    sockets = {"transport": "ipc"} if FORKS and len(str(scratch)) < LONGEST_SOCKET_FOLDER else {}

    class BatchKernelManager(AsyncKernelManager):
        """Gives each kernel sockets of its own, the run's folder and the run's environment."""

        def __init__(self, **kwargs: Any):
            connection_file = str(scratch / f"{next(numbers)}.json")
            super().__init__(connection_file=connection_file, **sockets, **kwargs)

        async def start_kernel(self, **kwargs: Any) -> None:  # type: ignore[override]
            self.provisioner = provisioner(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
            await super().start_kernel(cwd=str(root), env=dict(environment), **kwargs)

    return BatchKernelManager
