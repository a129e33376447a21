"""Runs the SQL file of a revision as it stands, many statements at once."""

from typing import Any, cast

from alembic import op

from locum.tables.migrations import LOCATION


def run_file(name: str) -> None:
    """Run `versions/<name>` in the migration's transaction."""
    # Past SQLAlchemy, whose statements are prepared and so cannot hold more than one command.
    driver = cast("Any", op.get_bind().connection.dbapi_connection)
    sql = (LOCATION / "versions" / name).read_text(encoding="utf-8")

    def run(connection: Any) -> Any:
        return connection.execute(sql)

    driver.run_async(run)
