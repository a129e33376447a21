"""The published contract is what the code says, and the peer's structure holds none of its prose."""

import json
from typing import Any

from locum.app.document import rendered
from openapi.differences import compare
from openapi.structure import structure
from tests.laws.sources import ROOT


def document(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "openapi" / name).read_text(encoding="utf-8"))


def test_the_published_document_is_what_the_code_emits():
    assert document("locum.json") == json.loads(rendered()), "run `make openapi`"


def test_the_peers_structure_is_bare():
    peers = document("peer-3.9.1.json")
    assert structure(peers) == peers


def test_the_differences_of_a_document_with_itself_are_none():
    peers = document("peer-3.9.1.json")
    assert compare(peers, peers).clean


def test_what_is_there_equals_the_peers():
    report = compare(structure(document("locum.json")), document("peer-3.9.1.json"))
    assert (report.operations, report.components) == ({}, {})
    assert (report.missing, report.missing_components) == ([], [])
    assert (report.extra, report.extra_components) == ([], [])
