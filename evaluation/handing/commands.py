"""The commands of handing over. No logic of their own: they ask this room and say what it answered."""

from datetime import date
from typing import Annotated

import typer

from evaluation.errors import ReportError
from evaluation.terminal import AsJson, Names, StudyName, say, say_json

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
        found = signing.status(plan, root)
        if as_json:
            say_json(found.as_dict())
        else:
            for line in found.lines():
                say(line)
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
