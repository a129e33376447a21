"""Tours of blocks and their types."""

from __future__ import annotations

from compat.scenarios.site import unique
from compat.tours.tour import Each, Tour

NOWHERE = "00000000-0000-4000-8000-000000000000"
BLOCKS = """
    from typing import Optional

    from prefect.blocks.core import Block
    from pydantic import BaseModel, Field, SecretStr

    class Inner(Block):
        '''Within another. More is said here.'''

        _block_type_name = "Inner {mark}"
        _block_type_slug = "inner-{mark}"
        word: str = "inside"
        key: SecretStr = SecretStr("hidden inside")

    class Plain(BaseModel):
        depth: int = 1
        note: Optional[str] = None

    class Outer(Block):
        '''Holds another, with an example.

        Args:
            inner: the one within
        '''

        _block_type_name = "Outer {mark}"
        _block_type_slug = "outer-{mark}"
        _logo_url = "https://example.com/logo.png"
        _documentation_url = "https://example.com/docs"
        inner: Inner = Field(default_factory=Inner, title="The inner one", description="the one within")
        plain: Plain = Plain()
        secrets: list[SecretStr] = Field(default_factory=list)
        number: float = Field(default=1.5, ge=0)
"""
SAVE = """
    import json
    import sys
    from pydantic import SecretStr
    from blocks import Inner, Outer

    inner = Inner(word="within", key=SecretStr("deep"))
    told = {{"inner": str(inner.save("{mark}-inner"))}}
    told["outer"] = str(Outer(inner=inner, secrets=[SecretStr("one")]).save("{mark}-outer"))
    print(json.dumps(told))
"""


def test_blocks(tour: Tour) -> None:
    """`prefect block`: types registered from a file, and their documents."""
    mark = unique("00-b")  # listed first, however many there are
    tour.both(lambda site, _: site.write("blocks.py", BLOCKS.format(mark=mark)))
    tour.cli("block", "register", "--file", "blocks.py")
    tour.cli("block", "register", "--file", "none.py", fails=True)
    tour.cli("block", "register", "--module", "prefect.none", fails=True)
    tour.cli("block", "type", "ls", only=mark)
    # The peer keeps a schema's fields in the order of PostgreSQL's jsonb, not in the order that they were declared in.
    tour.cli("block", "type", "inspect", f"outer-{mark}", only=mark)
    tour.cli("block", "type", "inspect", f"outer-{mark}", "--output", "json", keys="unordered")
    tour.cli("block", "type", "inspect", f"none-{mark}", fails=True)
    tour.cli("block", "create", f"outer-{mark}")
    tour.cli("block", "create", f"none-{mark}", fails=True, only="not found")

    told = tour.program(SAVE.format(mark=mark))
    tour.cli("block", "ls", only=mark)
    tour.cli("block", "inspect", f"outer-{mark}/{mark}-outer")
    tour.cli("block", "inspect", f"outer-{mark}/{mark}-outer", "--output", "json", keys="unordered")
    tour.cli("block", "inspect", "--id", Each(told.locum["inner"], told.peer["inner"]))
    tour.cli("block", "inspect", f"outer-{mark}/none", fails=True)
    tour.cli("block", "inspect", "--id", NOWHERE, fails=True)
    tour.cli("block", "inspect", fails=True)
    tour.cli("block", "delete", f"inner-{mark}/{mark}-inner")
    tour.cli("block", "inspect", f"outer-{mark}/{mark}-outer")
    tour.cli("block", "delete", "--id", Each(told.locum["outer"], told.peer["outer"]))
    tour.cli("block", "delete", f"outer-{mark}/{mark}-outer", fails=True)
    tour.cli("block", "delete", "--id", NOWHERE, fails=True)
    tour.cli("block", "type", "delete", f"outer-{mark}")
    tour.cli("block", "type", "delete", f"outer-{mark}", fails=True)


def test_the_systems_blocks(tour: Tour) -> None:
    """The types that every server has: registered anew by the client, and protected."""
    name = unique("s")
    program = """
        import json
        from prefect.blocks.system import Secret
        print(json.dumps(str(Secret(value={"a": [1, "two"]}).save("NAME"))))
    """
    tour.program(program.replace("NAME", name))
    tour.cli("block", "register", "--module", "prefect.blocks.system")
    tour.cli("block", "register", "--module", "prefect.filesystems")
    tour.cli("block", "register", "--module", "prefect.blocks.webhook")
    tour.cli("block", "register", "--module", "prefect.blocks.notifications")
    tour.cli("block", "inspect", f"secret/{name}")
    tour.cli("block", "type", "delete", "secret", fails=True)
    tour.cli("block", "delete", f"secret/{name}")
