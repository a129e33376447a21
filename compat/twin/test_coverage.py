"""The account of what the twin has tried: what counts, and what does not."""

from __future__ import annotations

from typing import Any

from compat.twin.contract import contract
from compat.twin.coverage import items, verdict
from compat.twin.excuses import EXCUSES, FURTHER
from compat.twin.recorder import Answer, Step
from compat.twin.witness import Witness, witness

NOBODY = "00000000-0000-4000-8000-000000000000"


def _step(request: str, sent: Any = None, status: int = 200, body: Any = None) -> Step:
    method, path = request.split(" ")
    return Step(method, path, sent, Answer(status, {}, body))


def _seen(*steps: Step) -> Witness:
    return witness(contract(), [(step, step) for step in steps])


def _flows(fields: dict[str, Any], *names: str, request: str = "POST /flows/filter") -> Step:
    return _step(request, fields, body=list(names))


class TestContract:
    def test_what_there_is(self) -> None:
        kinds = [item.kind for item in items(contract(), Witness())]
        assert kinds.count("operations with a success") == 188
        assert kinds.count("filter fields") > 150
        assert kinds.count("sorts") > 80

    def test_paths(self) -> None:
        def name(method: str, path: str) -> str:
            found = contract().operation(method, path)
            return found.name if found else ""

        assert name("POST", "/flows") == "POST /flows/"
        assert name("GET", f"/flows/{NOBODY}?x=1") == "GET /flows/{id}"
        assert name("GET", "/flows/no-id") == ""
        assert name("GET", "/artifacts/latest/latest") == "GET /artifacts/{key}/latest"
        assert name("POST", "/artifacts/latest/filter") == "POST /artifacts/latest/filter"
        assert name("GET", "/work_pools/filter") == "GET /work_pools/{name}"

    def test_fields_of_filters_in_filters(self) -> None:
        assert {"FlowRunFilter.state.type.any_", "FlowRunFilter.operator"} <= set(contract().fields("FlowRunFilter"))
        used = contract().used("FlowRunFilter", {"state": {"type": {"any_": []}, "name": None}, "tags": {}})
        assert list(used) == ["FlowRunFilter.state.type.any_"]


class TestWitness:
    def test_answers(self) -> None:
        steps = _step("GET /health"), _step(f"GET /flows/{NOBODY}", status=404), _step("GET /no/such", status=404)
        assert _seen(*steps).answers == {("GET /health", 200), ("GET /flows/{id}", 404)}

    def test_what_was_answered_differently_shows_nothing(self) -> None:
        pair = _step("GET /health"), _step("GET /health", status=500)
        assert witness(contract(), [pair]) == Witness()

    def test_a_filter_that_finds_everything_or_nothing(self) -> None:
        everything, mine = _flows({}, "a", "b"), {"flows": {"name": {"any_": ["a"]}}}
        field = "FlowFilter.name.any_"
        for answers, proven in ((("a", "b"), (True, False)), ((), (False, True)), (("a",), (True, True))):
            seen = _seen(everything, _flows(mine, *answers))
            assert (field in seen.found, field in seen.spared) == proven
            assert ("POST /flows/filter flows" in seen.found, "POST /flows/filter flows" in seen.spared) == proven

    def test_other_operations_find_as_they_like(self) -> None:
        mine = _flows({"flows": {"name": {"any_": ["a"]}}}, "a")
        assert not _seen(_flows({}, "a", "b", request="POST /flows/paginate"), mine).spared

    def test_an_order_needs_two(self) -> None:
        order = {"sort": "NAME_ASC"}
        assert not _seen(_flows(order, "a")).found
        assert _seen(_flows(order, "a", "b")).found == {"POST /flows/filter sort NAME_ASC"}
        asked = _step("GET /observed-states?order_by=NAME_ASC", body=["a", "b"])
        assert _seen(asked).found == {"GET /observed-states order_by NAME_ASC"}

    def test_refused_requests_use_nothing(self) -> None:
        refused = _step("POST /flows/filter", {"flows": {"name": {"any_": 1}}, "sort": "NAME_ASC"}, status=422)
        assert not _seen(refused).found

    def test_it_travels_between_processes(self) -> None:
        seen = _seen(_flows({}, "a", "b"), _flows({"flows": {"name": {"any_": ["a"]}}}, "a"))
        assert Witness.of(seen.report()) == seen


class TestVerdict:
    def test_nothing_tried(self) -> None:
        lines, complete = verdict(contract(), Witness())
        assert not complete
        assert "missing: operations with a success: GET /hello" in lines
        assert "missing: operations with a failure: GET /health" not in lines

    def test_an_idle_excuse(self) -> None:
        lines, _ = verdict(contract(), Witness(answers={("GET /health", 400)}))
        assert "excused without need: operations with a failure: GET /health" in lines

    def test_what_is_written_by_hand_names_what_there_is(self) -> None:
        names = {operation.name for operation in contract().operations}
        assert set(FURTHER) <= names
        assert all(why for _, _, why in EXCUSES)
