"""The pages of docs/ say what is so: their code runs and prints what stands under it, their links and files exist."""

import contextlib
import io
import re
import shutil
import subprocess
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
RUN = (
    "methods",
    "limitations",
    "for-users-of-lme4",
    "for-users-of-eefAnalytics",
    "for-users-of-statsmodels",
    "scores",
)
R_PAGE = "for-users-of-lme4"
R_PACKAGES = ("lme4", "lmerTest", "pbkrtest", "clubSandwich")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:benchmarks|data|docs|evaluation|notebooks|tests)/[\w./-]+)`")
pages = pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, and the output that stands under it: None where a page shows none."""

    code: str
    output: str | None


def blocks(page: str, language: str) -> list[Block]:
    """A page's code blocks of a language; a `text` block that follows one is its output."""
    fences = FENCE.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))
    following = [*fences[1:], ("", "")]
    return [
        Block(code, text if kind == "text" else None)
        for (name, code), (kind, text) in zip(fences, following, strict=True)
        if name == language
    ]


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def numbers(text: str) -> list[float]:
    """What R prints, but for its layout and last digits, which differ between versions."""
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w)", text)]


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The names that GitHub gives a page's headings: lower case, spaces as dashes, no other punctuation."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", RUN)
def test_python_runs_and_prints_what_the_page_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    namespace: dict[str, object] = {}
    found = blocks(page, "python")
    assert found
    with warnings.catch_warnings():  # what a page silences stays silent to its end
        for block in found:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.code, page, "exec"), namespace)
            if block.output is not None:
                assert lines(printed.getvalue()) == lines(block.output), block.code


@pytest.mark.r
def test_r_runs_and_prints_what_the_page_says() -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    wanted = f"stopifnot(all(sapply(c{R_PACKAGES!r}, requireNamespace, quietly = TRUE)))"
    if subprocess.run(["Rscript", "-e", wanted], capture_output=True, check=False).returncode:
        pytest.skip(f"R lacks one of {', '.join(R_PACKAGES)}")
    found, mark = blocks(R_PAGE, "r"), "=== end of block ==="
    script = "".join(f'{block.code}\ncat("{mark}\\n")\n' for block in found)
    command = ["Rscript", "-e", "options(width = 100)", "-e", script]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    for block, printed in zip(found, answer.stdout.split(f"{mark}\n"), strict=False):
        if block.output is not None:
            assert numbers(printed) == pytest.approx(numbers(block.output), rel=1e-4, abs=2e-3), block.code


@pages
def test_links_resolve(page: str) -> None:
    for link in LINK.findall(prose(DOCS / page)):
        if not link.startswith("https://"):
            target, _, anchor = link.partition("#")
            path = (DOCS / target).resolve() if target else DOCS / page
            assert path.exists(), link
            assert not anchor or anchor in anchors(path), link


@pages
def test_files_named_exist(page: str) -> None:
    named = FILE.findall((DOCS / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pages
def test_a_page_names_no_machine(page: str) -> None:
    assert not re.search(r"/(home|work|tmp|root|Users)/", (DOCS / page).read_text(encoding="utf-8"))
