"""Prints the methods of every operation of the REST API, grouped by noun, in both colours, from tools/facts/rest.jsonl.

The rules:

- A module and a class for each tag, under the plural of its name: `camunda.process_instances`. A module is imported
  when its noun is first used, and needs the models of its tag alone.
- A method has the operation's name without the noun in it: `cancelProcessInstance` is `cancel`, `assignRoleToTenant`
  of tenants is `assign_role`. METHODS holds what follows no rule.
- What stands in the path comes first and by position; the fields of the body and what stands behind the `?` come by
  name, in snake_case, those that are required without a default. `page` is laid out: `limit`, `after`, `before`,
  `from_`. `sort` takes the wire's names, with a `-` before those that go down.
- A search whose answer has a cursor has a second method, `…_all`, that goes on through all pages.
- Forms (multipart) are written by hand, in `client/_async/uploads.py`: BASES names who has them.

Alone: `python tools/gen_nouns.py [--check]`.
"""

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from gen_models import Printer, Role
from generator import ROOT, header, main
from layout import WIDTH, called, docstring, filled, import_line, snake
from rest_facts import Api, OperationFact, Query, Schema

CLIENT: Final = ROOT / "src" / "c8py" / "client"
SOURCE: Final = "tools/facts/rest.jsonl"
# Nouns that have no plural, or another one.
PLURALS: Final = {
    "Authentication": "authentication",
    "Clock": "clock",
    "Cluster": "cluster",
    "Decision requirements": "decision_requirements",
    "Exporting": "exporting",
    "License": "license",
    "Recovery": "recovery",
    "Setup": "setup",
    "System": "system",
}
# Operations whose name without the noun says too little, says another one's, or is a word of Python.
METHODS: Final = {
    "createDocuments": "create_batch",
    "getClusterTopology": "get_cluster_topology",
    "getTopology": "get_topology",
    "getClusterStatus": "get_cluster_status",
    "listSecrets": "list_references",
    "searchMappingRule": "search",
}
# Nouns of which the operations' names tell things apart by their own name.
WHOLE: Final = frozenset({"Cluster", "Recovery"})
BASES: Final = {"Document": "DocumentUploads", "Resource": "ResourceUploads"}
PAGES: Final = {
    "LimitPagination": ("limit",),
    "OffsetPagination": ("limit", "from_"),
    "CursorForwardPagination": ("limit", "after"),
    "CursorBackwardPagination": ("limit", "before"),
}
NO_CONTENT: Final = 204  # beside another status: there is nothing of what was asked for
PAGE_TYPES: Final = {"limit": "int", "from_": "int", "after": "str", "before": "str"}
ROLE: Final = Role(request=True, floor=(8, 6))


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a method.

    Attributes:
        name: in Python.
        type: its annotation.
        default: empty where it has to be given.
        into: where its value goes: path, query:NAME, body:NAME or page.
    """

    name: str
    type: str
    default: str
    into: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type}{f' = {self.default}' if self.default else ''}"


class Method(msgspec.Struct, frozen=True):
    """What is printed for one operation."""

    operation: OperationFact
    name: str
    parameters: tuple[Parameter, ...]
    answer: str
    has_body: bool
    item: str
    orders: str


def outputs() -> dict[Path, bytes | str]:
    """Every generated module of nouns, in both colours."""
    return Nouns(Api.read()).files()


def plural(tag: str) -> str:
    """The name of a noun on the client."""
    snake = re.sub(r"\W+", "_", tag.lower())
    return PLURALS.get(tag, f"{snake}es" if snake.endswith("s") else f"{snake}s")


def method_name(operation: OperationFact) -> str:
    """The name of an operation as a method of its noun."""
    if operation.id in METHODS:
        return METHODS[operation.id]
    words = re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\1\2", operation.id).lower()
    if operation.tag in WHOLE:
        return words
    noun = re.sub(r"\W+", "_", operation.tag.lower())
    forms = "|".join(sorted({noun, plural(operation.tag), f"{noun}s"}, key=len, reverse=True))
    short = re.sub(rf"_(to|from|for)_({forms})$", "", words)
    short = re.sub(rf"_({forms})(?=_|$)", "", short) if short == words else short
    return words if keyword.iskeyword(short) or hasattr(builtins, short) else short


class Nouns:
    """Decides what methods there are, and prints them."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.models = Printer(api)
        self.methods: dict[str, list[Method]] = {}
        for operation in sorted(api.operations, key=lambda one: one.tag):
            if operation.consumes:
                continue
            self.methods.setdefault(operation.tag, []).append(self._method(operation))
        for tag, methods in self.methods.items():
            names = [method.name for method in methods]
            double = {name for name in names if names.count(name) > 1}
            assert not double, f"{tag}: {double}; add them to METHODS"

    def files(self) -> dict[Path, bytes | str]:
        """All modules."""
        made: dict[Path, bytes | str] = {}
        for colour, prefix in (("_async", "Async"), ("_sync", "")):
            folder = CLIENT / colour / "nouns"
            made[folder / "__init__.py"] = self._facade(prefix, colour)
            for tag, methods in self.methods.items():
                made[folder / f"{plural(tag)}.py"] = self._module(tag, methods, prefix, colour)
        return made

    # -- methods

    def _method(self, operation: OperationFact) -> Method:
        path = [
            Parameter(snake(wire), self._path_type(wire), "", "path") for wire in re.findall(r"{(\w+)}", operation.path)
        ]
        fields = self._fields(operation)
        query = [self._asked(one) for one in operation.query]
        named = sorted([*fields, *query], key=lambda one: bool(one.default))
        parameters = (*path, *named)
        names = [parameter.name for parameter in parameters]
        assert len(set(names)) == len(names), f"{operation.id}: {names}"
        return Method(
            operation=operation,
            name=method_name(operation),
            parameters=parameters,
            answer=self._answer(operation),
            has_body=operation.request is not None,
            item=self._item(operation),
            orders=self._orders(operation),
        )

    def _asked(self, query: Query) -> Parameter:
        kind = self.models.type_of(query.schema, ROLE) if query.schema else "str"
        if query.schema and query.schema.ref and query.schema.ref not in self.models.tags:
            # No body has it, so the models do not either.
            values = self.api.schemas[query.schema.ref].enum
            quoted = [f'"{value}"' for value in values]
            kind = f"Literal[{', '.join(quoted)}]" if values else "str"
        into = f"query:{query.name}"
        if query.required:
            return Parameter(snake(query.name), kind, "", into)
        return Parameter(snake(query.name), f"{kind} | None", "None", into)

    def _path_type(self, wire: str) -> str:
        name = wire[:1].upper() + wire[1:]
        return name if self.models.in_keys(name) else "str"

    def _fields(self, operation: OperationFact) -> list[Parameter]:
        """The fields of the body as parameters; of an object without known fields nothing can be said."""
        if operation.request is None or not self.api.is_struct(operation.request):
            return []
        name = self.models.type_of(operation.request, ROLE)
        fields: list[Parameter] = []
        for wire, field in self.api.properties(name).items():
            if wire == "page":
                kinds = dict.fromkeys(key for kind in self._page_kinds(field.schemas[0]) for key in PAGES[kind])
                fields += [Parameter(key, f"{PAGE_TYPES[key]} | None", "None", "page") for key in kinds]
                continue
            line = self.models.field(wire, field, ROLE).partition("  #")[0].strip()
            key, _, rest = line.partition(": ")
            annotation, _, default = rest.partition(" = ")
            if wire == "sort":
                annotation, default = f"Sequence[{_title(method_name(operation))}Order]", "()"
            elif wire == "variables":
                annotation = annotation.replace("Mapping[str, object]", "Variables")
            if default and wire != "sort":
                default = "UNSET"  # instead of field(name=…, default=UNSET)
            fields.append(Parameter(key, annotation, default, f"body:{wire}"))
        return fields

    def _page_kinds(self, schema: Schema) -> Iterator[str]:
        if schema.ref in PAGES:
            yield schema.ref
        elif schema.ref:
            yield from self._page_kinds(self.api.schemas[schema.ref])
        for part in schema.one_of:
            yield from self._page_kinds(part)

    def _orders(self, operation: OperationFact) -> str:
        """The type of what a search may be sorted by; "" where it cannot be sorted."""
        request = operation.request
        sort = (
            self.api.properties(request.ref).get("sort") if request and request.ref and not operation.consumes else None
        )
        if sort is None or sort.schemas[0].items is None:
            return ""
        field = self.api.properties(self.models.type_of(sort.schemas[0].items, ROLE))["field"].schemas[0]
        values = field.enum or self.api.schemas[field.ref].enum
        quoted = [f'"{sign}{value}"' for value in values for sign in ("", "-")]
        return f"Literal[{', '.join(quoted)}]" if values else "str"

    def _answer(self, operation: OperationFact) -> str:
        if operation.produces == "application/octet-stream":
            return "bytes"
        if operation.response is None:
            return "None"
        answer = self.models.type_of(operation.response, Role(request=False, floor=(8, 8)))
        return f"{answer} | None" if NO_CONTENT in operation.also and answer != "str" else answer

    def _item(self, operation: OperationFact) -> str:
        """The type of what a search finds, where its answer has a cursor to go on from."""
        if operation.response is None or not operation.response.ref or not self.api.is_struct(operation.response):
            return ""
        fields = self.api.properties(operation.response.ref)
        request = self.api.properties(operation.request.ref) if operation.request and operation.request.ref else {}
        if "items" not in fields or "page" not in fields or "page" not in request:
            return ""
        if "CursorForwardPagination" not in self._page_kinds(request["page"].schemas[0]):
            return ""
        items = fields["items"].schemas[0].items
        return self.models.type_of(items, Role(request=False, floor=(8, 8))) if items else ""

    # -- text

    def _facade(self, prefix: str, colour: str) -> str:
        imports = {
            tag: f"from c8py.client.{colour}.nouns.{plural(tag)} import {prefix}{_class(tag)}" for tag in self.methods
        }
        lines = [
            header(__file__, SOURCE)
            + '"""The nouns of the REST API as attributes of the client; each is imported when it is first used."""',
            "",
            "from functools import cached_property",
            "from typing import TYPE_CHECKING",
            "",
            f"from c8py.client.{colour}.calls import {prefix}Calls",
            "",
            "if TYPE_CHECKING:",
            *(
                f"    from c8py.client.{colour}.nouns.{plural(tag)} import {prefix}{_class(tag)}"
                for tag in self.methods
            ),
            "",
            "",
            f"class {prefix}Nouns({prefix}Calls):",
            '    """Every operation of the REST API, by noun."""',
        ]
        for tag, methods in self.methods.items():
            noun = plural(tag)
            lines += [
                "",
                "    @cached_property",
                f'    def {noun}(self) -> "{prefix}{_class(tag)}":',
                *docstring(f"{noun.replace('_', ' ').capitalize()}: {', '.join(m.name for m in methods)}.", 8),
                f"        {imports[tag]}",
                f"        return {prefix}{_class(tag)}(self._connection)",
            ]
        return "\n".join(lines) + "\n"

    def _module(self, tag: str, methods: list[Method], prefix: str, colour: str) -> str:
        body: list[str] = []
        for method in methods:
            body += ["", *self._printed(method, prefix)]
            if method.item:
                body += ["", *self._printed_all(method, prefix)]
        text = "\n".join(body)
        module = methods[0].operation.module
        base = f"{prefix}{BASES[tag]}" if tag in BASES else f"{prefix}Noun"
        home = "uploads" if tag in BASES else "noun"
        lines = [
            header(__file__, SOURCE) + f'"""The REST API: {plural(tag).replace("_", " ")}."""',
            "",
            *self._imports(
                text,
                module,
                f"from c8py.client.{colour}.{home} import {base}",
                sortable=any(method.orders for method in methods),
            ),
            "",
            *([] if any(method.orders for method in methods) else [""]),
            *self._printed_orders(methods),
            f"class {prefix}{_class(tag)}({base}):",
            f'    """What the REST API has under "{tag}"."""',
        ]
        return "\n".join(lines) + "\n" + text + "\n"

    def _printed_orders(self, methods: Iterable[Method]) -> Iterator[str]:
        for method in methods:
            if method.orders:
                kind, _, values = method.orders.partition("[")
                start = f"{_title(method.name)}Order: TypeAlias = {kind}"
                yield from called(f"{start}[", [values.removesuffix("]")], end="]") if values else (start,)
                yield ""
        if any(method.orders for method in methods):
            yield ""

    def _printed(self, method: Method, prefix: str) -> Iterator[str]:
        start, wait = ("async def", "await ") if prefix else ("def", "")
        yield from _signature(f"    {start} {method.name}(", method.parameters, method.answer)
        yield from docstring(_told(method), 8)
        arguments = list(_arguments(method))
        verb = {"None": "_tell", "str": "_text", "bytes": "_bytes"}.get(method.answer, "_ask")
        if verb == "_ask":
            arguments.insert(1, method.answer.removesuffix(" | None"))
            verb = "_ask_if_any" if method.answer.endswith(" | None") else verb
        yield from called(f"        {'return ' if method.answer != 'None' else ''}{wait}self.{verb}(", arguments)

    def _printed_all(self, method: Method, prefix: str) -> Iterator[str]:
        start, kind = ("def", "AsyncIterator") if prefix else ("def", "Iterator")
        kept = tuple(p for p in method.parameters if p.name not in {"after", "before", "from_", "limit"})
        size = Parameter("page_size", "int | None", "None", "page")
        yield from _signature(f"    {start} {method.name}_all(", (*kept, size), f"{kind}[{method.item}]")
        yield from docstring(f"Everything that `{method.name}` finds, page after page of `page_size` items.", 8)
        given = [p.name if p.into == "path" else f"{p.name}={p.name}" for p in kept]
        asked = f"self.{method.name}({', '.join([*given, 'limit=page_size', 'after=after', 'timeout_s=timeout_s'])})"
        yield from called("        return self._pages(", [f"lambda after: {asked}"])

    def _imports(self, text: str, module: str, base: str, *, sortable: bool) -> Iterator[str]:
        words = set(re.findall(r"\w+", re.sub(r'""".*?"""|"[^"]*"', "", text, flags=re.DOTALL)))
        words |= {"Literal", "TypeAlias"} if sortable else set()
        keys = sorted({*self.models.opaque, *self.models.ids, *self.models.choices} & words)
        models = sorted(
            name for name in self.models.tags if name in words and not self.models.in_keys(name) and name not in keys
        )
        groups = [
            [
                ("collections.abc", [n for n in ("AsyncIterator", "Iterator", "Mapping", "Sequence") if n in words]),
                ("typing", [n for n in ("Literal", "TypeAlias") if n in words]),
            ],
            [("msgspec", [n for n in ("UNSET", "UnsetType") if n in words])],
        ]
        for group in groups:
            lines = [f"from {home} import {', '.join(names)}" for home, names in group if names]
            if lines:
                yield from [*lines, ""]
        own = [base]
        for home, names in (
            ("c8py.client.rest_forms", [n for n in ("page", "sorted_by") if n in words]),
            ("c8py.client.values", [n for n in ("Variables",) if n in words]),
            ("c8py.models._base", [n for n in ("DateTime", "Open") if n in words]),
            ("c8py.models.keys", keys),
            (f"c8py.models.{module}", models),
        ):
            own += import_line(home, names) if names else []
        yield from own


def _arguments(method: Method) -> Iterator[str]:
    yield f'"{method.operation.id}"'
    path = [p.name for p in method.parameters if p.into == "path"]
    if path:
        yield f"path=({', '.join(path)},)"
    query = [f'"{p.into[6:]}": {p.name}' for p in method.parameters if p.into.startswith("query:")]
    if query:
        yield f"query={{{', '.join(query)}}}"
    if method.has_body:
        pages = [f"{p.name}={p.name}" for p in method.parameters if p.into == "page"]
        fields = [f'"{p.into[5:]}": {_value(p)}' for p in method.parameters if p.into.startswith("body:")]
        fields += [f'"page": page({", ".join(pages)})'] if pages else []
        yield f"body={{{', '.join(fields)}}}"
    yield "timeout_s=timeout_s"


def _value(parameter: Parameter) -> str:
    # Commands have a tenant; who creates one, or asks for a role's, says which.
    own = {"tenantId": f"self._own_tenant({parameter.name})", "tenantIds": f"self._own_tenants({parameter.name})"}
    if parameter.name == "sort":
        return "sorted_by(sort)"
    return own.get(parameter.into.removeprefix("body:"), parameter.name) if parameter.default else parameter.name


def _told(method: Method) -> str:
    operation = method.operation
    words = re.sub(r"(?<=[a-z0-9])([A-Z])", r" \1", operation.id).lower()
    said = f"{words.capitalize()}: `{operation.method} {operation.path}`, since {operation.since}."
    if operation.eventual:
        said += " What happened just now may take a moment to be seen."
    if NO_CONTENT in operation.also:
        said += f" {'Empty' if method.answer == 'str' else 'None'} where there is none."
    return said + (" Deprecated." if operation.deprecated else "")


def _signature(start: str, parameters: Iterable[Parameter], answer: str) -> Iterator[str]:
    path = [str(p) for p in parameters if p.into == "path"]
    named = [str(p) for p in parameters if p.into != "path"]
    parts = ["self", *path, "*", *named, "timeout_s: float | None = None"]
    line = f"{start}{', '.join(parts)}) -> {answer}:"
    if len(line) <= WIDTH:
        yield line
        return
    yield start
    yield from filled(", ".join(parts), 8)
    yield f"    ) -> {answer}:"


def _class(tag: str) -> str:
    return _title(plural(tag))


def _title(snake: str) -> str:
    return "".join(word.title() for word in snake.split("_"))


if __name__ == "__main__":
    main(__name__)
