"""Laws of settings that hold for any input."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from c8py.base.redact import Secret
from c8py.config import load, survey
from c8py.config.fields import BY_NAME, FIELDS
from c8py.config.switches import NAMES
from c8py.config.without_effect import WITHOUT_EFFECT
from c8py.errors import ConfigError

KNOWN = sorted({name for field in FIELDS for name in field.names} | set(NAMES) | set(WITHOUT_EFFECT))
SECRET_NAMES = sorted({name for field in FIELDS if field.secret and not field.shown for name in field.names})
OTHER_NAMES = sorted(set(KNOWN) - set(SECRET_NAMES) - {"C8_CREDENTIALS", "CAMUNDA_LOAD_ENVFILE"})
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
PLAUSIBLE = st.sampled_from(
    ["true", "false", "1000", "PT5S", "localhost:26500", "https://c8.example/x", "oauth", "basic", "saas", "bru-2", "x"]
)
ENVIRONMENTS = st.dictionaries(st.sampled_from(OTHER_NAMES), PLAUSIBLE | TEXTS, max_size=8)
# Long enough that no other text has it by chance.
SECRETS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=20, max_size=40).map("{}-s3cr3t".format)
SECRET_FIELDS = sorted(field.name for field in FIELDS if field.secret and field.read is Secret)
PLAIN = {
    "scope": TEXTS.map(str.strip).filter(bool),
    "tenant_id": TEXTS.map(str.strip).filter(bool),
    "rest_address": st.sampled_from(["http://one.example", "https://two.example/base"]),
    "request_timeout_s": st.integers(1, 1000).map(float),
    "prefer": st.sampled_from(["grpc", "rest"]),
    "token_attempts_max": st.integers(1, 99),
    "worker_stream": st.booleans(),
}


@given(st.sampled_from(sorted(PLAIN)).flatmap(lambda name: st.tuples(st.just(name), PLAIN[name])), ENVIRONMENTS)
def test_an_argument_always_wins(argument, environ):
    name, value = argument
    row = next(row for row in survey({name: value}, environ=environ, cwd=Path("/nowhere")).rows if row.name == name)
    assert row.source == f"argument {name}"
    try:
        settings = load({name: value}, environ=environ, cwd=Path("/nowhere"))
    except ConfigError:
        return
    assert getattr(settings, name) == value


@given(ENVIRONMENTS, st.dictionaries(st.sampled_from(SECRET_NAMES), SECRETS, min_size=1, max_size=4))
def test_no_secret_is_shown_whatever_else_is_said(environ, secrets):
    found = survey(environ=environ | secrets)
    try:
        said = repr(load(environ=environ | secrets))
    except ConfigError as error:
        said = str(error)
    for secret in secrets.values():
        assert secret not in repr(found) + said


@given(ENVIRONMENTS)
def test_a_survey_is_made_of_anything_and_says_what_load_raises(environ):
    found, said = survey(environ=environ), ""
    assert len(found.rows) == len(FIELDS)
    try:
        load(environ=environ)
    except ConfigError as error:
        said = str(error)
    assert bool(said) == bool(found.problems)
    for problem in found.problems:
        assert problem.message in said


@given(st.sampled_from(SECRET_FIELDS), SECRETS)
def test_a_secret_is_handed_on_as_it_is(name, secret):
    field = BY_NAME[name]
    found = survey(environ={field.names[0]: secret}) if field.names else survey({name: secret}, environ={})
    assert next(row for row in found.rows if row.name == name).value == "***"


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_of_a_proxy_is_read_or_refused_and_its_password_never_shown(user, password):
    secret = f"s3cr3t-{len(user)}-{len(password)}-of-the-proxy"
    for text in (f"http://{user}:{secret}@proxy.example:3128/{password}", f"{user}:{secret}@{password}"):
        assert secret not in repr(survey({"https_proxy": text}, environ={}))
