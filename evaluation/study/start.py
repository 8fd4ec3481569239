"""Start a new study: a commented study file and the folder for its raw files."""

import re
from importlib.resources import files
from pathlib import Path

from evaluation.errors import StudyError


def start_study(name: str, root: Path) -> tuple[Path, Path]:
    """Write `params/<name>.yml` from the template and make `data/raw/<name>/`.

    Returns
    -------
    tuple of Path
        The study file and the folder.

    Raises
    ------
    StudyError
        When the name is not one a study can have, or the study file exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        raise StudyError(
            f"{name!r} cannot name a study: use up to 60 lower-case letters, digits and _, a letter first."
        )
    path = root / "params" / f"{name}.yml"
    if path.exists():
        raise StudyError(f"params/{name}.yml exists already; choose another name, or edit it.")
    folder = root / "data" / "raw" / name
    folder.mkdir(parents=True, exist_ok=True)
    template = files("evaluation.study").joinpath("template.yml").read_text(encoding="utf-8")
    path.write_text(template.replace("my_study", name), encoding="utf-8")
    return path, folder
