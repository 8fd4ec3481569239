"""What is kept from run to run: the same store with and without it, nothing parsed twice, nobody to be read in it."""

import stat
from pathlib import Path

import pytest
from store_study import (
    FORENAMES,
    SURNAMES,
    copied,
    no_step,
    pupils,
    scores_after,
    under_keys_of,
    write_tiny,
)

from evaluation import sources
from evaluation.errors import SourceError
from evaluation.intake import take_in
from evaluation.link import pseudonym_key
from evaluation.receive import receive
from evaluation.store import Store, changes, write_store
from evaluation.store.withdrawn import read_withdrawals
from evaluation.study import Source, Study, load_study


def run(study: Study, root: Path) -> str:
    folder = root / "data" / "processed" / "tiny"
    tables = take_in(study, root, no_step)
    return write_store(folder, tables, changes(folder, tables))


def parquets(root: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in (root / "data" / "processed" / "tiny").glob("tables-*/*")
    }


def cleaned(root: Path) -> list[Path]:
    return sorted((root / "data" / "processed" / "tiny" / "cleaned").iterdir())


def watch(patch: pytest.MonkeyPatch) -> list[str]:
    """The files parsed from now on, as they are."""
    seen: list[str] = []
    whole = sources.read_source

    def watched(folder: Path, study: Study, source: Source) -> object:
        seen.append(Path(source.path).name)
        return whole(folder, study, source)

    patch.setattr(sources, "read_source", watched)
    return seen


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return watch(monkeypatch)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[str]]:
    """A project folder, to copy and not to change, after a first run: the store's hash, and the files parsed."""
    root = tmp_path_factory.mktemp("first") / "project"
    with under_keys_of(root) as patch:
        seen = watch(patch)
        return root, run(write_tiny(root), root), seen


@pytest.fixture
def study(first: tuple[Path, str, list[str]], root: Path) -> Study:
    """The study of a copy of that folder."""
    return load_study("tiny", copied(first[0], root))


def test_a_second_run_parses_nothing_and_its_store_is_the_same_to_the_byte(
    first: tuple[Path, str, list[str]], study: Study, root: Path, read: list[str]
) -> None:
    _, digest, parsed = first
    stored = parquets(root)
    assert sorted(parsed) == ["after.csv", "before.xlsx", "roll.csv"]
    assert run(study, root) == digest
    assert read == []
    assert parquets(root) == stored
    (root / "data" / "processed" / "tiny" / "store.json").unlink()
    run(study, root)
    assert read == []
    assert parquets(root) == stored


def test_what_was_kept_gives_the_store_that_a_run_without_it_gives(study: Study, root: Path) -> None:
    kept = take_in(study, root, no_step)
    for path in cleaned(root):
        path.unlink()
    anew = take_in(study, root, no_step)
    for name, folder in (("kept", kept), ("anew", anew)):
        write_store(root / name, folder)
    both = [{p.name: p.read_bytes() for p in (root / name).glob("tables-*/*")} for name in ("kept", "anew")]
    assert both[0] == both[1]
    assert len(both[0]) == len(anew)


def test_two_processes_give_the_same_store(study: Study, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = parquets(root)
    for path in cleaned(root):
        path.unlink()
    monkeypatch.setattr(sources, "SHARED_FROM", 1)
    run(study, root)
    assert parquets(root) == stored
    (root / "data" / "raw" / "tiny" / "after.csv").write_text("UPN,Score\n")
    with pytest.raises(SourceError, match=r"after[.]csv"):
        run(study, root)


def test_only_what_changed_is_parsed_again(
    study: Study, root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(write_tiny(root, scores_after()[:-1]), root, no_step)
    assert read == ["after.csv"]
    read.clear()
    changed = study.sources[1].model_copy(update={"year_group": "4"})
    turned = study.model_copy(update={"sources": (study.sources[0], changed, study.sources[2])})
    receive(turned, root, no_step)
    assert read == ["before.xlsx"]
    read.clear()
    receive(study.model_copy(update={"year_groups": ("3", "4")}), root, no_step)
    assert len(read) == 3
    read.clear()
    monkeypatch.setattr("evaluation.store.cache.code_hash", lambda: "other code")
    receive(study, root, no_step)
    assert len(read) == 3
    assert len(cleaned(root)) == 3  # what no run uses any more is gone


def test_what_was_kept_before_somebody_was_withdrawn_is_not_used(
    study: Study, root: Path, read: list[str]
) -> None:
    """Otherwise a pupil would come back from what was kept, whatever the list says."""
    gone = pupils()[0][0]
    read_withdrawals(root, "tiny", pseudonym_key("tiny")).add({f"upn|{gone}"}, "2026-01-01")
    tables = take_in(study, root, no_step)
    assert len(read) == 3
    assert tables["pupils"]["pupil"].nunique() == len(pupils()) - 1
    assert (tables["issues"]["rule"] == "withdrawn").sum() == 3


def test_nobody_can_be_read_in_what_is_kept_and_only_its_owner_can_open_it(
    first: tuple[Path, str, list[str]],
) -> None:
    root, *_ = first
    assert len(cleaned(root)) == 3
    assert stat.S_IMODE(cleaned(root)[0].parent.stat().st_mode) == 0o700
    for path in cleaned(root):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        content = path.read_bytes()
        names = [*FORENAMES, *SURNAMES.values(), *(pupil[0] for pupil in pupils() if pupil[0])]
        assert not [name for name in names if name.encode() in content]


@pytest.mark.parametrize("how", ["cut short", "a bit", "another key"])
def test_an_entry_that_cannot_be_read_is_made_again(
    first: tuple[Path, str, list[str]],
    study: Study,
    root: Path,
    read: list[str],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    path = cleaned(root)[0]
    content = bytearray(path.read_bytes())
    if how == "cut short":
        path.write_bytes(content[:-100])
    elif how == "a bit":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    else:
        monkeypatch.setenv("EVALUATION_KEYS", f"{tmp_path}-others")
    assert run(study, root) == first[1]
    assert len(read) == (3 if how == "another key" else 1)
    if how == "another key":  # the same content, under other pseudonyms
        assert Store(root / "data" / "processed" / "tiny").read("changes")["added"].sum() > 0
