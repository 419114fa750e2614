"""Prints c8py.models from tools/facts/rest.jsonl: msgspec structs, keys, and the table of operations.

The rules:

- A module for each tag; a schema that the operations of one tag reach stands there, one that several reach in `common`.
  So a tag needs `common` and `keys` and nothing else, and no two modules need each other.
- Attributes are snake_case, the wire is camelCase. `$eq` is `eq`; a name that Python needs itself gets a `_`.
- What a request reaches is a *request*: what is optional is UNSET and then not sent; null is None.
- All others are *responses*. A field that may be null is None when it is absent. A field that came after the oldest
  server whose answers we read (8.6 for commands, 8.8 for queries) is empty when it is a list or a map, else UNSET.
  Only what each of those servers sends is required.
- All are `_base.Model`: members that no field is there for are kept (`_wire`), as many as a newer server writes.
- Enums are open: a `Literal` of the known values for readers and checkers, any text when decoding (`_base.Open`).
- Keys that the server makes are NewTypes of str; names that people give (tenant, element, user) are aliases of str.
- A value or a struct (`oneOf` of a filter) is a union. Several structs are merged into one with the fields of all,
  required only where all require them: msgspec tells structs apart by a tag only, which most of these lack, and a kind
  that is newer than this package has to survive.
- Dates are text (`_base.DateTime`), because servers differ in how they write an offset.
- Forms (multipart) have no struct; free maps stay `dict[str, object]`.

Alone: `python tools/gen_models.py [--check]`.
"""

import functools
import keyword
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from generator import ROOT, header, main
from rest_facts import Api, OperationFact, Property, Schema

FOLDER: Final = ROOT / "src" / "c8py" / "models"
SOURCE: Final = "tools/facts/rest.jsonl"
WIDTH: Final = 120
FLOORS: Final = {True: (8, 8), False: (8, 6)}  # the oldest server whose answers we read: to queries, to commands
SCALARS: Final = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
# Names that annotations of the same class need, so no field may hide them.
TAKEN: Final = frozenset({"object", "str", "int", "float", "bool", "bytes", "list", "dict"})
OPAQUE: Final = ("Key", "Cursor", "LeaseToken")  # endings of what the server makes up, and nobody else
IDS: Final = ("Id", "Name", "Username", "Tag")


class Role(msgspec.Struct, frozen=True):
    """How a struct is used: in a request, or only in answers, and then of which servers at the oldest."""

    request: bool
    floor: tuple[int, ...]


def outputs() -> dict[Path, bytes | str]:
    """Every generated file of c8py.models."""
    return Printer(Api.read()).files()


class Printer:
    """Decides where each schema stands, and prints the modules."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.tags: dict[str, set[str]] = defaultdict(set)
        self.roles: dict[str, Role] = {}
        self.uses: dict[str, str] = {}
        for operation in api.operations:
            self._note(operation)
        # No operation names it, because every one answers with it when something is wrong.
        self.tags["ProblemDetail"] = {operation.module for operation in api.operations}
        self.uses["ProblemDetail"] = "The body of every error."
        self.roles["ProblemDetail"] = Role(request=False, floor=FLOORS[False])

    def _note(self, operation: OperationFact) -> None:
        for schema, what in ((operation.request, "request"), (operation.response, "response")):
            request = what == "request"
            floor = FLOORS[operation.is_query]
            for name in self.api.reached(schema):
                if request and operation.consumes and schema and name == schema.ref:
                    continue  # a form
                self.tags[name].add(operation.module)
                before = self.roles.get(name, Role(request=request, floor=floor))
                self.roles[name] = Role(before.request or request, min(before.floor, floor))
                if schema and name in {schema.ref, schema.items.ref if schema.items else ""}:
                    self.uses.setdefault(name, f"The {what} of {operation.id}, since {operation.since}.")
            for name in self.api.reached(schema):
                self.uses.setdefault(name, f"Part of the {what} of {operation.id}.")

    def files(self) -> dict[Path, bytes | str]:
        """All modules."""
        modules = sorted({operation.module for operation in self.api.operations})
        made: dict[Path, bytes | str] = {FOLDER / f"{name}.py": self.module(name, modules) for name in modules}
        made[FOLDER / "common.py"] = self.module("common", modules)
        made[FOLDER / "keys.py"] = self.keys()
        made[FOLDER / "operations.py"] = self.operations()
        return made

    # -- where things stand

    def home(self, name: str) -> str:
        """The module of a struct or an enum."""
        tags = self.tags[name]
        return next(iter(tags)) if len(tags) == 1 else "common"

    @functools.cached_property
    def opaque(self) -> list[str]:
        """The keys: texts that only the server makes."""
        return [name for name in self._texts() if name.endswith(OPAQUE)]

    @functools.cached_property
    def ids(self) -> list[str]:
        """The texts that people make, and that have a name of their own."""
        return [name for name in self._texts() if name.endswith(IDS)]

    def _texts(self) -> Iterator[str]:
        for name, schema in self.api.schemas.items():
            if schema.type == "string" and not schema.enum and not schema.one_of:
                yield name

    @functools.cached_property
    def choices(self) -> dict[str, list[str]]:
        """The keys that are one of several others."""
        return {
            name: [part.ref for part in schema.one_of]
            for name, schema in self.api.schemas.items()
            if schema.type == "string" and schema.one_of
        }

    def in_keys(self, name: str) -> bool:
        """Whether the name belongs to the module of keys."""
        return name in self.opaque or name in self.ids or name in self.choices

    # -- types

    def type_of(self, schema: Schema, role: Role) -> str:
        """The annotation of a schema, without what makes a field optional."""
        name = self.api.named(schema)
        if name and (self.in_keys(name) or self.api.is_struct(self.api.schemas[name])):
            return name
        if schema.enum or (name and self.api.schemas[name].enum):
            return f"Open[{name or f'Literal[{_literals(schema)}]'}]"
        if schema.ref:
            return self.type_of(self.api.schemas[schema.ref], role)
        if schema.one_of or schema.any_of:
            parts = [self.type_of(part, role) for part in (*schema.one_of, *schema.any_of)]
            return " | ".join(dict.fromkeys(parts))
        return self._plain_type(schema, role)

    def _plain_type(self, schema: Schema, role: Role) -> str:
        if schema.items:
            return f"{'Sequence' if role.request else 'list'}[{self.type_of(schema.items, role)}]"
        if schema.type == "object":
            value = schema.additional_properties
            of = self.type_of(value, role) if isinstance(value, Schema) else "object"
            return f"{'Mapping' if role.request else 'dict'}[str, {of}]"
        formats = {"date-time": "DateTime", "binary": "bytes"}
        return formats.get(schema.format) or SCALARS.get(schema.type, "object")

    def field(self, wire: str, field: Property, role: Role) -> str:
        """One line of a struct."""
        schema = field.schemas[0]
        parts = dict.fromkeys(self.type_of(part, role) for part in field.schemas)
        nullable = any(part.nullable or self._null_target(part) for part in field.schemas) and "object" not in parts
        newer = bool(schema.since) and _version(schema.since) > role.floor
        default = ""
        if nullable:
            parts["None"] = None
        if not role.request and nullable:
            default = "None"
        elif not role.request and field.required and newer and next(iter(parts)).startswith(("list[", "dict[")):
            default = "[]" if next(iter(parts)).startswith("list[") else "{}"
        elif not field.required or (newer and not role.request):
            parts["UnsetType"] = None
            default = "UNSET"
        name = _snake(wire)
        if _camel(name) != wire:
            default = f'field(name="{wire}"{f", default={default}" if default else ""})'
        line = f"    {name}: {' | '.join(parts)}{f' = {default}' if default else ''}"
        notes = [f"since {schema.since}"] if _version(schema.since) > FLOORS[True] else []
        notes += ["deprecated"] if schema.deprecated else []
        return line + (f"  # {', '.join(notes)}" if notes else "")

    def _null_target(self, schema: Schema) -> bool:
        if not schema.ref:
            return False
        target = self.api.schemas[schema.ref]
        return target.nullable or any(part.nullable or self._null_target(part) for part in target.one_of)

    # -- modules

    def module(self, module: str, tags: list[str]) -> str:
        """A module of structs; that of a tag hands on what its operations need from `common`."""
        own = [name for name in self.tags if self.home(name) == module and not self.in_keys(name)]
        enums = sorted(name for name in own if self.api.schemas[name].enum)
        structs = self._ordered([name for name in own if self.api.is_struct(self.api.schemas[name])])
        body: list[str] = []
        for name in enums:
            body += [f"{name}: TypeAlias = Literal[{_literals(self.api.schemas[name])}]"]
        for name in structs:
            body += ["", *self._struct(name, structs)]
        text = "\n".join(line for part in body for line in _wrapped(part)) + "\n"
        handed_on = [] if module == "common" else self._handed_on(module, tags)
        names = sorted([*handed_on, *enums, *structs])
        what = "what several tags share" if module == "common" else module.replace("_", " ")
        lines = [header(__file__, SOURCE) + f'"""The REST API: {what}."""', ""]
        lines += [*_imports(text, handed_on, [*self.opaque, *self.ids, *self.choices]), ""]
        lines += [*_wrapped(f"__all__ = [{', '.join(map(_quoted, names))}]"), ""]
        return "\n".join(lines) + "\n" + text.lstrip("\n" if not enums else "")

    def _handed_on(self, module: str, tags: list[str]) -> list[str]:
        assert module in tags
        shared = (name for name in self.tags if self.home(name) == "common" and module in self.tags[name])
        shown = (n for n in shared if self.api.schemas[n].enum or self.api.is_struct(self.api.schemas[n]))
        return sorted(shown)

    def _struct(self, name: str, order: list[str]) -> Iterator[str]:
        role = self.roles[name]
        yield f"class {name}(Model, frozen=True, kw_only=True):"
        yield f'    """{self.uses[name]}"""'
        fields = self.api.properties(name)
        later = set(order[order.index(name) :])
        for wire, field in fields.items():
            line = self.field(wire, field, role)
            if later & set(re.findall(r"\w+", line.partition(": ")[2])):
                line = re.sub(r": (.*?)( = .*)?$", r': "\1"\2', line)
            yield line

    def _ordered(self, names: Iterable[str]) -> list[str]:
        """Each after what it needs; only circles need a name that comes later."""
        names = sorted(names)
        done: dict[str, None] = {}
        open_: set[str] = set()

        def visit(name: str) -> None:
            if name in done or name in open_ or name not in names:
                return
            open_.add(name)
            for needed in self.api.reached(Schema(ref=name)):
                if needed != name:
                    visit(needed)
            done[name] = None

        for name in names:
            visit(name)
        return list(done)

    def keys(self) -> str:
        """The module of keys."""
        lines = [
            header(__file__, SOURCE) + '"""Types of keys and ids.',
            "",
            "A key is made by the server: a NewType of str, so that one kind is not taken for another. An id or a name",
            "is given by people: an alias of str.",
            '"""',
            "",
            "from typing import Final, NewType, TypeAlias",
            "",
            *(f'{name} = NewType("{name}", str)' for name in sorted(self.opaque)),
            "",
            *(f"{name}: TypeAlias = {' | '.join(parts)}" for name, parts in sorted(self.choices.items())),
            "",
            *(f"{name}: TypeAlias = str" for name in sorted(self.ids)),
            "",
            "# Servers up to 8.6 write keys as numbers: the wire names of all fields of answers that hold a key, and",
            "# of those that hold what users put there, where nothing may be changed.",
            *_wrapped(f"KEY_FIELDS: Final = frozenset({{{', '.join(map(_quoted, self._key_fields()))}}})"),
            *_wrapped(f"FREE_FIELDS: Final = frozenset({{{', '.join(map(_quoted, self._free_fields()))}}})"),
        ]
        return "\n".join(lines) + "\n"

    def _wire_types(self) -> Iterator[tuple[str, str]]:
        for name, role in self.roles.items():
            if not role.request and self.api.is_struct(self.api.schemas[name]):
                for wire, field in self.api.properties(name).items():
                    yield wire, self.type_of(field.schemas[0], role)

    def _key_fields(self) -> list[str]:
        keys = {*self.opaque, *self.choices}
        return sorted({wire for wire, type_ in self._wire_types() if type_ in keys and type_.endswith("Key")})

    def _free_fields(self) -> list[str]:
        return sorted({wire for wire, type_ in self._wire_types() if type_.endswith("[str, object]")})

    def operations(self) -> str:
        """The table of operations."""
        lines = [
            header(__file__, SOURCE) + '"""The operations of the REST API, by id."""',
            "",
            "from collections.abc import Mapping",
            "from typing import Final",
            "",
            "from c8py.models._operation import Operation",
            "",
            '__all__ = ["OPERATIONS", "Operation"]',
            "",
            "OPERATIONS: Final[Mapping[str, Operation]] = {",
            *(f'    "{o.id}": Operation({", ".join(self._arguments(o))}),' for o in self.api.operations),
            "}",
        ]
        return "\n".join(lines) + "\n"

    def _arguments(self, operation: OperationFact) -> Iterator[str]:
        o = operation
        yield from (_quoted(text) for text in (o.id, o.method, o.path, o.tag, o.since))
        role = Role(request=False, floor=FLOORS[True])
        request = self.type_of(o.request, role) if o.request and not o.consumes else ""
        request = "" if request == "object" else request  # it may have a body, but nothing is known to stand in it
        response = self.type_of(o.response, role) if o.response else ""
        if o.produces == "application/octet-stream":
            response = "bytes"
        yield _quoted(request)
        yield _quoted(response)
        yield str(o.status)
        if o.query:
            yield f"query={_texts(q.name for q in o.query)}"
            if any(q.required for q in o.query):
                yield f"query_required={_texts(q.name for q in o.query if q.required)}"
        yield from ("body_required=True",) if o.body else ()
        yield from ("eventually_consistent=True",) if o.eventual else ()
        yield from (f"scope={_quoted(o.scope)}",) if o.scope else ()
        yield from (f"request_content={_quoted(o.consumes)}",) if o.consumes else ()
        yield from (f"response_content={_quoted(o.produces)}",) if o.produces else ()
        yield from ("deprecated=True",) if o.deprecated else ()
        newer = ", ".join(f'"{wire}": "{since}"' for wire, since in self._newer(o))
        yield from (f"newer={{{newer}}}",) if newer else ()

    def _newer(self, operation: OperationFact) -> Iterator[tuple[str, str]]:
        name = self.api.named(operation.request) if operation.request and not operation.consumes else ""
        if name and self.api.is_struct(self.api.schemas[name]):
            for wire, field in self.api.properties(name).items():
                since = field.schemas[0].since
                if _version(since) > _version(operation.since):
                    yield wire, since


def _imports(text: str, handed_on: list[str], keys: Iterable[str]) -> Iterator[str]:
    """The import lines that a module's text needs."""
    words = set(re.findall(r"\w+", re.sub(r'""".*?"""|#.*|"[^"]*"(?=[,)\]])', "", text)))
    words |= set(re.findall(r"\w+", " ".join(re.findall(r': "(.*?)"', text))))
    table = {
        "collections.abc": ["Mapping", "Sequence"],
        "typing": ["Literal", "TypeAlias"],
        "c8py.models._base": ["UNSET", "DateTime", "Model", "Open", "UnsetType", "field"],
        "c8py.models.common": handed_on,
        "c8py.models.keys": sorted(keys),
    }
    before = ""
    for module, names in table.items():
        needed = [name for name in names if name in words or module == "c8py.models.common"]
        if " = field(" not in text:
            needed = [name for name in needed if name != "field"]  # the word is the name of an attribute, too
        group = "own" if module.startswith("c8py.") else "std"
        if needed:
            if before and before != group:
                yield ""
            before = group
            line = f"from {module} import {', '.join(needed)}"
            yield from [line] if len(line) <= WIDTH else _wrapped(f"from {module} import ({', '.join(needed)})")


def _wrapped(line: str) -> list[str]:
    """The line, or where it is too long its bracket's content on lines of its own."""
    if len(line) <= WIDTH or line.startswith(" "):
        return [line]
    start, end = min(line.index(c) for c in "[({" if c in line), max(line.rindex(c) for c in "])}" if c in line)
    if line[start : start + 2] == "({":
        start, end = start + 1, end - 1
    inner = textwrap.wrap(line[start + 1 : end], WIDTH - 5, break_long_words=False, break_on_hyphens=False)
    return [line[: start + 1], *(f"    {part}" for part in inner[:-1]), f"    {inner[-1]},", line[end:]]


def _quoted(text: str) -> str:
    return f'"{text}"'


def _texts(texts: Iterable[str]) -> str:
    return "(" + "".join(f'"{text}", ' for text in texts).removesuffix(" ") + ")"


def _literals(schema: Schema) -> str:
    return ", ".join(_quoted(value) for value in schema.enum if value is not None)


def _snake(wire: str) -> str:
    name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", wire.lstrip("$"))).lower()
    return f"{name}_" if keyword.iskeyword(name) or name in TAKEN else name


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) if text else (0,)


if __name__ == "__main__":
    main(__name__)
