"""HTTP operations on the automations of a resource."""

from locum.infra.web import Answer, Operation


async def read_automations_related_to_resource(resource_id: str) -> Answer:
    """List the automations that a resource is part of: none, since none can be made yet."""
    del resource_id
    return "[]"


OPERATIONS: tuple[Operation, ...] = (
    # The command line asks for them when it shows a deployment. Documented once automations are there.
    Operation(
        "GET",
        "/automations/related-to/{resource_id}",
        read_automations_related_to_resource,
        "Automations",
        documented=False,
    ),
)
