"""What is hidden of a block document."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from locum.domain.blocks.secrets import HIDDEN, hide, keep_hidden, plain_texts

DATA: dict[str, Any] = {"key": "s", "more": {"deep": 1, "plain": 2}, "all": {"a": "s", "b": {"c": [1]}}, "empty": {}}
SECRET = ["key", "more.deep", "all.*", "nowhere.else"]

names = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
documents = st.dictionaries(names, values, max_size=3)
secrets = st.lists(st.lists(names | st.just("*"), min_size=1, max_size=3).map(".".join), max_size=3)


def test_secrets_are_hidden_wherever_they_lie():
    assert hide(DATA, SECRET) == {
        "key": HIDDEN,
        "more": {"deep": HIDDEN, "plain": 2},
        "all": {"a": HIDDEN, "b": {"c": HIDDEN}},
        "empty": {},
    }


def test_new_values_replace_hidden_ones_only_where_they_are_new():
    sent = hide(DATA, SECRET)
    assert keep_hidden(sent, DATA, SECRET) == DATA
    sent["key"] = "new"
    assert keep_hidden(sent, DATA, SECRET) == {**DATA, "key": "new"}
    assert keep_hidden({"all": {"x": HIDDEN}}, DATA, SECRET) == {"all": {"x": HIDDEN}}


def test_what_is_told_to_everybody():
    assert plain_texts({"a": "x", "b": 1, "key": "s"}, SECRET) == {"a": "x"}


@given(documents, secrets)
def test_nothing_else_is_changed(data: dict[str, Any], secret: list[str]):
    hidden = hide(data, secret)
    assert hide(data, []) == data
    assert hide(hidden, secret) == hidden


@given(documents, secrets)
def test_sending_back_what_was_read_changes_nothing(data: dict[str, Any], secret: list[str]):
    assert keep_hidden(hide(data, secret), data, secret) == data
