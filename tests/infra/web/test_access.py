"""With an auth string, nothing but probes gets in without it."""

from base64 import b64encode

import httpx
import pytest

from locum.domain.errors import Unauthorized
from locum.infra.web import Guard

SECRET = "admin:pässword"


def basic(text: str, scheme: str = "Basic") -> dict[bytes, bytes]:
    return {b"authorization": f"{scheme} {b64encode(text.encode()).decode()}".encode()}


class TestGuard:
    @pytest.mark.parametrize("path", ["/health", "/ready"])
    def test_probes_pass(self, path: str) -> None:
        Guard(SECRET).check("GET", path, {})

    def test_the_auth_string_passes(self) -> None:
        Guard(SECRET).check("POST", "/flows/", basic(SECRET))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            basic("admin:password"),
            basic(SECRET, "Bearer"),
            {b"authorization": b"Basic"},
            {b"authorization": b"Basic \xff\xfe"},
            {b"authorization": b"Basic !!!"},
            basic(SECRET + "x"),
            basic(""),
        ],
    )
    def test_anything_else_is_refused(self, headers: dict[bytes, bytes]) -> None:
        with pytest.raises(Unauthorized):
            Guard(SECRET).check("GET", "/flows/", headers)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/health"),
            ("GET", "/health/"),
            ("GET", "//health"),
            ("GET", "/variables/name/system-health"),
            ("GET", "?"),
        ],
    )
    def test_what_only_looks_like_a_probe_is_refused(self, method: str, path: str) -> None:
        with pytest.raises(Unauthorized):
            Guard(SECRET).check(method, path, {})

    def test_what_httpx_sends_passes(self) -> None:
        request = next(httpx.BasicAuth("admin", "pässword").auth_flow(httpx.Request("GET", "http://locum/api/flows")))
        Guard(SECRET).check("GET", "/flows", {b"authorization": request.headers["authorization"].encode()})
