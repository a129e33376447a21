"""Law 3: a file is a room one can know."""

from tests.laws.sources import everything

LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def test_no_file_is_too_long():
    lengths = {source.name: len(source.text.splitlines()) for source in everything()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long():
    long = [
        source.at(function)
        for source in everything()
        for function in source.functions()
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []
