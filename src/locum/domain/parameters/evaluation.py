"""Holds a value against a JSON schema (2020-12) in a bounded number of steps, telling all that is wrong.

Written out here because a library cannot be stopped: a schema of one kilobyte can ask for 2^26 alternatives
(docs/decisions/0008-json-schema-within-a-budget.md). Formats are not checked, and `unevaluated...` is not known.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from locum.domain.parameters.findings import Finding, as_array, as_object, is_type, same
from locum.domain.parameters.metaschema import require_schema
from locum.domain.parameters.references import Unresolvable, resolve
from locum.domain.parameters.text import matches

STEPS = 20_000
DEPTH = 200

Json = dict[str, Any]
Path = tuple[str | int, ...]
Findings = list[Finding]


class TooComplex(Exception):
    """The schema asks for more than can be answered in reasonable time."""


class Circular(Exception):
    """The schema refers to itself without ever looking at a smaller value."""


class Evaluation:
    """One value held against one schema."""

    def __init__(self, root: Any, steps: int = STEPS) -> None:
        """`root` is the schema in which references are looked up."""
        self._root = root
        self._left = steps
        self._depth = 0
        self._referred: dict[str, Any] = {}

    def findings(self, schema: Any, value: Any, path: Path = ()) -> Findings:
        """All that is wrong. Raises TooComplex, Circular, Unresolvable."""
        self.spend(1)
        rules = as_object(schema)
        if rules is None:
            if schema is False:
                return [Finding("false", lambda: f"False schema does not allow {value!r}", path, typed=False)]
            return []
        if self._depth >= DEPTH:
            raise Circular
        self._depth += 1
        found: Findings = []
        for keyword, wanted in rules.items():
            check = _CHECKS.get(keyword)
            if check is not None:
                found += check(self, wanted, value, path, rules)
        self._depth -= 1
        return found

    def spend(self, steps: int) -> None:
        """Take steps off what is left. Raises TooComplex."""
        self._left -= steps
        if self._left < 0:
            raise TooComplex

    def holds(self, schema: Any, value: Any) -> bool:
        """Whether nothing is wrong."""
        return not self.findings(schema, value)

    def referred(self, reference: Any) -> Any:
        """The schema that a reference names. Raises Unresolvable, and Malformed where that is no schema."""
        if not isinstance(reference, str):
            raise Unresolvable(str(reference))
        found = self._referred.get(reference)
        if found is None:
            found = self._referred[reference] = resolve(self._root, reference)
            require_schema(found)
        return found


_NONE_FITS = "is not valid under any of the given schemas"

Words = Callable[[], str]
Rules = Mapping[str, Any]
Check = Callable[[Evaluation, Any, Any, Path, Rules], Findings]


def _wrong(
    keyword: str, words: Words, value: Any, path: Path, rules: Rules, context: Findings | None = None
) -> Findings:
    kinds = rules.get("type")
    names = as_array(kinds) or [kinds]
    return [Finding(keyword, words, path, any(is_type(value, name) for name in names), tuple(context or ()))]


def _ref(run: Evaluation, wanted: Any, value: Any, path: Path, _: Rules) -> Findings:
    return run.findings(run.referred(wanted), value, path)


def _type(_: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    names = as_array(wanted) or [wanted]
    if any(is_type(value, name) for name in names):
        return []
    return _wrong("type", lambda: f"{value!r} is not of type {', '.join(map(repr, names))}", value, path, rules)


def _enum(_: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    if any(same(value, one) for one in as_array(wanted) or [value]):
        return []
    return _wrong("enum", lambda: f"{value!r} is not one of {wanted!r}", value, path, rules)


def _const(_: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    return [] if same(value, wanted) else _wrong("const", lambda: f"{wanted!r} was expected", value, path, rules)


def _all_of(run: Evaluation, wanted: Any, value: Any, path: Path, _: Rules) -> Findings:
    return [one for schema in wanted for one in run.findings(schema, value, path)]


def _any_of(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    context: Findings = []
    for schema in wanted:
        found = run.findings(schema, value, path)
        if not found:
            return []
        context += found
    return _wrong("anyOf", lambda: f"{value!r} {_NONE_FITS}", value, path, rules, context)


def _one_of(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    context: Findings = []
    for number, schema in enumerate(wanted):
        found = run.findings(schema, value, path)
        if found:
            context += found
            continue
        more = [other for other in wanted[number + 1 :] if run.holds(other, value)]
        if not more:
            return []
        return _wrong("oneOf", partial(_several, value, [*more, schema]), value, path, rules)
    return _wrong("oneOf", lambda: f"{value!r} {_NONE_FITS}", value, path, rules, context)


def _several(value: Any, schemas: list[Any]) -> str:
    return f"{value!r} is valid under each of {', '.join(map(repr, schemas))}"


def _not(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    if not run.holds(wanted, value):
        return []
    return _wrong("not", lambda: f"{value!r} should not be valid under {wanted!r}", value, path, rules)


def _if(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    branch = "then" if run.holds(wanted, value) else "else"
    return run.findings(rules[branch], value, path) if branch in rules else []


def _properties(run: Evaluation, wanted: Any, value: Json, path: Path, _: Rules) -> Findings:
    known: Mapping[str, Any] = wanted
    return [
        one
        for name, schema in known.items()
        if name in value
        for one in run.findings(schema, value[name], (*path, name))
    ]


def _pattern_properties(run: Evaluation, wanted: Any, value: Json, path: Path, _: Rules) -> Findings:
    patterns: Mapping[str, Any] = wanted
    return [
        one
        for pattern, schema in patterns.items()
        for name, each in value.items()
        if matches(pattern, name)
        for one in run.findings(schema, each, (*path, name))
    ]


def _additional(run: Evaluation, wanted: Any, value: Json, path: Path, rules: Rules) -> Findings:
    patterns: list[str] = list(rules.get("patternProperties", ()))
    known: Json = rules.get("properties", {})
    extra = [name for name in value if name not in known and not any(matches(p, name) for p in patterns)]
    if as_object(wanted) is not None:
        return [one for name in extra for one in run.findings(wanted, value[name], (*path, name))]
    if wanted is not False or not extra:
        return []
    if patterns:
        verb = "does" if len(extra) == 1 else "do"
        message = f"{_names(sorted(extra))} {verb} not match any of the regexes: {_names(sorted(patterns))}"
    else:
        verb = "was" if len(extra) == 1 else "were"
        message = f"Additional properties are not allowed ({_names(sorted(extra))} {verb} unexpected)"
    return _wrong("additionalProperties", lambda: message, value, path, rules)


def _names(names: list[str]) -> str:
    return ", ".join(map(repr, names))


def _property_names(run: Evaluation, wanted: Any, value: Json, path: Path, _: Rules) -> Findings:
    return [one for name in value for one in run.findings(wanted, name, path)]


def _required(_: Evaluation, wanted: Any, value: Json, path: Path, rules: Rules) -> Findings:
    missing = [name for name in as_array(wanted) or () if name not in value]
    return [one for n in missing for one in _wrong("required", partial(_needed, n), value, path, rules)]


def _needed(name: Any) -> str:
    return f"{name!r} is a required property"


def _depended(other: Any, name: Any) -> str:
    return f"{other!r} is a dependency of {name!r}"


def _dependent_required(_: Evaluation, wanted: Any, value: Json, path: Path, rules: Rules) -> Findings:
    needs: Mapping[str, list[str]] = wanted
    return [
        one
        for name, others in needs.items()
        if name in value
        for other in others
        if other not in value
        for one in _wrong("dependentRequired", partial(_depended, other, name), value, path, rules)
    ]


def _dependent_schemas(run: Evaluation, wanted: Any, value: Json, path: Path, _: Rules) -> Findings:
    schemas: Mapping[str, Any] = wanted
    return [one for name, schema in schemas.items() if name in value for one in run.findings(schema, value, path)]


def _prefix_items(run: Evaluation, wanted: Any, value: list[Any], path: Path, _: Rules) -> Findings:
    pairs = zip(wanted, value, strict=False)
    return [one for at, (schema, each) in enumerate(pairs) for one in run.findings(schema, each, (*path, at))]


def _items(run: Evaluation, wanted: Any, value: list[Any], path: Path, rules: Rules) -> Findings:
    first = len(rules.get("prefixItems", ()))
    extra = len(value) - first
    if wanted is False and extra > 0:
        rest = value[first:] if extra != 1 else value[first]
        noun = "item" if first == 1 else "items"
        words = partial("Expected at most {} {} but found {} extra: {!r}".format, first, noun, extra, rest)
        return _wrong("items", words, value, path, rules)
    return [one for at in range(first, len(value)) for one in run.findings(wanted, value[at], (*path, at))]


def _contains(run: Evaluation, wanted: Any, value: list[Any], path: Path, rules: Rules) -> Findings:
    count = sum(run.holds(wanted, each) for each in value)
    least, most = rules.get("minContains", 1), rules.get("maxContains", len(value))
    if count > most:
        return _wrong(
            "maxContains",
            lambda: f"Too many items match the given schema (expected at most {most})",
            value,
            path,
            rules,
        )
    if count >= least:
        return []
    if not count:
        return _wrong(
            "contains", lambda: f"{value!r} does not contain items matching the given schema", value, path, rules
        )
    message = f"Too few items match the given schema (expected at least {least} but only {count} matched)"
    return _wrong("minContains", lambda: message, value, path, rules)


def _limit(kind: type | tuple[type, ...], fits: Callable[[Any, Any], bool], words: str, keyword: str) -> Check:
    """A check of a number, or of the length of something, against a limit."""

    def check(_: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
        if (
            not isinstance(value, kind)
            or isinstance(value, bool)
            or not is_type(wanted, "number")
            or fits(value, wanted)
        ):
            return []
        text = words
        if keyword in _EMPTINESS and wanted == _EMPTINESS[keyword][0]:
            text = _EMPTINESS[keyword][1]
        return _wrong(keyword, lambda: text.format(value=repr(value), limit=repr(wanted)), value, path, rules)

    return check


_EMPTINESS = {
    "minItems": (1, "{value} should be non-empty"),
    "minLength": (1, "{value} should be non-empty"),
    "minProperties": (1, "{value} should be non-empty"),
    "maxItems": (0, "{value} is expected to be empty"),
    "maxLength": (0, "{value} is expected to be empty"),
    "maxProperties": (0, "{value} is expected to be empty"),
}
_NUMBER = (int, float)


def _multiple(value: Any, of: Any) -> bool:
    if not of:
        return True
    if isinstance(value, float) or isinstance(of, float):
        quotient = value / of
        return quotient == int(quotient) if abs(quotient) < float("inf") else False
    return value % of == 0


def _pattern(_: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
    if not isinstance(value, str) or matches(wanted, value):
        return []
    return _wrong("pattern", lambda: f"{value!r} does not match {wanted!r}", value, path, rules)


def _unique(run: Evaluation, wanted: Any, value: list[Any], path: Path, rules: Rules) -> Findings:
    if not wanted:
        return []
    run.spend(len(value))
    if len({_key(each) for each in value}) == len(value):
        return []
    return _wrong("uniqueItems", lambda: f"{value!r} has non-unique elements", value, path, rules)


def _key(value: Any) -> Any:
    """Something hashable that is equal for equal JSON values only."""
    if (parts := as_object(value)) is not None:
        return frozenset((name, _key(each)) for name, each in parts.items())
    if (items := as_array(value)) is not None:
        return tuple(_key(each) for each in items)
    return (type(value) is bool, value)


def _objects(check: Callable[[Evaluation, Any, Json, Path, Rules], Findings]) -> Check:
    """A check that only objects can fail."""

    def checked(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
        given = as_object(value)
        return [] if given is None else check(run, wanted, given, path, rules)

    return checked


def _arrays(check: Callable[[Evaluation, Any, list[Any], Path, Rules], Findings]) -> Check:
    """A check that only arrays can fail."""

    def checked(run: Evaluation, wanted: Any, value: Any, path: Path, rules: Rules) -> Findings:
        given = as_array(value)
        return [] if given is None else check(run, wanted, given, path, rules)

    return checked


_CHECKS: dict[str, Check] = {
    "$ref": _ref,
    "$dynamicRef": _ref,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "properties": _objects(_properties),
    "patternProperties": _objects(_pattern_properties),
    "additionalProperties": _objects(_additional),
    "propertyNames": _objects(_property_names),
    "required": _objects(_required),
    "dependentRequired": _objects(_dependent_required),
    "dependentSchemas": _objects(_dependent_schemas),
    "prefixItems": _arrays(_prefix_items),
    "items": _arrays(_items),
    "contains": _arrays(_contains),
    "pattern": _pattern,
    "uniqueItems": _arrays(_unique),
    "minimum": _limit(_NUMBER, lambda v, w: v >= w, "{value} is less than the minimum of {limit}", "minimum"),
    "maximum": _limit(_NUMBER, lambda v, w: v <= w, "{value} is greater than the maximum of {limit}", "maximum"),
    "exclusiveMinimum": _limit(
        _NUMBER, lambda v, w: v > w, "{value} is less than or equal to the minimum of {limit}", "exclusiveMinimum"
    ),
    "exclusiveMaximum": _limit(
        _NUMBER, lambda v, w: v < w, "{value} is greater than or equal to the maximum of {limit}", "exclusiveMaximum"
    ),
    "multipleOf": _limit(_NUMBER, _multiple, "{value} is not a multiple of {limit}", "multipleOf"),
    "minItems": _limit(list, lambda v, w: len(v) >= w, "{value} is too short", "minItems"),
    "maxItems": _limit(list, lambda v, w: len(v) <= w, "{value} is too long", "maxItems"),
    "minLength": _limit(str, lambda v, w: len(v) >= w, "{value} is too short", "minLength"),
    "maxLength": _limit(str, lambda v, w: len(v) <= w, "{value} is too long", "maxLength"),
    "minProperties": _limit(dict, lambda v, w: len(v) >= w, "{value} does not have enough properties", "minProperties"),
    "maxProperties": _limit(dict, lambda v, w: len(v) <= w, "{value} has too many properties", "maxProperties"),
}
