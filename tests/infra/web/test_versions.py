import pytest

from locum.domain.errors import BadRequest
from locum.infra.web import API_VERSION
from locum.infra.web.versions import check_version


class TestHeader:
    @pytest.mark.parametrize("header", [None, b"", b"0.8.0", b"0.8.4", b" 0. 8.4"])
    def test_taken(self, header: bytes | None):
        assert check_version(header, None) is False

    @pytest.mark.parametrize("header", [b"0.8.5", b"0.9.0", b"9.9.9"])
    def test_of_a_newer_client(self, header: bytes):
        assert check_version(header, None) is True

    @pytest.mark.parametrize("header", [b"abc", b"0.8", b"0.8.4.1", b"0.8.x", b"..", b"0.8.\xff"])
    def test_malformed(self, header: bytes):
        with pytest.raises(BadRequest) as raised:
            check_version(header, None)
        assert raised.value.detail == (
            "Invalid X-PREFECT-API-VERSION header format."
            f"Expected header in format 'x.y.z' but received {header.decode('latin-1')}"
        )

    @pytest.mark.parametrize("header", [b"0.7.9", b"0.0.0", b"0.-8.4"])
    def test_too_old(self, header: bytes):
        with pytest.raises(BadRequest) as raised:
            check_version(header, None)
        assert raised.value.detail == (
            f"The request specified API version {header.decode()} but this server requires version 0.8.0 or higher."
        )


class TestUserAgent:
    @pytest.mark.parametrize("agent", [b"prefect/3.10.0 (API 0.8.4)", b"prefect/4.0.0 (API 0.8.4)"])
    def test_of_a_newer_client(self, agent: bytes):
        assert check_version(API_VERSION.encode(), agent) is True

    @pytest.mark.parametrize(
        "agent",
        [None, b"", b"prefect/3.9.7 (API 0.8.4)", b"prefect/3.0.11 (API 0.8.4)", b"curl/8.1", b"prefect/x (API 1)"],
    )
    def test_of_any_other(self, agent: bytes | None):
        assert check_version(API_VERSION.encode(), agent) is False
