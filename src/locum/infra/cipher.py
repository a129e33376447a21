"""Encrypts what must not lie in the database in plain."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from locum.domain.errors import Conflict
from locum.infra.keys import Keys


class Cipher:
    """Encrypts with the first of its keys, and decrypts with any."""

    def __init__(self, keys: Keys) -> None:
        """The keys are kept for as long as the cipher is."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

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
