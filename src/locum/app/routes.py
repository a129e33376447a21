"""The table of contents of the API: one line per feature."""

from locum.features.admin import routes as admin
from locum.infra.web import Operation, Socket

OPERATIONS: tuple[Operation, ...] = (*admin.OPERATIONS,)

SOCKETS: tuple[Socket, ...] = ()
