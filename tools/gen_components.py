"""Prints the clients of the APIs beside the cluster, in both colours, and their models, from tools/facts/{api}.jsonl.

Each API is a room: `models.py`, `_async.py`, `_sync.py`, and an `__init__` that exports them. The facts say of each
operation its method and path, what it is called here and what it is about, and the verb of the command line; of each
struct and enum what it holds. Types are written as in Python; the rules:

- In an answer a field with `!` has to be there, one with `?` may be null and is None when absent, and every other one
  is empty when absent: an older or newer server is understood, but nobody else.
- In what is `sent`, a field without `!` is left out unless it is given. What a search filters by is the struct of what
  it finds, with only some fields given.
- A method of up to three parameters takes them by position too; one of more takes by position what is in the path.
  A parameter without `!` is None, or empty, and then not sent.
- A search that answers with a page, or with a list that goes on behind its last item, has a second method, `…_all`,
  that goes on through all pages.
- Enums are open: any text decodes. `Secret` is `base.redact.Secret` on both ways.

Alone: `python tools/gen_components.py [--check]`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from generator import ROOT, header, main
from layout import called, docstring, import_line, snake

ENDING: Final = " The API ends with 8.9; {} of c8py.Camunda takes its place since 8.8."
# Room, class, and what the class says of itself.
APIS: Final = {
    "console": ("Console", "The Administration API: what Console can do, without its pages."),
    "modeler": ("Modeler", "Web Modeler: projects, folders, files, their versions, and who works on them."),
    "optimize": ("Optimize", "Optimize: reports and dashboards in and out, and values that it did not see itself."),
    "operate": ("Operate", "Operate v1: what runs, and what ran." + ENDING.format("every search")),
    "tasklist": ("Tasklist", "Tasklist v1: tasks of people." + ENDING.format("user_tasks")),
}
SCALARS: Final = {"str": '""', "int": "0", "float": "0.0", "bool": "False", "object": "None"}
POSITIONAL_MAX: Final = 3
SORTS: Final = {"order": "orders(sort)", "direction": 'orders(sort, "direction")'}


class Operation(msgspec.Struct, frozen=True, tag="operation", tag_field="kind"):
    """One operation, and its method."""

    id: str
    call: str
    name: str
    about: str
    verb: str = ""
    group: str = ""
    answer: str = ""
    body: dict[str, str] | None = None
    query: dict[str, str] = {}
    names: dict[str, str] = {}
    whole: bool = False
    anonymous: bool = False
    deprecated: bool = False


class Fields(msgspec.Struct, frozen=True, tag="struct", tag_field="kind"):
    """One struct."""

    name: str
    about: str
    fields: dict[str, str]
    names: dict[str, str] = {}
    sent: bool = False
    of: str = ""


class Values(msgspec.Struct, frozen=True, tag="enum", tag_field="kind"):
    """One enum."""

    name: str
    values: tuple[str, ...]


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a method: its name, how it is declared, and what the call says for it."""

    name: str
    declared: str
    said: str


def outputs() -> dict[Path, bytes | str]:
    """Every generated file of these rooms."""
    made: dict[Path, bytes | str] = {}
    for room, (name, about) in APIS.items():
        folder = ROOT / "src" / "c8py" / room
        printer = Printer(room, name, about)
        made[folder / "__init__.py"] = printer.room()
        made[folder / "models.py"] = printer.models()
        made[folder / "_async.py"] = printer.client("Async")
        made[folder / "_sync.py"] = printer.client("")
    return made


class Printer:
    """Prints one room."""

    def __init__(self, room: str, name: str, about: str) -> None:
        path = ROOT / "tools" / "facts" / f"{room}.jsonl"
        self.room_name, self.name, self.about = room, name, about
        self.source = f"tools/facts/{room}.jsonl"
        facts = msgspec.json.Decoder(Operation | Fields | Values).decode_lines(path.read_bytes())
        self.operations = [fact for fact in facts if isinstance(fact, Operation)]
        self.structs = {fact.name: fact for fact in facts if isinstance(fact, Fields)}
        self.enums = {fact.name: fact for fact in facts if isinstance(fact, Values)}
        self.filters = {one.body["filter"] for one in self.operations if one.body and "filter" in one.body}

    def room(self) -> str:
        """The `__init__`."""
        classes = [f"Async{self.name}", self.name]
        names = [*self.enums, *self.structs]
        return "\n".join(
            [
                header(__file__, self.source) + f'"""{self.about}"""',
                "",
                f"from c8py.{self.room_name}._async import {classes[0]}",
                f"from c8py.{self.room_name}._sync import {classes[1]}",
                *import_line(f"c8py.{self.room_name}.models", sorted(names)),
                "",
                *called("__all__ = [", [f'"{name}"' for name in sorted([*classes, *names])], "]"),
                "",
            ]
        )

    # -- models

    def models(self) -> str:
        """The module of structs and enums."""
        body: list[str] = []
        for enum in self.enums.values():
            values = [f'"{value}"' for value in enum.values]
            body += [*called(f"{enum.name}: TypeAlias = Open[Literal[", values, "]]")]
        for struct in self._ordered():
            body += ["", *self._struct(struct)]
        return _with_imports(
            header(__file__, self.source) + f'"""{self.name}: what is said and answered."""', body, spaced=True
        )

    def _ordered(self) -> Iterator[Fields]:
        """Each after those that it holds."""
        done: set[str] = set()
        waiting = list(self.structs.values())
        while waiting:
            for one in list(waiting):
                needed = {word for kind in one.fields.values() for word in re.findall(r"\w+", kind)}
                if needed & (self.structs.keys() - done) <= {one.name}:
                    yield one
                    done.add(one.name)
                    waiting.remove(one)

    def _struct(self, struct: Fields) -> Iterator[str]:
        base = f"Model, Generic[{struct.of}]" if struct.of else "Model"
        if struct.of:
            yield f'{struct.of} = TypeVar("{struct.of}")'
            yield ""
        options = ", omit_defaults=True" if struct.name in self.filters else ""
        yield f"class {struct.name}({base}, frozen=True, kw_only=True{options}):"
        yield from docstring(struct.about, 4)
        for wire, kind in struct.fields.items():
            yield f"    {self._field(wire, kind, struct)}"

    def _field(self, wire: str, kind: str, struct: Fields) -> str:
        bare = kind.rstrip("!?")
        name = struct.names.get(wire) or snake(wire.replace("-", "_"))
        annotation, default = self._annotated(bare, sent=struct.sent), self._default(bare)
        if kind.endswith("!"):
            default = ""
        elif struct.sent:
            annotation, default = f"{annotation} | UnsetType", "UNSET"
        elif kind.endswith("?"):
            annotation, default = f"{annotation} | None", "None"
        if _camel(name) != wire:
            default = f'field(name="{wire}"{f", default={default}" if default else ""})'
        return f"{name}: {annotation}{f' = {default}' if default else ''}"

    def _annotated(self, kind: str, *, sent: bool) -> str:
        if kind.startswith("list["):
            item = self._annotated(kind[5:-1], sent=sent)
            return f"Sequence[{item}]" if sent else f"tuple[{item}, ...]"
        if kind.startswith("dict["):
            return f"Mapping[{kind[5:]}" if sent else kind
        return kind

    def _default(self, kind: str) -> str:
        if kind.startswith("list["):
            return "()"
        if kind.startswith("dict["):
            return "{}"
        if kind in self.enums:
            return '""'
        return SCALARS.get(kind) or f"{kind}()"

    # -- methods

    def client(self, prefix: str) -> str:
        """The module of the client in one colour."""
        body = [f"class {prefix}{self.name}({prefix}Component):", *docstring(self.about, 4)]
        body += [f'    PLACE = "{self.room_name}"']
        for operation in self.operations:
            body += ["", *self._method(operation, prefix)]
            if paged(operation):
                body += ["", *self._pages(operation, prefix)]
        colour = "_async" if prefix else "_sync"
        imports = {
            f"c8py.components.{colour}.component": [f"{prefix}Component"],
            f"c8py.{self.room_name}.models": sorted([*self.enums, *self.structs]),
        }
        told = self.about.partition(".")[0]
        return _with_imports(header(__file__, self.source) + f'"""{told}; the client."""', body, imports)

    def _method(self, operation: Operation, prefix: str) -> Iterator[str]:
        parameters = list(self._parameters(operation))
        paths = re.findall(r"{\w+}", operation.call)
        required = [one for one in parameters if "=" not in one.declared]
        optional = [one for one in parameters if "=" in one.declared]
        ordered = [*required, *optional]
        names = ["self", *(one.declared for one in ordered)]
        if len(ordered) > POSITIONAL_MAX:
            names.insert(1 + len(paths), "*")
        verb, answer = self._verb(operation.answer)
        start = f"    {'async ' if prefix else ''}def {operation.name}("
        yield from called(start, names, f") -> {answer}:")
        yield from docstring(operation.about + (" Deprecated." if operation.deprecated else ""), 8)
        arguments = [f'"{operation.call}"', *([answer] if verb == "_ask" else []), *self._said(operation, parameters)]
        back = "" if verb == "_tell" else "return "
        yield from called(f"        {back}{'await ' if prefix else ''}self.{verb}(", arguments)

    def _pages(self, operation: Operation, prefix: str) -> Iterator[str]:
        body = operation.body or {}
        left_out = {"size", "page", "page_size", *(snake(wire) for wire in body if wire.startswith("search"))}
        kept = [one for one in self._parameters(operation) if one.name not in left_out]
        start, place, pages = "search_after", "after", "_behind"
        if "page" in body:
            start, place, pages = "page", "page", "_numbered"
        elif operation.answer.startswith("list["):
            pages = "_behind_last"
        names = ["self", "*", *(one.declared for one in kept), "page_size: int | None = None"]
        item = operation.answer.partition("[")[2].removesuffix("]")
        size = "page_size" if "pageSize" in body else "size"
        yield from called(f"    def {operation.name}_all(", names, f") -> {prefix}Iterator[{item}]:")
        yield from docstring(f"Everything that `{operation.name}` finds, page after page of `page_size` items.", 8)
        said = [*(f"{one.name}={one.name}" for one in kept), f"{size}=page_size", f"{start}={place}"]
        yield from called(
            f"        return self.{pages}(", [f"lambda {place}: self.{operation.name}({', '.join(said)})"]
        )

    def _verb(self, answer: str) -> tuple[str, str]:
        if answer in {"", "text"}:
            return {"": ("_tell", "None"), "text": ("_text", "str")}[answer]
        return "_ask", answer

    def _parameters(self, operation: Operation) -> Iterator[Parameter]:
        for wire in re.findall(r"{(\w+)}", operation.call):
            name = operation.names.get(wire) or snake(re.sub("Uuid$", "Id", wire))
            yield Parameter(name, f"{name}: {'int | str' if wire == 'key' else 'str'}", name)
        for wire, kind in (operation.body or {}).items():
            yield self._parameter(wire, kind, operation.names.get(f"body.{wire}") or operation.names.get(wire, ""))
        for wire, kind in operation.query.items():
            yield self._parameter(wire, kind, operation.names.get(wire, ""))

    def _parameter(self, wire: str, kind: str, name: str) -> Parameter:
        name = name or snake(wire)
        bare = kind.rstrip("!")
        if bare in SORTS:
            return Parameter("sort", "sort: Sequence[str] = ()", SORTS[bare])
        annotation = self._annotated(bare, sent=True).replace("Secret", "Secret | str")
        if kind.endswith("!"):
            return Parameter(name, f"{name}: {annotation}", name)
        if bare.startswith("list["):
            return Parameter(name, f"{name}: {annotation} = ()", f"{name} or None")
        return Parameter(name, f"{name}: {annotation} | None = None", name)

    def _said(self, operation: Operation, parameters: list[Parameter]) -> Iterator[str]:
        count = len(re.findall(r"{\w+}", operation.call))
        yield from (one.said for one in parameters[:count])
        said = parameters[count : count + len(operation.body or {})]
        body = dict(zip(operation.body or {}, said, strict=True))
        asked = dict(zip(operation.query, parameters[count + len(body) :], strict=True))
        if asked:
            yield f"query={_members(asked)}"
        if operation.whole:
            yield f"body={next(iter(body.values())).said}"
        elif body:
            all_there = all("=" not in one.declared for one in body.values())
            yield f"body={_members(body)}" if all_there else f"body=given({_members(body)})"
        if operation.anonymous:
            yield "anonymous=True"


def paged(operation: Operation) -> bool:
    """Whether there is a method that goes through all pages of it: an answer with a page, or a list that goes on."""
    return operation.answer.startswith("Found[") or "searchAfter" in (operation.body or {})


def _members(parameters: Mapping[str, Parameter]) -> str:
    return "{" + ", ".join(f'"{wire}": {one.said}' for wire, one in parameters.items()) + "}"


def _with_imports(
    head: str, body: Iterable[str], own: Mapping[str, list[str]] | None = None, *, spaced: bool = False
) -> str:
    """A module, with the imports that its text needs."""
    text = "\n".join(body)
    words = set(re.findall(r"\w+", re.sub(r'""".*?"""|"[^"]*"', "", text, flags=re.DOTALL)))
    table = [
        {
            "collections.abc": ["AsyncIterator", "Iterator", "Mapping", "Sequence"],
            "typing": ["Generic", "Literal", "TypeAlias", "TypeVar"],
        },
        {
            "c8py.base.redact": ["Secret"],
            "c8py.components.bodies": ["given", "orders"],
            "c8py.models._base": ["UNSET", "Model", "Open", "UnsetType", *(["field"] if " = field(" in text else [])],
            **(own or {}),
        },
    ]
    lines = [head, ""]
    for group in table:
        needed = {module: [name for name in names if name in words] for module, names in group.items()}
        found = [line for module, names in needed.items() if names for line in import_line(module, names)]
        lines += [*found, ""] if found else []
    return "\n".join([*lines, *([] if spaced else [""]), text, ""])


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


if __name__ == "__main__":
    main(__name__)
