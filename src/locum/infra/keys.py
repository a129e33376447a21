"""The server's secret keys, which are never in the database.

They come from a setting, or from a file beside the data that is made when it is first needed.
"""

import logging
import os
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from locum.infra.problem import Problem

logger = logging.getLogger("locum.keys")

KEY_FILE = "encryption.key"

Keys = tuple[bytes, ...]
"""Keys in the form that Fernet takes: what is new is made with the first, what is there was made with any."""


def load_keys(given: str | None, directory: Path) -> Keys:
    """The keys given, with commas between, or that of the key file in the directory, which is made if it is not there.

    Raises Problem where one is none.
    """
    keys = tuple(key.strip().encode() for key in (given or _kept(directory / KEY_FILE)).split(",") if key.strip())
    if not keys or not all(_is_key(key) for key in keys):
        raise Problem("The encryption key is not a Fernet key: 32 bytes in URL-safe base64.")
    return keys


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key for another purpose, from which the first cannot be told."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(urlsafe_b64decode(key))


def _is_key(key: bytes) -> bool:
    try:
        return len(urlsafe_b64decode(key)) == 32
    except Base64Error:
        return False


def _kept(path: Path) -> str:
    if not path.exists():
        _make_key(path)
    return path.read_text(encoding="ascii")


def _make_key(path: Path) -> None:
    """Write a fresh key, complete from the first moment that it can be seen; another process's stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.") as file:  # for its owner only
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:
            return
    logger.warning(
        "a key to encrypt blocks with was made; keep a copy, without it they cannot be read. "
        "Servers that share a database need the same key: set LOCUM_ENCRYPTION_KEY",
        extra={"path": str(path)},
    )
