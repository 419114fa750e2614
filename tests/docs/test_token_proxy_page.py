"""docs/how-to/token-proxy.md names what there is: metrics, options, files, limits."""

import re
from pathlib import Path

from c8py.base import limits
from c8py.cli.token_proxy import serve
from c8py.token_proxy.figures import Figures

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "token-proxy.md").read_text()


def test_every_metric_has_its_row():
    metrics = re.findall(r"^# TYPE (\S+)", Figures().text(()), re.MULTILINE)
    assert re.findall(r"^\| `(c8_\w+)` \|", PAGE, re.MULTILINE) == metrics


def test_every_option_is_explained_and_every_explained_one_is_there():
    options = {option.opts[0] for option in serve.params if not getattr(option, "hidden", False)}
    named = set(re.findall(r"(--[a-z][a-z-]*)", PAGE)) - {"--help"}
    assert named <= options
    # What these do is in `--help` alone.
    assert options - named == {"--port", "--json", "--ca-certificate"}


def test_every_file_to_begin_with_is_named():
    files = (file.relative_to(ROOT / "deploy") for file in (ROOT / "deploy").rglob("*") if file.is_file())
    there = {file.as_posix() for file in files if file.parts[0] != "platform"}
    named = set(re.findall(r"^\| `([\w./-]+)` \|", PAGE, re.MULTILINE))
    assert there - named == {"Containerfile.dockerignore"}


def test_numbers_are_those_of_the_limits():
    assert f"after at most {limits.TOKEN_PROXY_WAIT_S:g} s" in PAGE
    assert f"at most every {limits.TOKEN_UNAUTHENTICATED_PAUSE_S:g} s" in PAGE
    assert f"It holds {limits.TOKEN_PROXY_TOKENS_MAX:,} tokens" in PAGE
    assert f"of which it takes {limits.TOKEN_PROXY_CONNECTIONS_MAX:,}" in PAGE
    assert limits.TOKEN_REFUSAL_S == 60
    assert "at most once a minute" in PAGE
    assert f"a request goes out every {limits.TOKEN_SPACING_S:g} seconds" in PAGE


def test_every_variable_of_clients_is_one_that_c8py_understands_as_well():
    """Those of others are held to by tests/peers/test_token_proxy.py."""
    settings = (ROOT / "docs" / "reference" / "settings.md").read_text()
    for page in ("how-to/token-proxy.md", "how-to/run-many-workers.md", "tokens-at-scale.md"):
        for name in re.findall(r"`((?:CAMUNDA|ZEEBE)_\w+)", (ROOT / "docs" / page).read_text()):
            assert f"`{name}`" in settings, f"{page} names {name}"
