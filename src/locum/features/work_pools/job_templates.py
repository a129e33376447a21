"""Base job templates with the blocks that their defaults refer to, and whether job variables conform to them."""

from dataclasses import dataclass
from typing import Any

import orjson

from locum.domain.errors import Invalid
from locum.domain.parameters import (
    Blocks,
    CircularSchema,
    Mismatch,
    SchemaInvalid,
    check_job_variables,
    wanted_blocks,
)
from locum.features.blocks.commands import documents
from locum.infra.cipher import Cipher
from locum.infra.db import Executor

CIRCULAR = "Invalid schema: Unable to validate schema with circular references."


@dataclass(frozen=True)
class JobTemplate:
    """A base job template, and the data of the blocks that its defaults refer to."""

    template: Any
    blocks: Blocks

    def mismatch(self, *given: Any, partial: bool, trust_defaults: bool = True) -> str | None:
        """Where job variables do not conform. Raises NotFound where a block is missing, Invalid for no schema."""
        try:
            check_job_variables(
                self.template, *given, blocks=self.blocks, partial=partial, trust_defaults=trust_defaults
            )
        except SchemaInvalid as error:
            raise Invalid(f"Invalid schema: {error.reason}") from error
        except CircularSchema as error:
            raise Invalid(CIRCULAR) from error
        except Mismatch as error:
            return str(error)
        return None

    def require(self, *given: Any, doing: str, partial: bool) -> None:
        """Raises Invalid where job variables do not conform, NotFound where a block is missing."""
        mismatch = self.mismatch(*given, partial=partial)
        if mismatch is not None:
            raise Invalid(f"Error {doing}: {mismatch}")


async def with_blocks(ex: Executor, cipher: Cipher, template: Any) -> JobTemplate:
    """A template with its blocks; nothing is read where it refers to none."""
    wanted = wanted_blocks(template)
    return JobTemplate(template, await documents.data_of(ex, cipher, wanted) if wanted else {})


async def stored(ex: Executor, cipher: Cipher, text: str | None) -> JobTemplate:
    """The same of a template that is given as JSON text; of no pool there is none."""
    return await with_blocks(ex, cipher, orjson.loads(text or "{}"))
