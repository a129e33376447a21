"""Encrypts what must not lie in the database in plain; the key never does.

The key comes from a setting, or from a file beside the data that is made when it is first needed.
"""

import logging
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from locum.domain.errors import Conflict
from locum.infra.problem import Problem

logger = logging.getLogger("locum.cipher")

KEY_FILE = "encryption.key"


class Cipher:
    """Encrypts with the first of its keys, and decrypts with any."""

    def __init__(self, keys: str) -> None:
        """`keys` are Fernet keys with commas between. Raises Problem where one is none."""
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",") if key.strip()])
        except ValueError as error:
            msg = "The encryption key is not a Fernet key: 32 bytes in URL-safe base64."
            raise Problem(msg) from error

    def encrypt(self, text: str) -> str:
        """The text as a token."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text in a token. Raises Conflict where none of the keys fits."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            msg = "The data cannot be decrypted: the server's encryption key is not the one that they were saved with."
            raise Conflict(msg) from error


def load_cipher(keys: str | None, directory: Path) -> Cipher:
    """The cipher of the keys given, or of the key file in the directory, which is made if it is not there."""
    return Cipher(keys or _key_of(directory / KEY_FILE))


def _key_of(path: Path) -> str:
    if not path.exists():
        _make_key(path)
    return path.read_text(encoding="ascii")


def _make_key(path: Path) -> None:
    """Write a fresh key, complete from the first moment that it can be seen; another process's stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    logger.warning(
        "a key to encrypt blocks with was made; keep a copy, without it they cannot be read. "
        "Servers that share a database need the same key: set LOCUM_ENCRYPTION_KEY",
        extra={"path": str(path)},
    )
