"""Encryption."""

import pytest
from cryptography.fernet import Fernet

from locum.domain.errors import Conflict
from locum.infra.cipher import Cipher


def test_what_was_encrypted_is_read_again():
    cipher = Cipher((Fernet.generate_key(),))
    token = cipher.encrypt("é☃")
    assert "é" not in token
    assert cipher.decrypt(token) == "é☃"


def test_a_new_key_comes_first_and_the_old_one_still_reads():
    old, new = Fernet.generate_key(), Fernet.generate_key()
    token = Cipher((old,)).encrypt("x")
    both = Cipher((new, old))
    assert both.decrypt(token) == "x"
    with pytest.raises(Conflict):
        Cipher((old,)).decrypt(both.encrypt("x"))
