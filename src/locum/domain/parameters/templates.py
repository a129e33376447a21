"""Renders templates that users write, in a sandbox with limits on their size, their loops and what comes of them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

LONGEST_TEMPLATE = 20_000
LONGEST_RESULT = 200_000
WIDEST_RANGE = 100
LOOPS = 10
LOOPS_WITHIN = 2
ROUNDS = 10_000
LARGEST_NUMBER = 2**64
LARGEST_POWER = 64


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


_REFUSED = frozenset({"format", "format_map", "expandtabs", "translate"})
"""Methods of text that could make much of little."""


def _length(value: Any) -> int:
    return len(cast("Any", value)) if isinstance(value, str | bytes | list | tuple | dict) else 0


def _require_short(length: int) -> None:
    if length > LONGEST_RESULT:
        raise OverflowError(f"The result would have more than {LONGEST_RESULT} characters.")


def _replace(text: Any, old: Any, new: Any, count: int | None = None) -> str:
    _require_short((len(str(text)) + 1) * (len(str(new)) + 1))
    return str(text).replace(str(old), str(new), -1 if count is None else count)


def _join(values: Any, between: str = "") -> str:
    texts = [str(value) for value in values]
    _require_short(sum(len(text) + len(str(between)) for text in texts))
    return str(between).join(texts)


def _concatenated(values: Any) -> str:
    return _join(values)


class _Rounds:
    """How many more rounds the loops of a template may go."""

    def __init__(self) -> None:
        """All of them."""
        self.left = ROUNDS

    def over(self, values: Any) -> Iterator[Any]:
        """The values, each of which takes a round."""
        for value in values:
            self.left -= 1
            if self.left < 0:
                raise OverflowError(f"The loops go more than {ROUNDS} rounds.")
            yield value


@pass_context
def _counted(context: Context, values: Any) -> list[Any]:
    if isinstance(values, ChainableUndefined):
        return []
    return list(cast("_Rounds", context.parent[_ROUNDS]).over(values))


_ROUNDS = "the rounds left"
"""Not a name that a template could write."""


class _Bounding(NodeTransformer):
    """Has loops counted and concatenations measured, and refuses what could go on by itself."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  (jinja's name)
        """Count the rounds of a loop."""
        if node.recursive:
            raise TemplateInvalid("Loops cannot be recursive.")
        self.generic_visit(node)
        node.iter = _filtered(cast("nodes.Expr", node.iter), "counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        """Measure before joining."""
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "concatenated")

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802
        """Refused: one can call itself."""
        raise TemplateInvalid("Macros are not available.")

    visit_CallBlock = visit_Macro  # noqa: N815


def _filtered(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


class _Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox in which no single operation can grow without bounds."""

    intercepted_binops = frozenset({"**", "*", "%", "+"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic, of which results that would be too large are refused before they are made."""
        length = max(_length(left), _length(right))
        number = max((abs(side) for side in (left, right) if isinstance(side, int)), default=0)
        too_large = {
            "**": number > LARGEST_POWER,
            "*": number > LARGEST_NUMBER or length * number > LONGEST_RESULT,
            "+": _length(left) + _length(right) > LONGEST_RESULT,
            "%": length > 0,
        }
        if too_large[operator]:
            raise OverflowError(f"The result of {operator!r} would be too large.")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Also not what makes much of little."""
        if isinstance(obj, str | bytes) and attr in _REFUSED:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No version of `format` is safe: a width can be anything."""

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Methods of text, measured before they are called."""
        owner, name = getattr(obj, "__self__", None), getattr(obj, "__name__", "")
        if isinstance(owner, str | bytes):
            if name in {"ljust", "rjust", "center", "zfill"}:
                _require_short(max((arg for arg in args if isinstance(arg, int)), default=0))
            elif name in {"replace", "join"}:
                _require_short((len(owner) + 1) * (max((_length(arg) for arg in args), default=0) + 1))
        return super().call(context, obj, *args, **kwargs)


def _environment() -> _Sandbox:
    made: Any = _Sandbox(undefined=ChainableUndefined, autoescape=False)
    made.globals = {"range": _narrow_range, "dict": dict}
    for name in ("format", "center", "indent", "pprint", "batch", "slice", "wordwrap", "xmlattr", "tojson"):
        made.filters.pop(name, None)
    made.filters |= {
        "replace": _replace,
        "join": _join,
        "concatenated": _concatenated,
        "counted": _counted,
        "tojson": json.dumps,
    }
    return cast("_Sandbox", made)


_ENVIRONMENT = _environment()


def check(template: str) -> None:
    """Raises TemplateInvalid where the text is no template, or one that is refused."""
    if len(template) > LONGEST_TEMPLATE:
        raise TemplateInvalid(f"The template has more than {LONGEST_TEMPLATE} characters.")
    try:
        _bounded(template)
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
        parts: list[str] = []
        size = 0
        for part in _ENVIRONMENT.from_string(_bounded(template)).generate({**context, _ROUNDS: _Rounds()}):
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


def _bounded(template: str) -> nodes.Template:
    """The template, parsed, that will come to an end."""
    root = _ENVIRONMENT.parse(template)
    _check_loops(root)
    return cast("nodes.Template", _Bounding().visit(root))


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
