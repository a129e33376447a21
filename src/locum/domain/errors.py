"""What can go wrong, in the domain's words; only the web floor knows the status codes.

DomainError
  Invalid        the request is well formed but asks for something that cannot be
  BadRequest     the request itself cannot be understood
  Unauthorized   nobody is known to be asking
  Forbidden      somebody is asking who may not
  NotFound       what was named does not exist (or may not be seen)
  Conflict       it exists already, or changed meanwhile
  Locked         a limit holds it back for now
  TooLarge       the body is over the limit
  Unavailable    the database is away or took too long: try again
"""


class DomainError(Exception):
    """The root of all errors that a command may raise on purpose; `detail` is for the caller to read."""

    def __init__(self, detail: str, *, retry_after: float | None = None, bare: bool = False) -> None:
        """`bare` asks for the older error shape (`exception_message`); `retry_after` is in seconds."""
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.bare = bare


class Invalid(DomainError):
    """A well-formed request that asks for something that cannot be."""


class BadRequest(DomainError):
    """A request that cannot be understood."""


class Unauthorized(DomainError):
    """Nobody is known to be asking."""


class Forbidden(DomainError):
    """Somebody is asking who may not."""


class NotFound(DomainError):
    """What was named does not exist, or may not be seen."""


class Conflict(DomainError):
    """It exists already, or was changed meanwhile."""


class Locked(DomainError):
    """A limit holds it back for now."""


class TooLarge(DomainError):
    """The body is over the limit."""


class Unavailable(DomainError):
    """The database is away or took too long; the same request may succeed later."""
