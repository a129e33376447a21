"""Queries of text searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.domain.search import Search, parse_search


class TestParse:
    @pytest.mark.parametrize(
        ("query", "search"),
        [
            ("", Search()),
            ("  \t ", Search()),
            ("one two", Search(include=["one", "two"])),
            ("-one !two +three four", Search(include=["four"], exclude=["one", "two"], required=["three"])),
            ('"one two" -"three four"', Search(include=["one two"], exclude=["three four"])),
            ('"never closed', Search(include=["never closed"])),
            ('"a \\"quoted\\" word" "a\\\\b" "a\\n"', Search(include=['a "quoted" word', "a\\b", "a\\n"])),
            ("- one + two", Search(include=["one", "two"])),
            ("--one a-b", Search(include=["a-b"], exclude=["-one"])),
            ('one"two"', Search(include=["one", "two"])),
            ('"" -"" " "', Search()),
        ],
    )
    def test_examples(self, query: str, search: Search):
        assert parse_search(query) == search

    @given(st.text(alphabet='ab -!+"\\\t%', max_size=200))
    def test_nothing_is_malformed(self, query: str):
        search = parse_search(query)
        assert all(word.strip() for word in (*search.include, *search.exclude, *search.required))


class TestFound:
    @pytest.mark.parametrize(
        ("query", "found"),
        [("", True), ("TWO", True), ("four two", True), ("four", False), ("two -one", False), ("+one +four", False)],
    )
    def test_found_in(self, query: str, found: bool):
        assert parse_search(query).found_in("One two three") is found
