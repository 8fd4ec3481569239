"""The commands of handing over. No logic of their own: they ask this room and say what it answered."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from evaluation.errors import ReportError
from evaluation.terminal import AsJson, Names, StudyName, answer, say, say_json

app = typer.Typer()

By = Annotated[str, typer.Option("--by", metavar="ROLE", help="whose word it is, as a role and not a name")]


@app.command()
def pack(
    study: StudyName,
    school: Annotated[Names, typer.Option("--school", help="only this school's; may be repeated")] = None,
    cluster: Annotated[Names, typer.Option("--cluster", help="only this cluster's; may be repeated")] = None,
    contact: Annotated[str, typer.Option(help="whom to tell of an objection, as the pack says it")] = "",
    sent: Annotated[
        bool, typer.Option("--sent", help="write in the register that they were sent; needs --by")
    ] = False,
    by: By = "",
    status: Annotated[bool, typer.Option("--status", help="make nothing: list who was given what")] = False,
    as_json: AsJson = False,
) -> None:
    """A zip for each school and cluster of only its own report, figures and rows, for it to check."""
    from evaluation.handing import pack as packing
    from evaluation.handing import sign_off as signing
    from evaluation.study import load_study, study_root

    root = study_root(study)
    plan = load_study(study, root)
    if status:
        answer(signing.status(plan, root), as_json)
        return
    if sent and not by:
        raise ReportError("--sent needs --by ROLE: who sent them, as a role such as 'project manager'.")
    made = packing.write_packs(plan, root, school or (), cluster or (), contact)
    if sent:
        signing.note_sent(plan, root, made, by, date.today().isoformat())
    said = {item.path.relative_to(root).as_posix(): item for item in made}
    if as_json:
        say_json(
            {
                "packs": [
                    {"path": path, "unit": item.unit, "sha256": item.sha256} for path, item in said.items()
                ]
            }
        )
    else:
        for path, item in said.items():
            say(f"{item.name}: {path} ({item.sha256[:12]})")
        if not sent:
            say(f"Once they are sent, write it down: evaluation pack {plan.study} --sent --by ROLE")


@app.command("sign-off")
def sign_off(
    study: StudyName,
    by: By,
    school: Annotated[str | None, typer.Option("--school", help="the school whose pack it is")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="or the cluster")] = None,
    state: Annotated[str, typer.Option(help="signed off, checked, objection or withdrawn")] = "signed off",
    note: Annotated[str, typer.Option(help="what was said, without names")] = "",
) -> None:
    """Write down what a school said of its pack; its report counts as published once it is signed off."""
    from evaluation.handing import sign_off as signing
    from evaluation.study import load_study, study_root

    if (school is None) == (cluster is None):
        raise ReportError("Name one school with --school, or one cluster with --cluster.")
    root = study_root(study)
    level, unit = ("cluster", cluster or "") if school is None else ("school", school)
    today = date.today().isoformat()
    say(signing.sign_off(load_study(study, root), root, level, unit, by, today, state, note))


@app.command()
def twin(
    study: StudyName,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="a new folder, outside the project's own")],
    seed: Annotated[
        int | None, typer.Option(min=0, help="another seed than the study file's draws other pupils")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A synthetic twin of the store, with no real pupil, on which a reviewer can run notebook 20."""
    from evaluation.handing.twin import write_twin
    from evaluation.study import load_study, study_root

    root = study_root(study)
    plan = load_study(study, root)
    made = write_twin(plan, root, to.resolve(), plan.seed if seed is None else seed)
    if as_json:
        say_json({"folder": made.folder.name, "run": made.run, "pupils": made.pupils, "scores": made.scores})
    else:
        say(
            f"{made.pupils:,} pupils that never were, with {made.scores:,} scores, in {made.folder.name}/. README.md says how to use it."
        )


@app.command()
def dpia(
    study: StudyName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="a new file, in place of reports/STUDY/dpia.md")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A data protection impact assessment, filled with what the study file knows; what it cannot know is marked."""
    from evaluation.handing.dpia import write_dpia
    from evaluation.study import load_study, study_root

    root = study_root(study)
    path, left = write_dpia(load_study(study, root), root, output)
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    if as_json:
        say_json({"path": shown, "to_fill_in": left})
    else:
        say(f"Wrote {shown}. {left} things are for you to fill in: search it for TO FILL IN.")
