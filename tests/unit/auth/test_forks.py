"""A fork inherits what its parent remembers, and none of its parent's threads."""

from harness.forks import forked

IMPORTS = """
from c8py.auth import ClientCredentials, FileCache, MemoryCache
from c8py.base.clock import SystemClock
from c8py.base.redact import Secret
key = ClientCredentials(token_url="http://x/token", client_id="id", client_secret=Secret("s3cr~t")).key
"""


def test_who_was_fetching_in_the_parent_keeps_nobody_in_the_fork_from_fetching():
    said = forked(
        imports=IMPORTS,
        before="cache = MemoryCache(); assert cache.try_lock(key)",
        child="print(cache.try_lock(key), cache.try_lock(key)); cache.unlock(key); print(cache.try_lock(key))",
        after="assert not cache.try_lock(key)",
    )
    assert said.split() == ["True", "False", "True"]


def test_a_fork_leaves_the_fetching_to_its_parent_where_they_share_a_folder(tmp_path):
    """The parent is still at it, and both are on one host: one request is enough for both."""
    said = forked(
        imports=IMPORTS + "from pathlib import Path",
        before=f"cache = FileCache(Path({str(tmp_path / 'tokens')!r}), SystemClock()); assert cache.try_lock(key)",
        child="print(cache.try_lock(key))",
        after="cache.unlock(key); assert cache.try_lock(key)",
    )
    assert said == "False"
