"""What every part of the study file is made of: strict models, names, texts and paths."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(strict=True, min_length=1)]


def _inside(path: str) -> str:
    """A path inside the study's folder of raw files, with forward slashes."""
    if "\\" in path:
        raise ValueError("write paths with / between folders")
    if path.startswith("/") or ":" in path or ".." in path.split("/"):
        raise ValueError("give the path inside the study's folder under data/raw/")
    return path


RelativePath = Annotated[str, StringConstraints(strict=True, min_length=1), AfterValidator(_inside)]


class Part(BaseModel):
    """A part of the study file: unknown keys are errors, values are never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
