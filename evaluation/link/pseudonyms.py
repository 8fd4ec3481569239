"""Pseudonyms, and the secret key they are made with."""

import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

from evaluation.errors import StoreError

KEY_BYTES = 32


def pseudonym(key: bytes, study: str, identity: str) -> str:
    """First 16 hexadecimal figures of the HMAC-SHA256 of study and identity: the same wherever the key is."""
    return hmac.digest(key, f"{study}|{identity}".encode(), "sha256").hex()[:16]


def pseudonym_key(study: str) -> bytes:
    """The study's secret key, made on first use: 32 random bytes in a file only its owner may read.

    The file is <study>.key in the folder $EVALUATION_KEYS, else ~/.config/evaluation/keys.

    Raises
    ------
    StoreError
        When the file cannot be made or read, is not such a key, lies in the project's folder or a git work tree, or
        others on this machine can read it.
    """
    path = key_path(study)
    _refuse_place(path)
    try:
        if not path.exists():
            _make_key(path.parent, path)
        _refuse_readers(path)
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: the pseudonym key cannot be made or read ({error.strerror}).") from None
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"{path}: not a pseudonym key of {KEY_BYTES} bytes. Put the key back from your copy of it."
        )
    return key


def key_path(study: str) -> Path:
    """Where the study's key is, or will be."""
    folder = Path(os.environ.get("EVALUATION_KEYS") or Path.home() / ".config" / "evaluation" / "keys")
    return folder / f"{study}.key"


def _refuse_place(path: Path) -> None:
    """With the key, whoever is given the project's folder could match pseudonyms to pupil numbers."""
    for folder in path.resolve().parents:
        inside = "a git work tree" if (folder / ".git").exists() else "a project's folder"
        if inside == "a git work tree" or (folder / "params").is_dir():
            raise StoreError(
                f"{path}: a pseudonym key may not lie in {inside} ({folder}), where it could be copied or committed with the "
                "rest. Move it out, and point EVALUATION_KEYS to its folder; without EVALUATION_KEYS, that is "
                "~/.config/evaluation/keys."
            )


def _refuse_readers(path: Path) -> None:
    """Files have an owner and others on POSIX alone; elsewhere the folder's own permissions must do."""
    if os.name != "posix":
        return
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(
            f"{path}: others on this machine can read or change the pseudonym key. Make it yours alone: chmod 600 {path}"
        )
    if path.parent.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(
            f"{path.parent}: others on this machine can put another key in place of the pseudonym key. "
            f"Make the folder yours alone: chmod 700 {path.parent}"
        )


def _make_key(folder: Path, path: Path) -> None:
    """Written aside and linked into place, so that two first runs at once end with one key."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, aside = tempfile.mkstemp(dir=folder, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        Path(path).hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink()
