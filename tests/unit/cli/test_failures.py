"""Every error has one line and one exit code."""

import click
import pytest

from c8py import errors
from c8py.cli.failures import Exit, exit_code, extra_needed, one_line


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.WorkerError("x"), 2),
        (errors.ConnectionFailed("x"), 3),
        (errors.Unavailable("x"), 3),
        (errors.DeadlineExceeded("x"), 3),
        (errors.TokenUnavailable("x"), 3),
        (errors.TokenRefused("x", status=401), 4),
        (errors.TokenRateLimited("x", retry_after_s=1), 4),
        (errors.Unauthenticated("x"), 4),
        (errors.PermissionDenied("x"), 4),
        (errors.NotFound("x"), 1),
        (errors.PlatformError("x"), 1),
        (click.UsageError("x"), 2),
        (click.ClickException("x"), 1),
        (FileNotFoundError(2, "No such file", "f"), 1),
        (ModuleNotFoundError("x", name="uvicorn"), 1),
        (ModuleNotFoundError("x", name="c8py.nothing"), 70),
        (RuntimeError("x"), 70),
        (KeyboardInterrupt(), 130),
        (Exit(7), 7),
    ],
)
def test_every_error_has_its_exit_code(error, code):
    assert exit_code(error) == code
    assert "\n" not in one_line(error)


def test_line_breaks_and_tokens_do_not_get_through():
    line = one_line(errors.NotFound("expected\na,\n but eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", hint="try\nb"))
    assert line == "c8: expected a, but ***; try b"


def test_the_extra_that_a_verb_needs_is_named():
    with (
        pytest.raises(click.ClickException, match=r"expected the extra proxy, but uvicorn .* 'c8py\[cli,proxy\]'"),
        extra_needed("proxy"),
    ):
        raise ModuleNotFoundError(name="uvicorn")
    with pytest.raises(ModuleNotFoundError), extra_needed("proxy"):
        raise ModuleNotFoundError(name="c8py.gone")


def test_a_missing_extra_is_named():
    assert "pip install 'c8py[cli,server]'" in one_line(ModuleNotFoundError("x", name="uvicorn"))


def test_an_interruption_says_nothing():
    assert one_line(KeyboardInterrupt()) == ""
