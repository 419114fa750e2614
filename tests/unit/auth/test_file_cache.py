"""Processes of a host share tokens, refusals and cool-downs; nothing that is wrong with the folder fails a call."""

import logging
import os
import stat
import subprocess
import sys

import msgspec
import pytest

from c8py.auth import FileCache, Refusal, Token, TokenKey
from c8py.base.clock import ManualClock
from c8py.base.redact import Secret

KEY = TokenKey("https://login.example/oauth/token", "worker", "zeebe.camunda.io", "", "", "digest")
OTHER_SECRET = msgspec.structs.replace(KEY, secret_digest="another")


def token(clock: ManualClock, value: str = "eyJ-token", left_s: float = 600.0) -> Token:
    return Token(value=Secret(value), lifetime_s=left_s, ends_s=clock.monotonic_s() + left_s)


def value(cache: FileCache) -> str:
    read = cache.read(KEY).token
    return "" if read is None else read.value.reveal()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "made" / "tokens"


@pytest.fixture
def start_process(folder, clock):
    """A cache as another process has it: with the same wall clock, and a monotonic one of its own."""

    def start() -> FileCache:
        own = ManualClock(start_ms=clock.now_ms())
        own.advance(5_000)
        own.skew(-5_000)
        return FileCache(folder, own)

    return start


@pytest.fixture
def cache(folder, clock):
    return FileCache(folder, clock)


def files(folder):
    return [file for file in folder.iterdir() if file.suffix == ".json"]


def test_a_token_is_there_for_other_processes_and_ages_there_too(cache, clock, start_process):
    cache.keep(KEY, token(clock, left_s=600))
    other = start_process()
    read = other.read(KEY).token
    assert read is not None
    assert read.value.reveal() == "eyJ-token"
    assert read.ends_s - other._clock.monotonic_s() == pytest.approx(600)


def test_a_changed_secret_finds_nothing(cache, clock, start_process):
    cache.keep(KEY, token(clock))
    assert start_process().read(OTHER_SECRET).token is None


def test_nobody_else_can_read_what_is_written(cache, clock, folder):
    cache.keep(KEY, token(clock))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in files(folder)] == [0o600]


def test_a_folder_that_others_can_enter_is_closed(cache, clock, folder):
    folder.mkdir(parents=True, mode=0o777)
    folder.chmod(0o777)
    cache.keep(KEY, token(clock))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_refusal_is_remembered_by_all_until_its_end(cache, clock, start_process):
    refusal = Refusal(message="no", status=401, error="e", hint="h", times=2, until_s=clock.monotonic_s() + 60)
    cache.refuse(KEY, refusal)
    other = start_process()
    read = other.read(KEY).refusal
    assert read is not None
    assert (read.message, read.times) == ("no", 2)
    assert read.until_s - other._clock.monotonic_s() == pytest.approx(60)
    cache.keep(KEY, token(clock))
    assert start_process().read(KEY).refusal is None


def test_a_cool_down_holds_for_every_client_of_the_token_service(cache, clock, start_process):
    cache.cool_down(KEY, clock.monotonic_s() + 30)
    other = start_process()
    for key in (KEY, OTHER_SECRET):
        assert other.read(key).cool_until_s - other._clock.monotonic_s() == pytest.approx(30)
    elsewhere = msgspec.structs.replace(KEY, token_url="https://elsewhere.example/token")
    assert other.read(elsewhere).cool_until_s <= other._clock.monotonic_s()


def test_a_shorter_cool_down_does_not_end_a_longer_one(cache, clock, start_process):
    cache.cool_down(KEY, clock.monotonic_s() + 30)
    cache.cool_down(KEY, clock.monotonic_s() + 5)
    other = start_process()
    assert other.read(KEY).cool_until_s - other._clock.monotonic_s() == pytest.approx(30)


def test_how_often_in_a_row_is_known_to_all_processes(cache, clock, start_process):
    other = start_process()
    cache.cool_down(KEY, clock.monotonic_s() + 30, in_a_row=2)
    assert other.read(KEY).cool_downs == 2
    other.cool_down(KEY, other._clock.monotonic_s())
    assert cache.read(KEY).cool_downs == 0
    assert cache.read(KEY).cool_until_s - clock.monotonic_s() == pytest.approx(30)


def test_one_of_all_processes_fetches(cache, start_process):
    other = start_process()
    assert cache.try_lock(KEY)
    assert not cache.try_lock(KEY)
    assert not other.try_lock(KEY)
    assert other.try_lock(OTHER_SECRET)
    cache.unlock(KEY)
    assert other.try_lock(KEY)


def test_who_died_fetching_holds_nobody_up(cache, folder):
    code = (
        "import os, sys; from pathlib import Path; from c8py.auth import FileCache, TokenKey; "
        "from c8py.base.clock import SystemClock; "
        f"assert FileCache(Path(sys.argv[1]), SystemClock()).try_lock(TokenKey(*{msgspec.structs.astuple(KEY)!r})); "
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert ended.returncode == -9
    assert cache.try_lock(KEY)


def test_only_the_token_that_was_refused_is_dropped(cache, clock, start_process):
    old, new = token(clock, "eyJ-old"), token(clock, "eyJ-new")
    cache.keep(KEY, new)
    cache.drop(KEY, old)
    assert start_process().read(KEY).token is not None
    cache.drop(KEY, new)
    assert start_process().read(KEY).token is None
    assert cache.read(KEY).token is None


def test_a_token_that_was_refused_is_dropped_though_the_file_rounds_its_end(cache, clock):
    kept = token(clock, left_s=600.0004)
    cache.keep(KEY, kept)
    cache.drop(KEY, msgspec.structs.replace(kept, ends_s=kept.ends_s + 0.0003))
    assert value(cache) == ""


def test_beyond_so_many_the_longest_unchanged_are_forgotten(cache, clock, folder, start_process):
    keys = [msgspec.structs.replace(KEY, audience=str(number)) for number in range(6)]
    for number, key in enumerate(keys):
        cache.keep(key, token(clock, str(number)))
        for file in files(folder):
            known = file.stat()
            os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns - 1_000_000_000))
    cache.trim(4)
    other = start_process()
    assert [other.read(key).token is not None for key in keys] == [False, False, True, True, True, True]
    cache.trim(4)
    assert len(files(folder)) == 4


def test_nothing_is_trimmed_where_nothing_is(cache, folder):
    cache.trim(4)
    assert not folder.exists()


def test_all_can_be_forgotten(cache, clock, start_process):
    cache.keep(KEY, token(clock))
    cache.cool_down(KEY, clock.monotonic_s() + 30)
    cache.clear()
    for each in (cache, start_process()):
        held = each.read(KEY)
        assert held.token is None
        assert held.cool_until_s <= each._clock.monotonic_s()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'{"token": 5}', b"\xff\xfe", b'{"token":{"value":"eyJ"}}', b"x" * 1_000_000]
)
def test_a_damaged_file_is_nothing_and_is_replaced(cache, clock, start_process, folder, content):
    cache.keep(KEY, token(clock))
    (file,) = files(folder)
    file.write_bytes(content)
    other = start_process()
    assert other.read(KEY).token is None
    other.keep(KEY, token(other._clock, "eyJ-new"))
    assert value(start_process()) == "eyJ-new"


def test_a_link_is_not_followed(cache, clock, start_process, folder, tmp_path):
    cache.keep(KEY, token(clock))
    (file,) = files(folder)
    elsewhere = tmp_path / "elsewhere.json"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert start_process().read(KEY).token is None


def test_what_somebody_else_wrote_is_not_believed(cache, clock, start_process, monkeypatch):
    cache.keep(KEY, token(clock))
    other = start_process()
    monkeypatch.setattr(os, "geteuid", lambda: 4_242)
    assert other.read(KEY).token is None


def test_a_folder_that_cannot_be_used_is_said_once_and_memory_does(tmp_path, clock, caplog):
    (tmp_path / "file").write_text("no folder")
    cache = FileCache(tmp_path / "file" / "tokens", clock)
    assert cache.try_lock(KEY)
    cache.keep(KEY, token(clock))
    cache.cool_down(KEY, clock.monotonic_s() + 1)
    cache.unlock(KEY)
    assert value(cache) == "eyJ-token"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "eyJ-token" not in caplog.text


def test_a_full_disk_leaves_the_old_file_whole(cache, clock, start_process, folder, monkeypatch):
    cache.keep(KEY, token(clock, "eyJ-old"))

    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    cache.keep(KEY, token(clock, "eyJ-new"))
    monkeypatch.undo()
    assert value(start_process()) == "eyJ-old"
    assert value(cache) == "eyJ-new"
    assert [file.name for file in folder.iterdir() if file.suffix == ".tmp"] == []


def test_a_clock_that_is_set_back_makes_no_token_last_longer(cache, clock, folder):
    cache.keep(KEY, token(clock, left_s=600))
    behind = ManualClock(start_ms=clock.now_ms() - 3_600_000)
    read = FileCache(folder, behind).read(KEY).token
    assert read is not None
    assert read.ends_s - behind.monotonic_s() <= 600


def test_what_is_stored_shows_no_token(cache, clock):
    cache.keep(KEY, token(clock))
    assert "eyJ-token" not in repr(cache.read(KEY))
    assert "eyJ-token" not in repr(cache._load(cache._file(KEY)))
