"""Read a study file; every error names the file, the line and the nearest valid choice."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evaluation.errors import StudyError, nearest
from evaluation.study.check_measures import measure_faults
from evaluation.study.layouts import BUILT_IN, CELL, HEADING
from evaluation.study.model import Study, known_columns

MAXIMUM_BYTES = 1_000_000
Loc = Sequence[int | str]


def find_root(start: Path | None = None) -> Path:
    """The project folder: the nearest folder, from `start` upwards, that holds `params/`.

    Raises
    ------
    StudyError
        When no folder upwards of `start` holds `params/`.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "params").is_dir():
            return folder
    raise StudyError(
        "No params/ folder here or above. Run this from the project folder, or give the path of a study file."
    )


def study_root(study: str) -> Path:
    """The project folder of a study: that of its file where a path is given, else that of the working folder."""
    return find_root(study_path(study).parent if _is_path(study) else None)


def _is_path(study: str) -> bool:
    return study.endswith((".yml", ".yaml")) or "/" in study or "\\" in study


def study_path(study: str, root: Path | None = None) -> Path:
    """The study file for a name under `params/`, or for a path."""
    if _is_path(study):
        path = Path(study)
        if not path.is_file():
            raise StudyError(f"{study}: no such study file.")
        return path.resolve()
    folder = (root or find_root()) / "params"
    path = folder / f"{study}.yml"
    if not path.is_file():
        names = sorted(item.stem for item in folder.glob("*.yml"))
        raise StudyError(
            f"No study called {study!r} in params/.{nearest(study, names)} Studies here: {', '.join(names) or 'none'}."
        )
    return path


def load_study(study: str, root: Path | None = None) -> Study:
    """Read and check the study file named `study` (a name under `params/`, or a path).

    Raises
    ------
    StudyError
        When the file is missing, is not YAML, or breaks a rule; all faults are listed, each with its line.
    """
    path = study_path(study, root)
    shown = f"{path.parent.name}/{path.name}"
    node, data = _read_yaml(path, shown)
    try:
        loaded = Study.model_validate(data)
    except ValidationError as error:
        faults = [_fault(shown, node, data, item) for item in error.errors()]
        raise StudyError("\n".join(dict.fromkeys(faults))) from None
    problems = [f"{shown}:{_line(node, loc)}: {message}" for loc, message in _references(loaded, path)]
    if problems:
        raise StudyError("\n".join(problems))
    return loaded


def _read_yaml(path: Path, shown: str) -> tuple[yaml.Node, Any]:
    content = path.read_bytes()
    if len(content) > MAXIMUM_BYTES:
        raise StudyError(f"{shown}: larger than a study file should be ({MAXIMUM_BYTES:,} bytes at most).")
    try:
        text = content.decode("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = None if node is None else yaml.SafeLoader("").construct_document(node)
    except UnicodeDecodeError:
        raise StudyError(f"{shown}: not UTF-8 text. Save it again as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise StudyError(
            f"{shown}:{line}: not valid YAML: {error.problem or error.context}. Check indents, colons and quotes."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise StudyError(f"{shown}: not valid YAML: {error}.") from None
    if node is None or not isinstance(data, dict):
        raise StudyError(
            f"{shown}: empty, or not a list of `key: value` lines. `evaluation new` writes one to start from."
        )
    try:
        repeated = next(_repeated_keys(node), None)
    except RecursionError:
        raise StudyError(
            f"{shown}: an alias (*) in it refers to itself. Write the part out instead."
        ) from None
    if repeated is not None:
        raise StudyError(
            f"{shown}:{repeated[1]}: {repeated[0]!r} is given twice in the same place; keep one."
        )
    return node, data


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _line(node: yaml.Node, loc: Loc) -> int:
    """The line of the deepest part of `loc` that the file holds."""
    line = node.start_mark.line + 1
    for step in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _fault(shown: str, node: yaml.Node, data: Any, error: ErrorDetails) -> str:
    loc = [step for step in error["loc"] if step != "[key]"]
    where = f"{shown}:{_line(node, loc)}: "
    name = ".".join(str(step) for step in loc)
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        keys = _keys_at(loc[:-1])
        return (
            f"{where}unknown key {str(loc[-1])!r}.{nearest(str(loc[-1]), keys)} Keys here: {', '.join(keys)}."
        )
    if kind == "missing":
        return f"{where}{name!r} is missing."
    if kind == "string_type":
        return f"{where}{name} must be text, but YAML reads this as {_yaml_kind(value)}: put it in quotes."
    if kind == "literal_error":
        choices = [part.strip(" '") for part in error["ctx"]["expected"].replace(" or ", ",").split(",")]
        return f"{where}{name} is {value!r}.{nearest(str(value), choices)} Choices: {', '.join(choices)}."
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}{name + ': ' if name else ''}{message[0].lower()}{message[1:]}."


def _yaml_kind(value: Any) -> str:
    if isinstance(value, bool):
        return f"true or false ({str(value).lower()})"
    if value is None:
        return "empty"
    return "a number or a date" if not isinstance(value, (dict, list)) else "a list or a group of keys"


def _keys_at(loc: Loc) -> list[str]:
    """The keys the models allow at `loc`."""
    current: Any = Study
    for step in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            current = current.model_fields[str(step)].annotation
            options = [item for item in get_args(current) if item is not type(None)]
            current = options[0] if type(None) in get_args(current) else current
        else:
            current = [item for item in get_args(current) if item is not Ellipsis][-1]
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _references(study: Study, path: Path) -> Iterator[tuple[Loc, str]]:
    """Names that point at something the file does not define."""
    if study.study != path.stem:
        yield ("study",), f"study is {study.study!r} but the file is called {path.name}; make them agree."
    names = {
        "wave": [item.name for item in study.waves],
        "instrument": [item.name for item in study.instruments],
        "layout": [*study.layouts, *BUILT_IN],
    }
    uses: list[tuple[Loc, str, str | None]] = []
    for index, source in enumerate(study.sources):
        uses += [(("sources", index, what), what, getattr(source, what)) for what in names]
    for key, outcome in study.analysis.outcomes.items():
        uses += [
            (("analysis", "outcomes", key, what), what, getattr(outcome, what))
            for what in ("wave", "instrument")
        ]
    for loc, what, value in uses:
        if value and value not in names[what]:
            yield (
                loc,
                f"no {what} is called {value!r}.{nearest(value, names[what])} Defined: {', '.join(names[what]) or 'none'}.",
            )
    yield from _mapped_columns(study)
    yield from _year_groups(study)
    yield from measure_faults(study)


def _mapped_columns(study: Study) -> Iterator[tuple[Loc, str]]:
    if study.schools is not None:
        known = known_columns(study, "schools")
        for key in study.schools.columns:
            if key in known:
                continue
            yield ("schools", "columns", key), _unknown_column(key, known)
    for name, layout in study.layouts.items():
        if {HEADING, CELL} & set(layout.values()):
            yield (
                ("layouts", name),
                f"{HEADING} and {CELL} belong in a source's own columns, beside its across.",
            )
    for index, source in enumerate(study.sources):
        known = known_columns(study, source.kind)
        for key in study.columns(source):
            if key not in known:
                loc = (
                    ("sources", index, "columns")
                    if key in source.columns
                    else ("layouts", source.layout or "")
                )
                yield (*loc, key), _unknown_column(key, known)


def _unknown_column(key: str, known: Sequence[str]) -> str:
    return f"{key!r} is not a column the library knows.{nearest(key, known)} Columns: {', '.join(known)}."


def _year_groups(study: Study) -> Iterator[tuple[Loc, str]]:
    used: list[tuple[Loc, str]] = [
        (("sources", index, "year_group"), source.year_group)
        for index, source in enumerate(study.sources)
        if source.year_group is not None
    ]
    used += [
        (("analysis", "population", "year_groups", index), value)
        for index, value in enumerate(study.analysis.population.year_groups or ())
    ]
    for loc, value in used:
        if value not in study.year_groups:
            yield (
                loc,
                f"year group {value!r} is not in this study. Year groups: {', '.join(study.year_groups)}.",
            )
