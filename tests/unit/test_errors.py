"""The tree of errors is what its drawing says."""

import inspect
import re

from c8py import errors


def classes():
    return [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.C8Error)]


def test_the_drawing_names_every_error_under_its_parent():
    drawn, path = {}, {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│ ├└─]*)(\w+)", line)
        if not found:
            continue
        depth = len(found[1]) // 4
        path[depth] = found[2]
        drawn[found[2]] = path.get(depth - 1)
    assert drawn == {c.__name__: c.__bases__[0].__name__ if c is not errors.C8Error else None for c in classes()}


def test_codes_are_unique():
    codes = [c.code for c in classes()]
    assert len(codes) == len(set(codes))


def test_an_error_says_what_came_and_what_to_do_next():
    error = errors.ConfigError("expected a client secret, but found none", hint="set CAMUNDA_CLIENT_SECRET")
    assert str(error) == "expected a client secret, but found none; set CAMUNDA_CLIENT_SECRET"
    assert error.hint == "set CAMUNDA_CLIENT_SECRET"
    assert str(errors.NotFound("no such job")) == "no such job"
