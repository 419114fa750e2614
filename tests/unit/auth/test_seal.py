import pytest

from c8py.auth import FileCache, MemoryCache, Token
from c8py.base.redact import Secret


class Reversing:
    """A seal that anybody could break, but nobody by accident."""

    def __init__(self, key: bytes) -> None:
        self.key = key

    def close(self, content: bytes, name: str) -> bytes:
        return self.key + name.encode() + b"|" + content[::-1]

    def open(self, stored: bytes, name: str) -> bytes:
        before, _, content = stored.partition(b"|")
        if before != self.key + name.encode():
            raise ValueError(name)
        return content[::-1]


@pytest.fixture
def token(clock):
    return Token(value=Secret("eyJtoken"), lifetime_s=300.0, ends_s=clock.monotonic_s() + 300.0, scope="a b")


def sealed(folder, clock, key=b"key"):
    return FileCache(folder, clock, seal=Reversing(key))


def test_what_is_sealed_is_read_again_with_its_scope(tmp_path, clock, credentials, token):
    sealed(tmp_path, clock).keep(credentials.key, token)
    found = sealed(tmp_path, clock).read(credentials.key).token
    assert found is not None
    assert (found.value, found.scope) == (token.value, "a b")
    assert b"eyJtoken" not in next(tmp_path.glob("*.json")).read_bytes()


def test_another_key_finds_nothing(tmp_path, clock, credentials, token):
    sealed(tmp_path, clock).keep(credentials.key, token)
    assert sealed(tmp_path, clock, b"other").read(credentials.key).token is None


def test_the_file_of_one_key_is_nothing_under_the_name_of_another(tmp_path, clock, credentials, token):
    sealed(tmp_path, clock).keep(credentials.key, token)
    own = next(tmp_path.glob("*.json"))
    cache = sealed(tmp_path, clock)
    cache.cool_down(credentials.key, clock.monotonic_s() + 5)
    other = next(file for file in tmp_path.glob("*.json") if file != own)
    own.replace(other)
    assert sealed(tmp_path, clock).read(credentials.key).cool_until_s == 0.0


def test_memory_forgets_the_key_longest_unchanged(clock, credentials, token):
    from msgspec.structs import replace

    cache = MemoryCache(keys_max=2)
    for audience in ("one", "two", "three"):
        cache.keep(replace(credentials, audience=audience).key, token)
    held = [cache.read(replace(credentials, audience=audience).key).token for audience in ("one", "two", "three")]
    assert held == [None, token, token]
