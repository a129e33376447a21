"""HTTP operations on the templates that actions are written in."""

from locum.domain.parameters import TemplateInvalid, check_template
from locum.infra.web import Answer, Operation, Reply, reply_json


async def validate_template(body: str = "") -> Answer:
    """Tell whether text is a template that would be taken, and where it is wrong if not."""
    try:
        check_template(body)
    except TemplateInvalid as error:
        return reply_json({"error": {"line": error.line, "message": error.message, "source": body}}, 422)
    return Reply(status=204)


OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/templates/validate", validate_template, "Automations"),
    Operation("POST", "/automations/templates/validate", validate_template, "Automations"),
)
