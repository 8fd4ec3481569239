"""Kernels forked from a server that has imported the libraries already, and what starts and stops it."""

import ast
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from evaluation.errors import ReportError

SERVER = Path(__file__).with_name("server.py")  # as a file: this package's own imports are not the kernels'
FORKS = sys.platform == "linux"  # macOS has fork, but its own libraries do not survive one


def imported_modules(notebooks: Iterable[Path]) -> list[str]:
    """What the notebooks' cells may import, each name once, sorted.

    The `b` of `from a import b` may be a module of its own, so `a.b` is among them though it need not exist.
    """
    cells = (
        cell.source
        for notebook in sorted(set(notebooks))
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code"
    )
    return sorted({name for source in cells for name in _imports(source)})


def _imports(source: str) -> Iterator[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # the cell holds a magic, or fails anyway when it is run
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


class KernelServer:
    """The running server (`server.py`), asked one thing at a time by any number of threads.

    Starting it does not wait for its imports: the first answer does.
    """

    def __init__(self, modules: Iterable[str], scratch: Path, folder: Path, environment: Mapping[str, str]):
        self._log = scratch / "server.log"
        self._lock = threading.Lock()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(SERVER), str(scratch), *modules],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=dict(environment),
                start_new_session=True,  # a Ctrl-C at the terminal is for us to handle
            )

    def ask(self, **request: Any) -> Any:
        """Send one request and wait for its answer.

        Raises
        ------
        ReportError
            When the server has stopped.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            with self._lock:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
                answer = self._process.stdout.readline()
        except (OSError, ValueError):  # ValueError: the stream was closed meanwhile
            answer = b""
        if not answer:
            raise ReportError(f"The process that starts notebooks has stopped. {self._last_words()}".strip())
        return json.loads(answer)

    def close(self) -> None:
        """Stop the server, and with it every kernel."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return lines[-1] if lines else ""


class WarmProcess:
    """A forked kernel, as jupyter_client wants to see a process."""

    stdin = stdout = stderr = None

    def __init__(self, server: KernelServer, arguments: list[str]):
        self._server = server
        self._exit_code: int | None = None
        self.pid: int = server.ask(start=arguments)

    def poll(self) -> int | None:
        """The exit code, or None while the kernel runs."""
        if self._exit_code is None:
            try:
                self._exit_code = self._server.ask(poll=self.pid)
            except ReportError:  # no kernel outlives the server
                self._exit_code = -signal.SIGKILL
        return self._exit_code

    def wait(self) -> int | None:
        """The exit code; called once `poll` has given one."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Signal the kernel and whatever it started."""
        if self.poll() is None:
            self._server.ask(signal=[self.pid, int(number)])

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):
    """Has the server fork a kernel where jupyter_client would start an interpreter."""

    server: KernelServer

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; folder and environment are the server's."""
        process = WarmProcess(self.server, cmd[cmd.index("-f") :])
        self.process, self.pid = process, process.pid  # type: ignore[assignment]
        return self.connection_info
