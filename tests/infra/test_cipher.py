"""Encryption, and where its key comes from."""

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from locum.domain.errors import Conflict
from locum.infra.cipher import KEY_FILE, Cipher, load_cipher
from locum.infra.problem import Problem


def _key() -> str:
    return Fernet.generate_key().decode()


def test_what_was_encrypted_is_read_again():
    cipher = Cipher(_key())
    token = cipher.encrypt("é☃")
    assert "é" not in token
    assert cipher.decrypt(token) == "é☃"


def test_a_new_key_comes_first_and_the_old_one_still_reads():
    old, new = _key(), _key()
    token = Cipher(old).encrypt("x")
    both = Cipher(f"{new}, {old}")
    assert both.decrypt(token) == "x"
    with pytest.raises(Conflict):
        Cipher(old).decrypt(both.encrypt("x"))


@pytest.mark.parametrize("keys", ["short", ",", "é" * 44])
def test_what_is_no_key(keys: str):
    with pytest.raises(Problem):
        Cipher(keys)


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    token = load_cipher(None, tmp_path / "home").encrypt("x")
    path = tmp_path / "home" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(caplog.records) == 1
    assert load_cipher(None, tmp_path / "home").decrypt(token) == "x"
    assert len(caplog.records) == 1
    assert [each.name for each in path.parent.iterdir()] == [KEY_FILE]


def test_a_key_given_needs_no_file(tmp_path: Path):
    load_cipher(_key(), tmp_path)
    assert list(tmp_path.iterdir()) == []
