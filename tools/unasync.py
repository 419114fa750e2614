"""Prints the synchronous twins: every `_async/*.py` of the SDK's rooms, and of their tests, to `_sync/`.

Works on tokens, so comments and layout stay and the Python that runs it does not matter. What it does:

- `async` and `await` go; Python's own pairs change (`__aenter__` to `__enter__`, `anext` to `next`, `asyncio.Lock` to
  `threading.Lock` …), `grpc.aio` is `grpc`, and `_async` in module paths becomes `_sync`.
- A name that begins with `Async` and a capital loses the prefix: `AsyncCamunda` is `Camunda` and `AsyncIterator` is
  `Iterator`. PROJECT holds what follows no rule; an entry that no file uses is an error.
- What a file imports from pyreqwest gets pyreqwest's own prefix: `Client` is `SyncClient`.
- The words of strings and comments change with the code.
- `# async-only` at the end of a line leaves out the line, and the block that it opens.
- `# sync: CODE` at the end of a line puts CODE in its place.

Imports that are no longer used go, and the rest is as `ruff format` wants it.
Alone: `python tools/unasync.py [--check]`.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from generator import ROOT, header, main

ROOMS: Final = ("client", "transport", "components", "console", "modeler", "optimize", "operate", "tasklist")
INPUTS: Final = tuple(f"{tree}/{room}/_async" for tree in ("src/c8py", "tests/unit") for room in ROOMS)

LANGUAGE: Final = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "aclose": "close",
    "aclosing": "closing",
    "aiter": "iter",
    "anext": "next",
    "asynccontextmanager": "contextmanager",
    "enter_async_context": "enter_context",
    "push_async_callback": "callback",
    "pytest_asyncio": "pytest",
    "_async": "_sync",
    "asynchronous": "synchronous",
    "asynchronously": "synchronously",
}
PROJECT: Final[Mapping[str, str]] = {
    "async_http": "http",
    "async_channel": "channel",
    "async_headers": "headers",
}
MODULES: Final = {
    ("grpc", "aio"): "grpc",
    ("asyncio", "Lock"): "threading.Lock",
    ("asyncio", "Event"): "threading.Event",
    ("asyncio", "Condition"): "threading.Condition",
    ("asyncio", "Semaphore"): "threading.Semaphore",
    ("asyncio", "sleep"): "time.sleep",
}
PYREQWEST: Final = frozenset({
    "Client", "ClientBuilder", "ConsumedRequest", "OneOffRequestBuilder", "RequestBuilder", "Response",
    "ResponseBodyReader", "StreamRequest",
})  # fmt: skip

_PREFIXED = re.compile(r"Async(?=[A-Z])")
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
_SYNTAX = re.compile(r"\basync (?=with\b|for\b|def\b)|\bawait (?=[\w.]+\()")
_ONLY = re.compile(r"#\s*async-only\s*$")
_INSTEAD = re.compile(r"^(\s*).*?#\s*sync: (.*)$")
_FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)


class UnasyncError(Exception):
    """A file cannot be converted; the message says which line, and why."""


def outputs() -> dict[Path, bytes | str]:
    """Every twin."""
    # Nouns come in both colours from their own generator.
    sources = [
        path for folder in INPUTS for path in sorted((ROOT / folder).rglob("*.py")) if path.parent.name != "nouns"
    ]
    used: set[str] = set()
    made: dict[Path, bytes | str] = {}
    for source in sources:
        target = Path(str(source).replace("/_async/", "/_sync/"))
        try:
            text = convert(source.read_text("utf-8"), PROJECT, used)
        except UnasyncError as error:
            sys.exit(f"unasync: {source.relative_to(ROOT)}: {error}")
        # Under the name of the source: ruff tells our imports from others' only where the folder is there already.
        made[target] = formatted(header(__file__, source.relative_to(ROOT).as_posix()) + text, source)
    unused = sorted(set(PROJECT) - used)
    if sources and unused:
        sys.exit(f"unasync: expected every entry of PROJECT to be used, but {', '.join(unused)} is not; remove it")
    return made


def convert(text: str, project: Mapping[str, str] | None = None, used: set[str] | None = None) -> str:
    """The synchronous twin of a module's text, not formatted yet.

    Args:
        text: the asynchronous module.
        project: names that follow no rule, and what they become.
        used: takes the names of `project` that occurred.

    Raises:
        UnasyncError: a marker stands where it cannot be followed.
    """
    names = dict(LANGUAGE) | dict(project or {})
    if "pyreqwest" in text:
        imports = " ".join(re.findall(r"from pyreqwest[\w.]* import (\([^)]*\)|.*)", text))
        names |= {name: f"Sync{name}" for name in PYREQWEST & set(_WORD.findall(imports))}
    lines = "\n".join(_marked(text.split("\n")))
    if used is not None:
        used |= set(_WORD.findall(lines)) & set(project or {})
    try:
        made = "".join(_tokens(lines, names))
        ast.parse(made)
    except (tokenize.TokenError, SyntaxError) as error:
        message = f"expected a module after the markers were followed, but {error}; mark one-line statements only"
        raise UnasyncError(message) from error
    return made


def _marked(lines: Iterable[str]) -> Iterator[str]:
    """The lines without what is asynchronous only, and with what stands in its place."""
    dropping = -1  # the indentation of the line whose block is left out
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if dropping >= 0 and (not line.strip() or indent > dropping):
            continue
        dropping = -1
        instead = _INSTEAD.match(line)
        if _ONLY.search(line):
            opens_block = _ONLY.sub("", line).rstrip().endswith(":")
            dropping = indent if opens_block else -1
        elif instead:
            yield instead[1] + instead[2]
        else:
            yield line


def _tokens(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """The text token by token, each with what stands before it, so that nothing of the layout is lost."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    at, index, glue = 0, 0, False
    while index < len(tokens):
        token = tokens[index]
        start, end = starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.ENDMARKER:
            break
        gap = "" if glue else text[at:start]
        glue = token.type == tokenize.NAME and token.string in {"async", "await"}
        pair = _pair(tokens[index : index + 3])
        if pair:
            end = starts[tokens[index + 2].end[0] - 1] + tokens[index + 2].end[1]
            index += 2
        yield gap + ("" if glue else pair or _token(token, text[start:end], names))
        at = end
        index += 1


def _pair(tokens: list[tokenize.TokenInfo]) -> str:
    """What `module.name` becomes when it is one of MODULES; "" otherwise."""
    strings = [token.string for token in tokens]
    return MODULES.get((strings[0], strings[2]), "") if len(strings) > 2 and strings[1] == "." else ""  # noqa: PLR2004


def _token(token: tokenize.TokenInfo, text: str, names: Mapping[str, str]) -> str:
    if token.type == tokenize.NAME:
        return _IMPORTS.get(text, "") if _imports_asyncio(token) else _renamed(text, names)
    if token.type in {tokenize.STRING, tokenize.COMMENT, _FSTRING_MIDDLE}:
        return _WORD.sub(lambda word: _renamed(word[0], names), _SYNTAX.sub("", text))
    return text


_IMPORTS: Final = {"import": "import", "asyncio": "threading, time"}


def _imports_asyncio(token: tokenize.TokenInfo) -> bool:
    return token.line.split() == ["import", "asyncio"]


def _renamed(name: str, names: Mapping[str, str]) -> str:
    return names.get(name) or _PREFIXED.sub("", name)


def formatted(text: str, path: Path) -> str:
    """The text as ruff wants a file at that path."""
    for arguments in (["check", "--fix-only", "--select=F401,F811,E401,I001"], ["format"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", f"--stdin-filename={path}", "-"]
        ran = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
        if ran.returncode != 0:
            sys.exit(f"unasync: expected Python in what becomes {path.relative_to(ROOT)}, but ruff says: {ran.stderr}")
        text = ran.stdout
    return text


if __name__ == "__main__":
    main(__name__)
