"""The kernel server: a process that imports the libraries once and forks a kernel whenever it is asked.

Run as `python -P server.py SCRATCH MODULE...` and driven over its standard streams, one JSON
object a line: `{"start": [arguments of a kernel]}` is answered with the kernel's process id,
`{"poll": pid}` with its exit code or null, `{"signal": [pid, number]}` with null. When the stream closes,
as it does however the process that drives it ends, every kernel is killed and the scratch folder removed.

A fork copies the calling thread alone, so this process has one thread and never an event loop. It must not
import `matplotlib_inline.backend_inline` either: that registers how figures are shown at import, when there
is no shell yet to register with, and figures would silently vanish from every report.
"""

import contextlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import threading
from typing import Any, NoReturn

KERNEL_LIBRARIES = ("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger")


def main() -> None:
    """Import, then answer requests until the stream closes."""
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not reach the stream of answers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    scratch, *modules = sys.argv[1:]
    import_libraries(modules)
    kernels: set[int] = set()
    try:
        for line in sys.stdin.buffer:
            answer = respond(json.loads(line), kernels, answers)
            os.write(answers, json.dumps(answer).encode() + b"\n")
    finally:
        for pid in kernels:
            _signal(pid, signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)


def import_libraries(modules: list[str]) -> None:
    """Import what the kernels would; refuse when that leaves a process that cannot be forked."""
    for name in (*KERNEL_LIBRARIES, *modules):
        with contextlib.suppress(Exception):  # the notebook will meet the same error, at its own cell
            importlib.import_module(name)
    threads = [thread.name for thread in threading.enumerate()[1:]]
    if threads or "matplotlib_inline.backend_inline" in sys.modules:
        what = f"threads ({', '.join(threads)})" if threads else "the inline figure backend"
        sys.exit(f"Kernels cannot be forked: what the notebooks import starts {what}.")


def respond(request: dict[str, Any], kernels: set[int], answers: int) -> int | None:
    """Do what one request asks; `kernels` are the process ids that have not been reaped."""
    if "start" in request:
        pid = os.fork()
        if pid == 0:
            become_kernel(request["start"], answers)
        with contextlib.suppress(OSError):  # the kernel sets its own too; whichever comes first
            os.setpgid(pid, pid)
        kernels.add(pid)
        return pid
    if "poll" in request:
        return _exit_code(request["poll"], kernels)
    pid, number = request["signal"]
    if pid in kernels:
        _signal(pid, number)
    return None


def become_kernel(arguments: list[str], answers: int) -> NoReturn:
    """Turn this forked process into an IPython kernel; it ends with the kernel."""
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(answers)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        _reseed()
        from ipykernel.kernelapp import IPKernelApp

        kernel = IPKernelApp.instance(parent_handle=os.getppid())
        kernel.initialize(arguments)
        kernel.start()
    finally:
        os._exit(0)


def _reseed() -> None:
    """Without this every kernel would draw the same random numbers."""
    import numpy

    random.seed()
    numpy.random.seed()


def _exit_code(pid: int, kernels: set[int]) -> int | None:
    if pid not in kernels:
        return 0
    reaped, status = os.waitpid(pid, os.WNOHANG)
    if not reaped:
        return None
    kernels.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _signal(pid: int, number: int) -> None:
    """Signal a kernel and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


if __name__ == "__main__":
    main()
