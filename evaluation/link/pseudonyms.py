"""Pseudonyms, and the secret key they are made with."""

import hmac
import os
import secrets
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
        When the file cannot be made or read, or is not such a key.
    """
    path = key_path(study)
    try:
        if not path.exists():
            _make_key(path.parent, path)
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
