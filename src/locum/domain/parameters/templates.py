"""Renders templates that users write, in a sandbox with limits on their size, their loops and what comes of them."""

from collections.abc import Mapping
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST_TEMPLATE = 20_000
LONGEST_RESULT = 200_000
WIDEST_RANGE = 100
LOOPS = 10
LOOPS_WITHIN = 2
LARGEST_NUMBER = 2**64


class TemplateInvalid(ValueError):
    """The template is not one, is refused, or failed; `message` is the bare reason, `line` where (0: nowhere)."""

    def __init__(self, reason: str, message: str | None = None, line: int = 0) -> None:
        """`reason` may name the line as well."""
        super().__init__(reason)
        self.message = reason if message is None else message
        self.line = line


def _narrow_range(*args: int) -> range:
    found = range(*args)
    if len(found) > WIDEST_RANGE:
        raise OverflowError(f"A range may have {WIDEST_RANGE} numbers at most.")
    return found


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which no single operation can grow without bounds."""

    intercepted_binops = frozenset({"**", "*", "<<", "%"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, of which results that would be too large are refused before they are made."""
        sizes = [len(side) for side in (left, right) if isinstance(side, str | bytes | list | tuple)]  # pyright: ignore[reportUnknownArgumentType]
        numbers = [abs(side) for side in (left, right) if isinstance(side, int)]
        too_large = operator == "**" and any(number > 64 for number in numbers)
        too_large = too_large or (
            operator == "*" and bool(sizes) and max(numbers, default=0) * sizes[0] > LONGEST_RESULT
        )
        too_large = too_large or (operator == "*" and any(number > LARGEST_NUMBER for number in numbers))
        too_large = too_large or (operator == "%" and isinstance(left, str))
        if too_large:
            raise OverflowError(f"The result of {operator!r} would be too large.")
        return super().call_binop(context, operator, left, right)


def _environment() -> _Sandbox:
    made = _Sandbox(undefined=ChainableUndefined, autoescape=False)
    made.globals["range"] = _narrow_range  # pyright: ignore[reportArgumentType]
    for name in ("lipsum", "cycler", "joiner"):
        made.globals.pop(name, None)
    for name in ("format", "center", "indent", "pprint"):
        made.filters.pop(name, None)
    return made


_ENVIRONMENT = _environment()


def check(template: str) -> None:
    """Raises TemplateInvalid where the text is no template, or one that is refused."""
    if len(template) > LONGEST_TEMPLATE:
        raise TemplateInvalid(f"The template has more than {LONGEST_TEMPLATE} characters.")
    try:
        _check_loops(_ENVIRONMENT.parse(template))
    except TemplateSyntaxError as error:
        raise TemplateInvalid(str(error), error.message or "", error.lineno) from error
    except RecursionError as error:
        raise TemplateInvalid("The template is nested too deeply.") from error


def render(template: str, context: Mapping[str, Any]) -> str:
    """What the template makes of the context. Raises TemplateInvalid."""
    if "{{" not in template and "{%" not in template:
        return template
    if len(template) > LONGEST_TEMPLATE:
        raise TemplateInvalid(f"The template has more than {LONGEST_TEMPLATE} characters.")
    try:
        _check_loops(_ENVIRONMENT.parse(template))
        parts: list[str] = []
        size = 0
        for part in _ENVIRONMENT.from_string(template).generate(dict(context)):
            size += len(part)
            if size > LONGEST_RESULT:
                raise TemplateInvalid(f"The result has more than {LONGEST_RESULT} characters.")
            parts.append(part)
    except (
        TemplateError,
        RecursionError,
        ArithmeticError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
    ) as error:
        if isinstance(error, TemplateInvalid):
            raise
        raise TemplateInvalid(str(error)) from error
    return "".join(parts)


def _check_loops(root: nodes.Template) -> None:
    loops = list(root.find_all(nodes.For))
    if len(loops) > LOOPS:
        raise TemplateInvalid(f"Contains {len(loops)} for loops. Templates can contain no more than {LOOPS} for loops.")
    deepest = max((_loops_within(loop) for loop in loops), default=0)
    if deepest > LOOPS_WITHIN:
        raise TemplateInvalid(
            f"Contains nested for loops at a depth of {deepest}. "
            f"Templates can nest for loops no more than {LOOPS_WITHIN} loops deep."
        )


def _loops_within(node: nodes.Node, depth: int = 0) -> int:
    depth += isinstance(node, nodes.For)
    return max((_loops_within(child, depth) for child in node.iter_child_nodes()), default=depth)
