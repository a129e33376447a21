"""What is said of a database that cannot be used."""

import pytest

from locum.infra.postgres import DatabaseProblem, EmbeddedPostgres, check, database_url, described
from locum.infra.postgres import checking as module
from locum.infra.settings import read_settings


def url_of(**environment: str) -> str | None:
    return database_url(read_settings(environment))


class TestUrl:
    def test_none_means_the_embedded_one(self):
        assert url_of() is None

    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
    def test_all_spellings_of_the_scheme(self, scheme: str):
        assert url_of(LOCUM_DATABASE_URL=f"{scheme}://u:p@h:1/d") == "postgresql://u:p@h:1/d"

    def test_options_of_sqlalchemy_are_translated(self):
        url = url_of(PREFECT_API_DATABASE_CONNECTION_URL="postgresql+asyncpg://h/d?ssl=require&async_fallback=true")
        assert url == "postgresql://h/d?sslmode=require"

    def test_from_its_parts(self):
        parts = {"HOST": "h", "PORT": "1", "USER": "a b", "PASSWORD": "p/w", "NAME": "d"}
        given = {f"PREFECT_SERVER_DATABASE_{name}": value for name, value in parts.items()}
        assert url_of(**given) == "postgresql://a%20b:p%2Fw@h:1/d"

    def test_tls(self):
        tls = "PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_"
        given = {"LOCUM_DATABASE_URL": "postgresql://h/d", f"{tls}ENABLED": "true", f"{tls}CA_FILE": "/ca"}
        assert url_of(**given) == "postgresql://h/d?sslmode=verify-full&sslrootcert=/ca"

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("sqlite+aiosqlite:////x", "is for SQLite"),
            ("mysql://h/d", "begins with 'mysql'"),
            ("postgresql://h:x/d", "is not a URL"),
            ("nonsense", "begins with 'nonsense'"),
        ],
    )
    def test_wrong_ones(self, url: str, said: str):
        with pytest.raises(DatabaseProblem, match=said):
            url_of(LOCUM_DATABASE_URL=url)

    def test_passwords_are_not_shown(self):
        assert described("postgresql://u:hush@h/d") == "postgresql://u:***@h/d"


class TestCheck:
    async def test_a_good_one(self, own_url: str):
        await check(own_url)

    async def test_one_that_does_not_listen(self):
        with pytest.raises(DatabaseProblem, match=r"cannot reach PostgreSQL at 127\.0\.0\.1:1:"):
            await check("postgresql://u@127.0.0.1:1/d")

    async def test_no_such_database(self, postgres: EmbeddedPostgres):
        with pytest.raises(DatabaseProblem, match='no database "nosuch"'):
            await check(postgres.url("nosuch"))

    async def test_no_such_user(self, postgres: EmbeddedPostgres):
        with pytest.raises(DatabaseProblem, match='refused user "nobody"'):
            await check(postgres.url().replace("//locum@", "//nobody@"))

    async def test_too_old(self, own_url: str, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(module, "OLDEST", 99)
        with pytest.raises(DatabaseProblem, match="locum needs 99 or later"):
            await check(own_url)
