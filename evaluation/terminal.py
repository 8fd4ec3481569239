"""What every command shares: how it is told of a study, how it shows its progress, how it says what was answered."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

errors = Console(stderr=True, highlight=False, soft_wrap=True)

StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="a name under params/, or the path of a study file")
]
AsJson = Annotated[bool, typer.Option("--json", help="print the outcome as JSON, for other programs")]
Names = list[str] | None
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="reports made at a time; by default one a core")
]


@contextmanager
def steps(quiet: bool) -> Iterator[Any]:
    """A progress line: called with what is being done and, on counted work, how much of how much is done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task("starting", total=None)

        def step(what: str, done: int | None = None, total: int | None = None) -> None:
            bar.update(task, description=what, completed=done or 0, total=total)

        yield step


def say(line: str) -> None:
    """Print a line for a person."""
    typer.echo(line)


def say_json(value: Any) -> None:
    """Print a value for a program."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def answer(found: Any, as_json: bool) -> None:
    """Say what a command made or found."""
    if as_json:
        say_json(found.as_dict())
    else:
        for line in found.lines():
            say(line)


def tell(found: Any, as_json: bool) -> None:
    """Say what a command found, and end with its fault if it has one."""
    answer(found, as_json)
    if found.fault is not None:
        raise found.fault


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
