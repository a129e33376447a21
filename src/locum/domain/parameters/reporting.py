"""All that is wrong with values against a schema, as a tree that follows the values.

What is to be filled in later may be anything; what never can be is a fault of its own.
"""

from typing import Any, cast

from locum.domain.parameters.checking import CircularSchema, Json, SchemaInvalid, check_schema, modernized
from locum.domain.parameters.evaluation import Circular, Evaluation, Findings, Path, TooComplex
from locum.domain.parameters.filling import Filling, FillingError
from locum.domain.parameters.findings import Finding
from locum.domain.parameters.metaschema import Malformed
from locum.domain.parameters.references import Unresolvable
from locum.domain.parameters.templates import check

_MARK = "_unfilled"

Report = list[Any]
"""What is wrong at one place: words, and for its parts `{"property" | "index": ..., "errors": [...]}`."""


class Unfilled:
    """Stands for a value that is known later; with `reason` it never will be."""

    def __init__(self, reason: str | None = None) -> None:
        """Any value will do unless there is a reason why there can be none."""
        self.reason = reason

    def __repr__(self) -> str:
        """Shown where a fault quotes the value around it."""
        return "<unfilled>"


class _Tolerant(Filling):
    """Fills in what can be, and marks what cannot."""

    def special(self, parts: Json, depth: int) -> Any:
        try:
            return super().special(parts, depth)
        except FillingError as error:
            return Unfilled(str(error))

    def made_of(self, template: str) -> Any:
        """A template is looked at, not rendered."""
        check(template)
        return Unfilled()

    def variable(self, parts: Json, depth: int) -> Any:
        name = self.inner(parts.get("variable_name"), depth)
        return name if isinstance(name, Unfilled) else super().variable(parts, depth)


class _Marking(Evaluation):
    """Finds fault with values that will never be known, wherever the schema looks at them."""

    def findings(self, schema: Any, value: Any, path: Path = ()) -> Findings:
        found = super().findings(schema, value, path)
        if isinstance(value, Unfilled) and value.reason is not None and isinstance(schema, dict):
            reason = value.reason
            found.append(Finding(_MARK, lambda: reason, path, typed=False))
        return found


def report(values: Json, schema: Json, variables: dict[str, Any]) -> Report:
    """All that is wrong, in the order of the schema. Raises SchemaInvalid, CircularSchema, Unresolvable."""
    schema = modernized(schema)
    check_schema(schema)
    filled = _Tolerant(variables).filled(values)
    try:
        findings = _Marking(schema).findings(schema, filled)
    except (TooComplex, Circular, RecursionError) as error:
        raise CircularSchema from error
    except Malformed as error:
        raise SchemaInvalid(error.reason) from error
    except Unresolvable as error:
        raise SchemaInvalid(f"Validation failed. Failure reason: {error}") from error
    errors: Report = []
    for finding in _telling(findings):
        if not isinstance(_at(filled, finding.path), Unfilled) or finding.keyword == _MARK:
            _place(errors, finding)
    return errors


def _telling(findings: Findings) -> Findings:
    """The findings, in groups of one place each; where a value cannot be filled in, that alone is told."""
    by_path: dict[Path, Findings] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    found: Findings = []
    for group in by_path.values():
        marks = [finding for finding in group if finding.keyword == _MARK]
        found += marks or group
    return found


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _place(errors: Report, finding: Finding) -> None:
    words = finding.words()
    path = finding.path
    if finding.keyword == "required":
        path = (*path, words.partition(" ")[0].strip("'"))
    if not path:
        errors.append(words)
        return
    for step in path[:-1]:
        errors = _inside(errors, step)
    errors.append({_kind(path[-1]): path[-1], "errors": [words]})


def _inside(errors: Report, step: str | int) -> Report:
    """The errors of a part, which is entered if it is not there."""
    kind = _kind(step)
    for entry in errors:
        if isinstance(entry, dict) and cast("Json", entry).get(kind) == step:
            return cast("Json", entry)["errors"]
    made: Report = []
    errors.append({kind: step, "errors": made})
    return made


def _kind(step: str | int) -> str:
    return "index" if isinstance(step, int) else "property"
