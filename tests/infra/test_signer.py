"""Signed tokens: what was signed is read again, and nothing else is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.fernet import Fernet
from hypothesis import assume, given
from hypothesis import strategies as st

from locum.infra.signer import Forged, Signer

KEY, OLD = Fernet.generate_key(), Fernet.generate_key()
SIGNER = Signer((KEY,), "purpose")


@given(st.binary())
def test_what_was_signed_is_read_again(content: bytes):
    assert SIGNER.content(SIGNER.sign(content)) == content
    assert Signer((KEY,), "purpose").content(SIGNER.sign(content)) == content


@given(st.binary(max_size=80), st.data())
def test_any_character_changed_is_refused(content: bytes, data: st.DataObject):
    token = SIGNER.sign(content)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.one_of(st.sampled_from("AB_-+/=. ~\x00é"), st.characters()))
    assume(other != token[place])
    with pytest.raises(Forged):
        SIGNER.content(token[:place] + other + token[place + 1 :])


@given(st.binary(max_size=80), st.data())
def test_any_bit_changed_is_refused(content: bytes, data: st.DataObject):
    raw = bytearray(urlsafe_b64decode(SIGNER.sign(content) + "=="))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Forged):
        SIGNER.content(urlsafe_b64encode(raw).rstrip(b"=").decode())


@given(st.binary(max_size=80), st.data())
def test_what_was_cut_off_or_added_is_refused(content: bytes, data: st.DataObject):
    token = SIGNER.sign(content)
    with pytest.raises(Forged):
        SIGNER.content(token[: data.draw(st.integers(0, len(token) - 1))])
    with pytest.raises(Forged):
        SIGNER.content(token + data.draw(st.text(min_size=1)))


@given(st.text())
def test_what_is_made_up_is_refused(token: str):
    with pytest.raises(Forged):
        SIGNER.content(token)


def test_another_key_or_purpose_is_no_good():
    token = SIGNER.sign(b"x")
    for other in (Signer((OLD,), "purpose"), Signer((KEY,), "other")):
        with pytest.raises(Forged):
            other.content(token)


def test_the_first_key_signs_and_all_are_heeded():
    both = Signer((KEY, OLD), "purpose")
    assert both.content(Signer((OLD,), "purpose").sign(b"x")) == b"x"
    assert both.sign(b"x") == SIGNER.sign(b"x")
