"""Where the server's keys come from."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from locum.infra.keys import KEY_FILE, derived, load_keys
from locum.infra.problem import Problem


@pytest.mark.parametrize("keys", ["short", ",", "é" * 44, "A" * 44, "A" * 41])
def test_what_is_no_key(keys: str, tmp_path: Path):
    with pytest.raises(Problem):
        load_keys(keys, tmp_path)


def test_several_keys(tmp_path: Path):
    first, second = Fernet.generate_key(), Fernet.generate_key()
    assert load_keys(f" {first.decode()}, {second.decode()},", tmp_path) == (first, second)
    assert list(tmp_path.iterdir()) == []


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    keys = load_keys(None, tmp_path / "home")
    path = tmp_path / "home" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(caplog.records) == 1
    assert load_keys(None, tmp_path / "home") == keys
    assert len(caplog.records) == 1
    assert [each.name for each in path.parent.iterdir()] == [KEY_FILE]


def test_all_who_make_the_key_file_at_once_have_the_same_key(tmp_path: Path):
    """Threads have one process id, as the first processes of containers have."""
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(load_keys, [None] * 64, [tmp_path] * 64))
    assert keys == {load_keys(None, tmp_path)}
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_a_derived_key_is_its_purpose_s_own():
    key = Fernet.generate_key()
    assert derived(key, b"a") == derived(key, b"a") != derived(key, b"b")
    assert derived(key, b"a") != derived(Fernet.generate_key(), b"a")
    assert len(derived(key, b"a")) == 32
