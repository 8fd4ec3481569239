"""One list of dependencies: pyproject.toml; the lock and the conda front agree with it."""

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FIXED = ["jupyterlab", "pandas", "seaborn", "statsmodels", "papermill", "nbconvert", "pytest", "nbval"]


def dependencies() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = project["dependencies"] + project["optional-dependencies"]["test"]
    return {re.split(r"[\[><=]", item)[0].lower(): item for item in listed}


def locked() -> dict[str, set[str]]:
    """Each package's pinned versions: more than one where they differ by Python's version."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if match := re.match(r"([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", line):
            pins.setdefault(match[1], set()).add(match[2])
    return pins


def test_every_dependency_is_locked_with_a_hash() -> None:
    pins = locked()
    assert set(dependencies()) <= set(pins)
    text = (ROOT / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert len(blocks) == sum(len(versions) for versions in pins.values())
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_lock_names_no_host() -> None:
    assert not re.search(r"https?://|index-url|find-links", (ROOT / "requirements.lock").read_text())


def test_the_locked_versions_are_the_installed_ones() -> None:
    from importlib.metadata import version

    pins = locked()
    assert [name for name in dependencies() if version(name) not in pins[name]] == []


def test_the_conda_front_asks_for_what_pyproject_asks_for() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [item for item in environment if isinstance(item, str)]
    pip = next(item["pip"] for item in environment if isinstance(item, dict))
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert conda == [f"python{python}", "pip", *(dependencies()[name] for name in FIXED)]
    assert pip == ["--editable .[test]"]


def test_the_makefile_stays_small() -> None:
    assert len((ROOT / "Makefile").read_text().splitlines()) <= 60


def check_raw_data():
    spec = importlib.util.spec_from_file_location("check_raw_data", ROOT / ".ci" / "check_raw_data.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_raw_data_not_listed_in_sources_are_refused() -> None:
    sources = (ROOT / "data" / "SOURCES.md").read_text()
    tracked = ["data/raw/star/star_kindergarten.csv", "data/raw/mine/pupils.csv", "data/SOURCES.md"]
    assert check_raw_data().unlisted(tracked, sources) == ["data/raw/mine/pupils.csv"]


def test_raw_data_are_found_by_git_whatever_their_name(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "SOURCES.md").write_text("| `data/raw/listed.csv` |")
    (tmp_path / "data" / "raw" / "listed.csv").write_text("a")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "add", "."], check=True)
    assert check_raw_data().main() == 0
    (tmp_path / "data" / "raw" / "écoles.csv").write_text("a")
    subprocess.run(["git", "add", "."], check=True)
    assert check_raw_data().main() == 1


def test_no_raw_data_in_the_folder_that_git_would_take_unlisted() -> None:
    sources = (ROOT / "data" / "SOURCES.md").read_text()
    committed = [f"data/raw/star/{path.name}" for path in (ROOT / "data/raw/star").iterdir()]
    assert committed
    assert check_raw_data().unlisted(committed, sources) == []
