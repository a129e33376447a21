"""The web: typed operations and sockets, what they are given, what they may answer."""

from locum.infra.web.access import Guard
from locum.infra.web.application import Application
from locum.infra.web.arguments import Embedded, Header, Query, RequestInvalid
from locum.infra.web.call import Call, Reply, Services, Stream, reply_json
from locum.infra.web.cors import Cors
from locum.infra.web.forgery import ForgeryGuard
from locum.infra.web.openapi import openapi
from locum.infra.web.operation import Answer, Operation, Socket
from locum.infra.web.versions import API_VERSION, PARITY_VERSION

__all__ = [
    "API_VERSION",
    "PARITY_VERSION",
    "Answer",
    "Application",
    "Call",
    "Cors",
    "Embedded",
    "ForgeryGuard",
    "Guard",
    "Header",
    "Operation",
    "Query",
    "Reply",
    "RequestInvalid",
    "Services",
    "Socket",
    "Stream",
    "openapi",
    "reply_json",
]
