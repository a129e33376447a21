"""Gives a recurrence rule that is being stored the DTSTART which it would otherwise have silently."""

from datetime import UTC, datetime, timedelta

from dateutil.rrule import MINUTELY, SECONDLY

from locum.domain.schedules.rrule_text import DEFAULT_ANCHOR, RRuleInvalid, parse_anchored
from locum.domain.schedules.rrules import rule_zone


def anchored_rrule(text: str, timezone: str | None, now: datetime) -> str:
    """The rule with a DTSTART: 2020, or for rules of minutes and seconds the last point of their grid before `now`."""
    if "DTSTART" in text.upper():
        return text
    try:
        recurrence = parse_anchored(text)
    except RRuleInvalid:
        return text
    anchor = DEFAULT_ANCHOR
    if recurrence.single:
        rule = recurrence.rules[0]
        if rule.count is None and rule.frequency in (MINUTELY, SECONDLY):
            period = timedelta(seconds=rule.interval * (60 if rule.frequency == MINUTELY else 1))
            wall = now.astimezone((rule_zone(timezone) if timezone else None) or UTC).replace(tzinfo=None)
            anchor += max(0, (wall - anchor) // period) * period
    return f"DTSTART:{anchor:%Y%m%dT%H%M%S}\n{text}"
