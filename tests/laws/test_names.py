"""Law 12: names by responsibility, and one word for one room."""

import re

from tests.laws.sources import ROOT, below, everything, of_features

EMPTY_WORDS = {"utils", "util", "utilities", "common", "helpers", "helper", "manager", "managers", "misc", "tools"}

ROOMS = {"routes", "sockets", "loops", "commands", "rules", "lifecycle", "store", "schemas"}

OTHER_WORDS_FOR_ROOMS = {
    *("api", "endpoints", "handlers", "views", "controllers"),  # routes
    *("websockets", "streams"),  # sockets
    *("tasks", "jobs", "services", "service", "background"),  # loops
    *("actions_", "usecases", "logic", "operations"),  # commands
    *("guards", "orchestration", "policies"),  # rules, policy
    *("queries", "crud", "repository", "dao", "sql", "db", "models"),  # store
    *("types", "dto", "serializers", "schema"),  # schemas
}


def test_no_module_has_an_empty_name():
    empty = [
        source.name for source in everything() if EMPTY_WORDS & {*source.path.with_suffix("").parts[len(ROOT.parts) :]}
    ]
    assert empty == []


def test_rooms_have_one_name():
    named_otherwise = [source.name for _, room, source in of_features() if room in OTHER_WORDS_FOR_ROOMS]
    assert named_otherwise == [], f"the rooms of a feature are {sorted(ROOMS)}, and topic modules"


def test_modules_open_with_one_sentence():
    def opens(text: str) -> bool:
        first = text.lstrip().split("\n", 1)[0]
        return bool(re.match(r'("""|#!/)\S', first))

    assert [source.name for source in below("src", "bench") if source.text and not opens(source.text)] == []
