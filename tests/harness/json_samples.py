"""JSON that fits a schema: the least of it, all of it, or some of it by chance. Chooses by `pick` alone.

What it makes is held against a validator wherever it is used: a sample that is wrong fails there, not in silence.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

Json = dict[str, Any]
Pick = Callable[[int], int]
"""Chooses one of so many: a number from 0 to below it."""
Amount = Literal["least", "all", "some"]

DEPTH_ALL: Final = 7  # below it only what has to be there: filters hold filters
TIME: Final = "2026-11-21T10:15:30.123Z"
_BY_PATTERN: Final = {
    "^-?[0-9]+$": ("2251799813685249", "-1"),
    r"^\d*\*$": ("12*", "*"),
    "^[a-zA-Z0-9_~@.+-]+$": ("ann+1@example.org", "_"),
    r"^[a-zA-Z0-9_~@.+\-]+$": ("listener-1", "~"),
    r"^[\w_][\w0-9_\-\.]*$": ("order-1.2", "ä"),
    "^[0-9]+-[0-9]+$": ("2251799813685249-17",),
    "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=)?$": ("WzEsMl0=", "WzFd"),
    r"^[A-Za-z][A-Za-z0-9_\-:.]{0,99}$": ("urgent", "a:b.c-d_e"),
    r"^(<default>|[\w\.\-]{1,31})$": ("<default>", "tenant-1"),
    "^project_admin|editor|viewer|commenter$": ("project_admin", "viewer"),
    "^bpmn|dmn|form|connector_template$": ("bpmn", "form"),
}
_BY_FORMAT: Final = {
    "date-time": (TIME, "2026-11-21T11:15:30+01:00"),
    "uri": ("https://example.org/a?b=c",),
    "uri-reference": ("about:blank",),
    "uuid": ("6f9a1c1e-7a53-4d59-9d52-0a8bd0e2c001",),
    "email": ("ann@example.org",),
    "date": ("2026-11-21",),
}
_TEXTS: Final = ("text", 'ä\u2028\U0001f600 "\\', "a/b?c=d&e#f%2F")
_FREE: Final = ({"k": 1}, {"a": {"b": [1.5, "x", True, None]}}, {"": "", "ä b": -1})


class JsonSamples:
    """Makes JSON for the schemas of a document.

    Args:
        api: the OpenAPI document.
        pick: chooses between alternatives, values and, for `some`, whether to have what may be absent.
        amount: of what may be absent.
        newer: the value of every enum, in place of a known one, as a newer server may say it; empty for known ones.
        more: put into every object with known members, as a newer server may do.
    """

    def __init__(
        self, api: Json, *, pick: Pick, amount: Amount, newer: str = "", more: Mapping[str, object] | None = None
    ) -> None:
        self._schemas: Mapping[str, Json] = api["components"]["schemas"]
        self._pick = pick
        self._amount: Amount = amount
        self._newer = newer
        self._more = more or {}

    def value(self, schema: Json, depth: int = 0) -> Any:
        """A value that fits."""
        schema = self.resolved(schema)
        if "anyOf" in schema:
            return self.value(self._alternative(schema["anyOf"], depth), depth)
        if "enum" in schema:
            known = self._one(schema["enum"])
            return self._newer if self._newer and known is not None else known
        makers: dict[str, Callable[[Json, int], Any]] = {
            "string": self._string,
            "integer": self._integer,
            "number": lambda _schema, _depth: self._one((0.5, -1e9, 3)),
            "boolean": lambda _schema, _depth: self._pick(2) == 0,
            "null": lambda _schema, _depth: None,
            "array": self._array,
            "object": self._object,
        }
        kind = schema.get("type", "object" if "properties" in schema else None)
        return makers[kind](schema, depth) if kind else self._one((1, "x", None, {"a": [1]}))

    def resolved(self, schema: Json) -> Json:
        """The schema that a reference leads to."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def _alternative(self, alternatives: list[Json], depth: int) -> Json:
        if depth > DEPTH_ALL or self._amount == "least":
            return alternatives[-1]  # null, where there is null
        return alternatives[self._pick(len(alternatives))]

    def _one(self, values: Any) -> Any:
        return values[self._pick(len(values))]

    def _wanted(self, depth: int) -> bool:
        if depth > DEPTH_ALL or self._amount == "least":
            return False
        return self._amount == "all" or self._pick(2) == 0

    def _object(self, schema: Json, depth: int) -> Any:
        known: Json = schema.get("properties", {})
        required = set(schema.get("required", ()))
        # A required null is no loss: the least has it.
        made = {
            name: self.value(part, depth + 1) for name, part in known.items() if name in required or self._wanted(depth)
        }
        others = schema.get("additionalProperties", True)
        if known:
            return {**made, **self._more}
        if not self._wanted(depth) or others is False:
            return made
        return self._one(_FREE) if others is True else {"k": self.value(others, depth + 1)}

    def _array(self, schema: Json, depth: int) -> list[Any]:
        count = schema.get("minItems", 0)
        if self._wanted(depth):
            count = max(count, 1 + (self._amount == "some" and self._pick(2)))
        values = [self.value(schema["items"], depth + 1) for _ in range(count)]
        return values[:1] if schema.get("uniqueItems") else values

    def _integer(self, schema: Json, _depth: int) -> int:
        least = schema.get("minimum", -1)
        # JSON of others loses digits beyond 2^53: ours may not.
        most = schema.get("maximum", 2**53 + 1 if schema.get("format") == "int64" else 2**31 - 1)
        return self._one((least, most, max(least, min(7, most))))

    def _string(self, schema: Json, _depth: int) -> str:
        pattern = schema.get("pattern")
        assert pattern is None or pattern in _BY_PATTERN, f"expected an example for {pattern!r}; add one to _BY_PATTERN"
        texts = _BY_PATTERN[pattern] if pattern else _BY_FORMAT.get(schema.get("format", ""), _TEXTS)
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        return str(self._one(texts))[:most].ljust(least, "x")
