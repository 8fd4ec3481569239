"""Commands that hold a study or a run to something: its plan, its numbers, its secrets, a pupil's wish to be forgotten."""

from pathlib import Path
from typing import Annotated

import typer

from evaluation.terminal import AsJson, Jobs, Names, StudyName, cores, say, say_json, steps, tell

app = typer.Typer()


@app.command()
def lock(study: StudyName, as_json: AsJson = False) -> None:
    """Pre-register the plan: whatever changes afterwards is listed in every report, with its reason if one is given."""
    from datetime import date

    from evaluation.study import load_study, lock_plan, study_root

    root = study_root(study)
    plan = load_study(study, root)
    found = lock_plan(plan, root, date.today())
    if as_json:
        say_json({"study": plan.study, "locked": found.day.isoformat(), "sha256": found.digest})
    else:
        say(
            f"The plan is locked as of {found.day.isoformat()}: params/{plan.study}.lock.json, SHA-256 {found.digest[:16]}."
        )
        say(
            "Keep the file with the study file. Where reports are to be believed by others, lodge it where its day is recorded."
        )


@app.command()
def power(study: StudyName, as_json: AsJson = False) -> None:
    """What effect the design can detect: as planned and, once there are data, as analysed."""
    from evaluation.power import power as detect
    from evaluation.study import load_study, study_root

    root = study_root(study)
    tell(detect(load_study(study, root), root), as_json)


@app.command()
def audit(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="a run's name or folder, or its study's name for the latest")
    ],
    as_json: AsJson = False,
) -> None:
    """Attack a written run: search all that may leave for whatever identifies somebody, and work out withheld counts."""
    from evaluation import audit as attack
    from evaluation.study import find_root

    folder = attack.find_run(run)
    with steps(as_json) as step:
        found = attack.audit(folder, find_root(folder), step)
    tell(found, as_json)


@app.command()
def verify(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="a run's name or folder, or its study's name for the latest")
    ],
    jobs: Jobs = None,
    as_json: AsJson = False,
) -> None:
    """Make a run again from its raw files, elsewhere, and hold every published number and page against it."""
    from evaluation import verify as verification
    from evaluation.audit import find_run
    from evaluation.study import find_root

    folder = find_run(run)
    with steps(as_json) as step:
        found = verification.verify(folder, find_root(folder), jobs or cores(), step)
    tell(found, as_json)


@app.command()
def forget(
    study: StudyName,
    pupil: Annotated[
        bool, typer.Option("--pupil", help="ask for a pupil's number, which is not shown")
    ] = False,
    upn_file: Annotated[
        Path | None, typer.Option(help="a text file of pupil numbers or identifiers, one a line")
    ] = None,
    school: Annotated[Names, typer.Option("--school", help="a school's identifier; may be repeated")] = None,
    everything: Annotated[bool, typer.Option("--all", help="end of retention: the whole study")] = False,
    dry_run: Annotated[bool, typer.Option(help="say what would be done, and do nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask again before removing")] = False,
) -> None:
    """Withdraw a pupil or a school, or end retention: remove every derived trace, and show that nothing is left."""
    from datetime import date

    from evaluation import forget as forgetting
    from evaluation.study import load_study, study_root

    root = study_root(study)
    named = [typer.prompt("Unique pupil number, or identifier", hide_input=True)] if pupil else []
    asked = forgetting.asked(named, upn_file, school or [], everything)
    with steps(False) as step:
        prepared = forgetting.prepare(load_study(study, root), root, asked, step)
    for line in prepared.lines():
        say(line)
    if dry_run or not (yes or typer.confirm("Go on?")):
        say("Nothing was done.")
        return
    with steps(False) as step:
        done = forgetting.do(prepared, date.today().isoformat(), step)
    for line in done.lines():
        say(line)
    if done.fault is not None:
        raise done.fault
