"""Signs what is given to clients to bring back, so that nothing can be made up or changed on the way."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from locum.infra.keys import Keys, derived

_LENGTH = 32


class Forged(Exception):
    """A token that was not made here."""


class Signer:
    """Makes tokens that fit a URL and tell their content to anybody; signs with the first of its keys, heeds any.

    Any replica with the same keys takes them, before and after a restart.
    """

    def __init__(self, keys: Keys, purpose: str) -> None:
        """What was signed for one purpose is no good for another; the version of the content is part of it."""
        self._keys = [derived(key, purpose.encode()) for key in keys]

    def sign(self, content: bytes) -> str:
        """The content as a token."""
        return _encoded(_signature(self._keys[0], content) + content)

    def content(self, token: str) -> bytes:
        """The content of a token. Raises Forged."""
        try:
            signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (Base64Error, ValueError) as error:
            raise Forged from error
        signature, content = signed[:_LENGTH], signed[_LENGTH:]
        # Decoding passes over what is not base64 and over spare bits, so another text may hold the same bytes.
        if _encoded(signed) != token or not any(
            hmac.compare_digest(_signature(key, content), signature) for key in self._keys
        ):
            raise Forged
        return content


def _signature(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, "sha256")


def _encoded(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
