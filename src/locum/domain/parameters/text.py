"""Matches text against the patterns of schemas, with engines that cannot run away."""

from functools import lru_cache

import jsonschema_rs

_BACKTRACKS = 50_000
_SIZE = 1 << 20


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator | None:
    """The pattern compiled: in linear time where it can be, else with a limit; None where it is no pattern."""
    engines = (
        jsonschema_rs.RegexOptions(size_limit=_SIZE, dfa_size_limit=_SIZE),
        jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS, size_limit=_SIZE, dfa_size_limit=_SIZE),
    )
    for engine in engines:
        try:
            return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=engine)
        except (jsonschema_rs.ValidationError, ValueError):
            continue
    return None


def matches(pattern: object, text: str) -> bool:
    """Whether the pattern is found in the text; what is no pattern restricts nothing."""
    if not isinstance(pattern, str):
        return True
    compiled = _compiled(pattern)
    return compiled is None or compiled.is_valid(text)
