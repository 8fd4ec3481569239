"""The end of retention: everything derived from a study goes, and its pseudonym key with it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import StoreError
from evaluation.link import key_path
from evaluation.store.withdrawn import Withdrawals
from evaluation.study import Study


@dataclass(frozen=True, slots=True)
class Ended:
    """What was removed, and what is left."""

    removed: tuple[str, ...]
    left: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """The same for a person."""
        yield from (f"removed: {what}" for what in self.removed)
        yield f"Left of the study under data/processed and reports: {', '.join(self.left) or 'nothing'}."
        yield "Raw files, the study file and copies that have left this folder are for their owners to deal with."

    @property
    def fault(self) -> StoreError | None:
        """The error to end with when something is left."""
        return StoreError("Something is left: see above. Run this again.") if self.left else None


@dataclass(frozen=True, slots=True)
class Retention:
    """A study whose retention is to end."""

    study: Study
    root: Path

    @property
    def folders(self) -> list[Path]:
        """The study's folders of what was derived."""
        name = self.study.study
        return [self.root / "data" / "processed" / name, self.root / "reports" / name]

    def lines(self) -> Iterator[str]:
        """What would be done, for a person."""
        for folder in self.folders:
            files = sum(path.is_file() for path in folder.rglob("*"))
            yield f"to be removed: {folder.relative_to(self.root).as_posix()} ({files:,} files)"
        yield "to be removed: the study's pseudonym key, without which no pseudonym can be made again"
        raw = self.root / "data" / "raw" / self.study.study
        files = sum(path.is_file() for path in raw.rglob("*"))
        yield f"not touched: {files:,} raw files in data/raw/{self.study.study}"
        yield "Nothing of the study is taken in from then on."

    def end(self, day: str) -> Ended:
        """End retention on that day, yyyy-mm-dd. Interrupted, it can be done again.

        Raises
        ------
        StoreError
            When something cannot be removed.
        """
        name = self.study.study
        Withdrawals(self.root / "params" / f"{name}.withdrawn.json", name, b"").close(day)
        removed = []
        try:
            for folder in self.folders:
                if folder.exists():
                    shutil.rmtree(folder)
                    removed.append(folder.relative_to(self.root).as_posix())
            if key_path(name).exists():
                key_path(name).unlink()
                removed.append("the study's pseudonym key")
        except OSError as error:
            raise StoreError(
                f"Not all could be removed ({error.strerror}). Close it elsewhere and run this again."
            ) from None
        return Ended(
            tuple(removed), tuple(f.relative_to(self.root).as_posix() for f in self.folders if f.exists())
        )
