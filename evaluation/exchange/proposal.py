"""A proposed column map in words: YAML to paste into the study file, with a question wherever nothing was decided."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.errors import ReportError
from evaluation.exchange.assignment import Placed
from evaluation.exchange.mapping import Proposal
from evaluation.study.fields import mapped

SHAPES = "Samples show the shape of cells: A and a for letters, 9 for figures."


def as_yaml(proposal: Proposal) -> str:
    """The map as YAML: certain lines plain, the others as comments that ask."""
    return "\n".join([*_head(proposal), "columns:", *_columns(proposal), *_foot(proposal)]) + "\n"


def as_dict(proposal: Proposal) -> dict[str, Any]:
    """The map for programs."""
    found = asdict(proposal)
    found["columns"] = {item.field: item.heading for item in proposal.placed if item.certain}
    found["placed"] = [{**asdict(item), "certain": item.certain} for item in proposal.placed]
    return found


def write_proposal(proposal: Proposal, path: Path) -> None:
    """Write the map to a new file.

    Raises
    ------
    ReportError
        When the file exists, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(as_yaml(proposal))
    except FileExistsError:
        raise ReportError(f"{path.name}: exists already. Give another name with -o.") from None
    except OSError as error:
        raise ReportError(f"{path.name}: cannot be written ({error.strerror}).") from None


def _head(proposal: Proposal) -> Iterator[str]:
    sheet = f", sheet {proposal.sheet!r}" if proposal.sheet else ""
    yield f"# {proposal.file}{sheet}: headings in row {proposal.heading_row}, {proposal.rows:,} rows below."
    yield "# A proposal: look at every line before you use it. A line with # in front was not decided."
    if not proposal.kind_given:
        yield f"# Taken to be {proposal.kind}; --kind says otherwise."
    if proposal.alike:
        yield f"# These sheets have the same headings, and the map serves them too: {', '.join(proposal.alike)}."
    for heading in proposal.repeated:
        yield f"# Two columns are headed {heading!r}: rename one in the file, so that it is clear which is meant."
    yield f"# {SHAPES}"


def _columns(proposal: Proposal) -> Iterator[str]:
    order = [field.name for field in mapped(proposal.kind)]
    width = max((len(_line(item)) for item in proposal.placed), default=0)
    for item in sorted(proposal.placed, key=lambda found: order.index(found.field)):
        yield f"{_line(item):<{width}}  # {_reason(item)}"


def _line(item: Placed) -> str:
    line = f"{item.field}: {json.dumps(item.heading, ensure_ascii=False)}"
    return f"  {line}" if item.certain else f"  # {line}"


def _reason(item: Placed) -> str:
    reason = f"{item.confidence:.2f} by {item.why}; such as {', '.join(item.samples) or 'nothing: the column is empty'}"
    if item.certain:
        return reason
    return f"Is this right? {reason}" + (f"; {item.rival}" if item.rival else "")


def _foot(proposal: Proposal) -> Iterator[str]:
    for item in proposal.unplaced:
        heading = repr(item.heading) if item.heading else "a column without a heading"
        yield f"# Not placed: {heading}, such as {', '.join(item.samples) or 'nothing: the column is empty'}"
    if proposal.absent:
        yield f"# Not found: {', '.join(proposal.absent)}"
