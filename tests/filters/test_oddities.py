"""What looks odd and is meant: each is what the peer answers (docs/quirks.md), held against rows."""

import pytest

from locum.domain.errors import Invalid
from locum.filters import lists
from locum.filters.body import limit_within, pages_of
from locum.infra.db import Tx
from tests.filters.model import Spec
from tests.filters.test_against_model import MODEL, WORLD, chosen, restriction

MODELS = {
    "flows": lists.PaginateFlows,
    "flow_runs": lists.CountFlowRuns,
    "task_runs": lists.CountTaskRuns,
    "deployments": lists.CountDeployments,
    "work_queues": lists.FilterWorkQueues,
}

GONE = [str(run["deployment_id"]) for run in WORLD.rows["flow_runs"] if run["deployment_id"] is not None]
UNRECORDED = [str(task["flow_run_id"]) for task in WORLD.rows["task_runs"] if task["flow_run_id"] is not None]
QUEUES = [str(run["work_queue_id"]) for run in WORLD.rows["flow_runs"] if run["work_queue_id"] is not None]


class TestOddities:
    """Bodies whose answer a reader might not expect."""

    @pytest.mark.parametrize(
        ("target", "body"),
        [
            # A filter that is there but empty asks that such a neighbour exists.
            ("flows", {"flow_runs": {}}),
            ("flows", {"deployments": {}}),
            ("flows", {"task_runs": {}}),
            ("flows", {"work_pools": {}}),
            ("flow_runs", {"deployments": {}}),
            ("flow_runs", {"work_pools": {}}),
            ("flow_runs", {"task_runs": {}}),
            ("task_runs", {"flow_runs": {}}),
            ("task_runs", {"deployments": {}}),
            ("deployments", {"work_pool_queues": {}}),
            ("deployments", {"flow_runs": {}, "task_runs": {}}),
            # Filters of one branch hold for one chain of rows.
            ("flows", {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}, "task_runs": {"tags": {"all_": ["a"]}}}),
            # An id of what is gone finds nothing through a neighbour, but a task run knows its flow run's id at once.
            ("flow_runs", {"deployments": {"id": {"any_": GONE}}}),
            ("flow_runs", {"work_pool_queues": {"id": {"any_": QUEUES}}}),
            ("task_runs", {"flow_runs": {"id": {"any_": UNRECORDED}}}),
            ("task_runs", {"flow_runs": {"id": {"any_": UNRECORDED, "not_any_": UNRECORDED[:1]}}}),
            ("task_runs", {"flow_runs": {"id": {"any_": UNRECORDED}}, "deployments": {}}),
            # A criterion that asks nothing holds for every row, which matters under or_ ...
            ("flow_runs", {"flow_runs": {"operator": "or_", "name": {}, "tags": {"all_": ["a", "b"]}}}),
            ("flow_runs", {"flow_runs": {"operator": "or_", "name": {"like_": ""}, "tags": {"all_": ["a", "b"]}}}),
            ("flow_runs", {"flow_runs": {"operator": "or_", "state": {}, "tags": {"all_": ["a", "b"]}}}),
            # ... but not of a state, nor of a limit that is ignored, nor of no beginnings.
            ("flow_runs", {"flow_runs": {"state": {"operator": "or_", "type": {}, "name": {"any_": ["Late"]}}}}),
            ("deployments", {"deployments": {"operator": "or_", "concurrency_limit": {}, "paused": {"eq_": True}}}),
            ("work_queues", {"work_queues": {"operator": "or_", "name": {"startswith_": []}, "id": {"any_": []}}}),
            ("work_queues", {"work_queues": {"name": {"startswith_": []}}}),
            # Empty lists: of what is wanted they leave nothing, of what is not wanted or must all be there, everything.
            ("flow_runs", {"flow_runs": {"id": {"any_": []}}}),
            ("flow_runs", {"flow_runs": {"id": {"not_any_": []}, "tags": {"all_": []}}}),
            ("flow_runs", {"flow_runs": {"tags": {"any_": []}}}),
            # A null is neither one of the wanted nor one of the unwanted.
            ("flow_runs", {"flow_runs": {"idempotency_key": {"not_any_": ["key 1"]}}}),
            ("flow_runs", {"flow_runs": {"state": {"type": {"not_any_": ["FAILED"]}}}}),
            # Task runs outside of flow runs are left out as soon as flow run ids are asked about at all.
            ("task_runs", {"task_runs": {"flow_run_id": {}}}),
            ("task_runs", {"task_runs": {"flow_run_id": {"is_null_": None}}}),
            ("task_runs", {"task_runs": {"flow_run_id": {"is_null_": True, "any_": UNRECORDED}}}),
            # Wildcards work.
            ("flow_runs", {"flow_runs": {"name": {"like_": "d_r%t"}}}),
            ("flow_runs", {"flow_runs": {"name": {"like_": "\\"}}}),
            ("work_queues", {"work_queues": {"name": {"startswith_": ["%", "x"]}}}),
        ],
    )
    async def test_against_model(self, tx: Tx, target: str, body: Spec):
        await WORLD.insert(tx)
        model = MODELS[target]
        wanted = {row["id"] for row in MODEL.wanted(target, body)}
        assert await chosen(tx, model.target.table, restriction(model, body)) == wanted


class TestShapes:
    """What decides whether two requests share a statement."""

    def test_values_do_not_matter(self):
        one = restriction(lists.CountFlowRuns, {"flow_runs": {"name": {"any_": ["a"]}, "state": None}})
        two = restriction(lists.CountFlowRuns, {"flow_runs": {"name": {"any_": ["b", "c"]}}, "flows": None})
        assert one.plans == two.plans
        assert hash(one.plans) == hash(two.plans)
        assert one.values != two.values

    def test_switches_do(self):
        one = restriction(lists.CountFlowRuns, {"flow_runs": {"end_time": {"is_null_": True}}})
        two = restriction(lists.CountFlowRuns, {"flow_runs": {"end_time": {"is_null_": False}}})
        assert one.plans != two.plans
        assert list(one.values) == list(two.values) == []

    def test_a_list_is_one_parameter(self):
        asked = restriction(lists.CountFlowRuns, {"flow_runs": {"name": {"any_": ["a", "b"]}}})
        (clause,) = asked.clauses()
        assert "= ANY (" in str(clause)
        assert list(asked.values) == [["a", "b"]]

    def test_ids_of_a_parent_need_no_look_at_it(self):
        key = {"id": {"any_": [str(WORLD.ids("flows")[0])]}}
        (clause,) = restriction(lists.CountFlowRuns, {"flows": key}).clauses()
        assert "EXISTS" not in str(clause)


class TestLimits:
    """The limit, the offset and the number of pages."""

    @pytest.mark.parametrize(("given", "limit"), [(None, 200), (0, 0), (1, 1), (200, 200)])
    def test_within(self, given: int | None, limit: int):
        assert limit_within(given, 200) == limit

    @pytest.mark.parametrize(
        ("given", "detail"),
        [
            (-1, "Invalid limit: must be greater than or equal to 0."),
            (201, "Invalid limit: must be less than or equal to 200."),
        ],
    )
    def test_beyond(self, given: int, detail: str):
        with pytest.raises(Invalid) as raised:
            limit_within(given, 200)
        assert raised.value.detail == detail

    @pytest.mark.parametrize(("count", "limit", "pages"), [(0, 5, 0), (5, 5, 1), (6, 5, 2), (6, 0, 0)])
    def test_pages(self, count: int, limit: int, pages: int):
        assert pages_of(count, limit) == pages

    def test_null_means_the_default(self):
        body = lists.FilterFlowRuns.model_validate_json('{"sort": null, "offset": null, "limit": null, "flows": null}')
        assert body == lists.FilterFlowRuns()

    def test_a_page_beyond_all_counting(self):
        body = lists.PaginateFlowRuns.model_validate_json('{"page": 99999999999999999999}')
        assert body.start(200) == 2**63 - 1
