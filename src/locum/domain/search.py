"""The query language of text searches: words, of which some are required or excluded, and phrases in quotes."""

import re
from dataclasses import dataclass, field

# A sign counts only where something follows it at once; a phrase may lack its closing quote.
_WORD = re.compile(r'([-!+](?=\S))?(?:"((?:\\.|[^"\\]|\\$)*)"?|([^\s"]+))', re.DOTALL)
_LONE_SIGN = re.compile(r"[-!+](?=\s|$)")
_ESCAPE = re.compile(r'\\(["\\])')


@dataclass
class Search:
    """What a text must hold: one of `include`, none of `exclude`, all of `required`. Empty lists ask nothing."""

    include: list[str] = field(default_factory=list[str])
    exclude: list[str] = field(default_factory=list[str])
    required: list[str] = field(default_factory=list[str])

    def found_in(self, text: str) -> bool:
        """Whether the text holds what is asked, whatever its case."""
        lowered = text.lower()
        if self.include and not any(word.lower() in lowered for word in self.include):
            return False
        if any(word.lower() in lowered for word in self.exclude):
            return False
        return all(word.lower() in lowered for word in self.required)


def parse_search(query: str) -> Search:
    """Read a query; nothing is ever malformed."""
    search = Search()
    kinds = {"-": search.exclude, "!": search.exclude, "+": search.required}
    position = 0
    while position < len(query):
        if query[position].isspace():
            position += 1
        elif lone := _LONE_SIGN.match(query, position):
            position = lone.end()
        elif found := _WORD.match(query, position):
            sign, phrase, word = found.groups()
            text = word if phrase is None else _ESCAPE.sub(r"\1", phrase)
            if text.strip():
                kinds.get(sign, search.include).append(text)
            position = max(found.end(), position + 1)
        else:
            position += 1
    return search
