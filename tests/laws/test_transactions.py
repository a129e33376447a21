"""Law 5: one request, or one batch of a loop or a socket, is one transaction.

The edge opens it and commits. A command that can often do with one statement alone may take the `Db` instead and hand
its whole work to `transact` when it cannot; then that command is the edge of its transaction.
"""

import ast

from tests.laws.sources import called, of_features

EVERYWHERE = {"begin", "commit", "rollback", "transaction"}
OFF_THE_EDGE = {
    "sockets": EVERYWHERE,
    "loops": EVERYWHERE,
    "commands": EVERYWHERE | {"tx"},
}
INSIDE = EVERYWHERE | {"tx", "transact"}


def test_nothing_commits_off_the_edge():
    off_the_edge = [
        source.at(node)
        for _, room, source in of_features()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and called(node) in OFF_THE_EDGE.get(room, INSIDE)
    ]
    assert off_the_edge == []
