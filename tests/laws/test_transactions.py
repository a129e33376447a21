"""Law 5: one request, or one batch of a loop or a socket, is one transaction.

The edge opens it and commits. A command that can often do with one statement alone may take the `Db` instead and hand
its whole work to `transact` when it cannot; then that command is the edge of its transaction.
"""

import ast

from tests.laws.sources import called, of_features

ANYWHERE = {"begin", "commit", "rollback", "transaction"}
SMALL = ANYWHERE | {"tx", "transact"}
ROOMS = {
    **dict.fromkeys(("sockets", "loops"), ANYWHERE),
    **dict.fromkeys(("routes", "rules", "lifecycle", "store", "schemas"), SMALL),
}
COMMANDS_AND_TOPICS = ANYWHERE | {"tx"}


def test_nothing_commits_off_the_edge():
    off_the_edge = [
        source.at(node)
        for _, room, source in of_features()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and called(node) in ROOMS.get(room, COMMANDS_AND_TOPICS)
    ]
    assert off_the_edge == []
