"""What the twin need not try, each with its reason; and the refusals that the peer's document does not tell of."""

from __future__ import annotations

EXCUSES: tuple[tuple[str, str, str], ...] = (
    ("operations with a failure", "GET /health", "takes nothing that could be wrong"),
    ("operations with a failure", "GET /version", "takes nothing that could be wrong"),
    ("operations with a success", "GET /csrf-token", "both servers run without CSRF protection; tests/features/csrf"),
    ("operations with 404", "DELETE /automations/owned-by/{resource_id}", "takes a resource that owns nothing"),
    ("operations with 404", "GET /automations/related-to/{resource_id}", "takes a resource that nothing relates to"),
    ("operations with 404", "POST /deployments/{id}/schedule", "has nothing to plan for an unknown deployment"),
    ("operations with 404", "POST /flow_runs/{id}/input/filter", "finds nothing of an unknown run"),
    ("operations with 404", "POST /flow_runs/{id}/resume", "the peer answers 500"),
    ("operations with 404", "POST /events/count-by/{countable}", "one that is none is malformed (422)"),
    ("operations with 404", "POST /v2/concurrency_limits/leases/{lease_id}/renew", "an unknown lease is gone (410)"),
    ("operations with 422", "GET /block_schemas/checksum/{checksum}", "any text may be a version"),
    ("filter fields", "DeploymentFilter.concurrency_limit.*", "the peer takes it and leaves nothing out"),
    ("filters of operations", "POST /ui/task_runs/dashboard/counts work_pools", "the peer answers 503"),
)
"""What is counted, its name (or a pattern of names), and why it cannot be tried."""

FURTHER: dict[str, tuple[int, ...]] = {
    "PUT /admin/storage": (404,),
    "POST /block_documents/": (400, 409),
    "PATCH /block_documents/{id}": (400,),
    "POST /block_schemas/": (404, 409),
    "DELETE /block_schemas/{id}": (403,),
    "POST /block_types/": (403, 409),
    "DELETE /block_types/{id}": (403,),
    "POST /concurrency_limits/increment": (423,),
    "POST /deployments/": (404, 409),
    "PATCH /deployments/{id}": (400, 409),
    "POST /deployments/{id}/create_flow_run": (400, 409),
    "POST /deployments/{id}/create_flow_run/bulk": (400,),
    "POST /deployments/{id}/schedules": (409,),
    "PATCH /deployments/{id}/schedules/{schedule_id}": (409,),
    "GET /events/filter/next": (403,),
    "POST /flow_runs/": (404, 409),
    "PATCH /flow_runs/{id}": (400,),
    "POST /flow_runs/{id}/input": (409,),
    "POST /task_runs/": (409,),
    "POST /v2/concurrency_limits/": (409,),
    "PATCH /v2/concurrency_limits/{id_or_name}": (409,),
    "POST /v2/concurrency_limits/increment": (423,),
    "POST /v2/concurrency_limits/increment-with-lease": (423,),
    "POST /v2/concurrency_limits/leases/{lease_id}/renew": (410,),
    "POST /variables/": (409,),
    "PATCH /variables/{id}": (409,),
    "PATCH /variables/name/{name}": (409,),
    "POST /work_pools/": (403, 409),
    "PATCH /work_pools/{name}": (403, 409),
    "DELETE /work_pools/{name}": (403,),
    "POST /work_pools/{work_pool_name}/queues": (409,),
    "PATCH /work_pools/{work_pool_name}/queues/{name}": (409,),
    "POST /work_queues/": (409,),
    "PATCH /work_queues/{id}": (409,),
    "DELETE /work_queues/{id}": (409,),
}
"""By operation: statuses, beside 404 of an unknown name and 422 of a malformed body, with which the peer refuses."""
