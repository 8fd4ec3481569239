"""The `evaluation` command. No logic of its own: it asks the rooms below and says what they answered."""

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluation import scrutiny
from evaluation.errors import EvaluationError, ReportError
from evaluation.handing import commands as handing
from evaluation.terminal import (
    AsJson,
    Jobs,
    Names,
    StudyName,
    answer,
    cores,
    errors,
    say,
    say_json,
    steps,
    tell,
)
from evaluation.threads import ONE_THREAD

INTERRUPTED, FAULT = 130, 70

app = typer.Typer(
    help="Evaluate school improvement: raw files in, a site of school and cluster reports out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Schools = Annotated[Names, typer.Option("--school", help="only this school's report; may be repeated")]
Clusters = Annotated[Names, typer.Option("--cluster", help="only this cluster's report; may be repeated")]
Only = Annotated[Names, typer.Option(help="only this notebook, such as 50_school_report; may be repeated")]


@app.command()
def demo(
    seed: Annotated[
        int | None, typer.Option(help="another seed than the study file's gives other pupils")
    ] = None,
) -> None:
    """Write the demo study's raw files: synthetic, with the truth beside them."""
    from evaluation.simulate import write_demo
    from evaluation.study import find_root, load_study

    root = find_root()
    study = load_study("ssif_maths", root)
    written = write_demo(root, study.seed if seed is None else seed)
    say(f"{len(written)} synthetic files in data/raw/{study.study}/. Next: evaluation run {study.study}")


@app.command()
def new(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="lower-case letters, digits and _")],
) -> None:
    """Write a commented study file and the folder for its files, to start a study of your own."""
    from evaluation.study import find_root
    from evaluation.study.start import start_study

    path, folder = start_study(study, find_root())
    say(
        f"Wrote params/{path.name} and data/raw/{folder.name}/. Put your files there, say what they are in the study file,"
    )
    say(f"then: evaluation check {study}")


@app.command()
def check(study: StudyName, as_json: AsJson = False) -> None:
    """Read, clean and link the files; print what is wrong, by school, and write the lists of issues."""
    from evaluation import exchange
    from evaluation.study import load_study, study_root

    root = study_root(study)
    with steps(as_json) as step:
        found = exchange.check(load_study(study, root), root, step)
    tell(found, as_json)


@app.command()
def request(
    study: StudyName,
    school: Annotated[Names, typer.Option("--school", help="only this school's; may be repeated")] = None,
    records: Annotated[
        Names,
        typer.Option(
            help="instead, empty workbooks for the project's records: all, or a name; may be repeated"
        ),
    ] = None,
    contact: Annotated[str, typer.Option(help="whom the school asks, as the workbook says it")] = "",
    as_json: AsJson = False,
) -> None:
    """A workbook for each school that asks only for what is missing, prefilled from what it sent."""
    from datetime import date

    from evaluation import exchange
    from evaluation.study import load_study, study_root

    root = study_root(study)
    plan = load_study(study, root)
    with steps(as_json) as step:
        if records:
            found = exchange.request_records(plan, root, records)
        else:
            found = exchange.request(plan, root, school or (), contact, date.today(), step)
    answer(found, as_json)


@app.command("map")
def map_columns(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a CSV file or a workbook")],
    kind: Annotated[
        str | None, typer.Option(help="pupils, scores or schools; else taken from the file")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="the sheet of a workbook")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="a new file for the map")] = None,
    as_json: AsJson = False,
) -> None:
    """Propose a column map for an unknown layout, as YAML for the study file; nothing doubtful is decided."""
    from datetime import date

    from evaluation.exchange import mapping, proposal

    found = mapping.propose_map(file, date.today().year, mapping.known_kind(kind), sheet)
    if output is not None:
        proposal.write_proposal(found, output)
        say(f"Wrote {output.name}. Look at every line before you use it.")
    elif as_json:
        say_json(proposal.as_dict(found))
    else:
        say(proposal.as_yaml(found).rstrip())


@app.command()
def run(study: StudyName, jobs: Jobs = None, as_json: AsJson = False) -> None:
    """Everything: raw files in, a site of reports out, under reports/STUDY/RUN/site/."""
    from evaluation import pipeline
    from evaluation.batch.plan import Wanted
    from evaluation.study import load_study, study_root

    root = study_root(study)
    with steps(as_json) as step:
        finished = pipeline.run(load_study(study, root), root, Wanted(), jobs or cores(), step)
    conclude(finished, root, as_json)


@app.command()
def report(
    study: StudyName,
    school: Schools = None,
    cluster: Clusters = None,
    only: Only = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Only the reports, made again from the latest run's release; data/ is not needed for those that read it."""
    from evaluation import pipeline
    from evaluation.batch.plan import Wanted
    from evaluation.study import load_study, study_root

    root = study_root(study)
    wanted = Wanted(tuple(school or ()), tuple(cluster or ()), tuple(only or ()))
    with steps(as_json) as step:
        finished = pipeline.report(load_study(study, root), root, wanted, jobs or cores(), step)
    conclude(finished, root, as_json)


def conclude(finished: Any, root: Path, as_json: bool) -> None:
    """Say where the site is and which reports failed; an error when any did."""
    index = finished.index.relative_to(root).as_posix()
    made = len(finished.outcomes) - len(finished.failed)
    if as_json:
        failed = [{"page": item.job.page, "cell": item.cell, "error": item.error} for item in finished.failed]
        say_json(
            {
                "run": finished.folder.name,
                "index": index,
                "made": made,
                "failed": failed,
                "revealed": finished.revealed,
            }
        )
    else:
        for line in finished.changes:
            say(f"changed: {line}")
        if finished.revealed:
            say(finished.revealed)
        say(f"{made} {'report' if made == 1 else 'reports'} made: open {index}")
    if finished.failed:
        lines = [f"{item.job.page}: failed at cell {item.cell}: {item.error}" for item in finished.failed]
        raise ReportError(
            f"{len(lines)} of {len(finished.outcomes)} reports could not be made:\n" + "\n".join(lines)
        )


app.add_typer(scrutiny.app)
app.add_typer(handing.app)


def main() -> None:
    """Run the command; a fault in the files is a message and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.update(ONE_THREAD)
    code: int | str | None
    try:
        code = app()
    except SystemExit as stop:
        code = stop.code
    except EvaluationError as error:
        errors.print(str(error), markup=False)
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        errors.print(unexpected(error), markup=False)
        code = FAULT
    if code == INTERRUPTED:
        errors.print("Stopped. The previous run is as it was.")
    sys.exit(code)


def unexpected(error: Exception) -> str:
    """What to say of a fault in the software: where it is, without the message, which may quote the data."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "evaluation" in frame.filename]
    where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return (
        f"A fault in the software, not in your files: {type(error).__name__} at {where}.\n"
        "Nothing was published. Please report this line to whoever looks after the software."
    )
