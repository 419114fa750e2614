"""Tokens, refusals and cool-downs shared by all processes of one person on one host: a folder of small files.

A cache may never fail a call. Whatever is wrong with the folder or a file (full, read-only, foreign, damaged) is said
once, and the memory of this process does alone. Nothing is believed that another person may have written.
"""

import contextlib
import hashlib
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Final, Protocol, TypeVar

import filelock
import msgspec

from c8py.auth.cache import Held, MemoryCache, Refusal
from c8py.auth.credentials import TokenKey
from c8py.auth.token import Token
from c8py.base.clock import Clock
from c8py.base.limits import (
    TOKEN_FILE_BYTES_MAX,
    TOKEN_KEYS_MAX,
    TOKEN_LIFETIME_S_MAX,
    TOKEN_SLOTS_AHEAD_S,
    TOKEN_TURN_LOCK_S,
)
from c8py.base.redact import Secret

_LOG: Final = logging.getLogger("c8py.auth")
_OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_OTHERS: Final = 0o077
_SUFFIX: Final = ".c8py-token.json"

S = TypeVar("S", bound=msgspec.Struct)


class _Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is stored: its end in milliseconds since 1970, for monotonic clocks mean nothing elsewhere."""

    value: str
    lifetime_s: float
    ends_ms: int
    scope: str | None = None

    def __repr__(self) -> str:
        return "_Token(***)"


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    message: str
    status: int
    error: str
    hint: str
    times: int
    until_ms: int


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What one file holds: of a key its token and refusal, of a token service its cool-down and whose turn is when."""

    token: _Token | None = None
    refusal: _Refusal | None = None
    cool_until_ms: int = 0
    cool_downs: int = 0
    troubles: int = 0
    next_turn_ms: int = 0


_EMPTY: Final = _Entry()
_DECODER: Final = msgspec.json.Decoder(_Entry)


class Seal(Protocol):
    """Makes what is stored unreadable, and unchangeable, for whoever has not its key."""

    def close(self, content: bytes, name: str) -> bytes:
        """The content as it is stored under this name."""
        ...

    def open(self, stored: bytes, name: str) -> bytes:
        """What was closed under this name.

        Raises:
            ValueError: it was closed with another key, under another name, or changed since.
        """
        ...


class _Plain:
    """No seal: the mode of the files is what keeps others out."""

    def close(self, content: bytes, name: str) -> bytes:
        del name
        return content

    def open(self, stored: bytes, name: str) -> bytes:
        del name
        return stored


class FileCache:
    """A cache in a folder, for any number of processes, loops and threads.

    Args:
        folder: of its own; made with mode 0700 when it is not there.
        clock: its wall clock dates what is written, its monotonic one ages it.
        seal: what files are closed with; None stores them as they are.
        keys_max: how many keys the memory in front of the folder holds.
    """

    def __init__(self, folder: Path, clock: Clock, *, seal: Seal | None = None, keys_max: int = TOKEN_KEYS_MAX) -> None:
        self._folder = folder
        self._clock = clock
        self._seal = seal or _Plain()
        self._memory = MemoryCache(keys_max)
        self._guard = threading.Lock()
        self._locks: dict[TokenKey, filelock.BaseFileLock] = {}
        self._said = False

    def read(self, key: TokenKey) -> Held:
        """What is remembered of this key, by whichever process."""
        here = self._memory.read(key)
        entry = self._load(self._file(key))
        cool = self._load(self._cool_file(key))
        cool_until_s = self._monotonic_s(cool.cool_until_ms)
        return Held(
            token=_later(here.token, self._token(entry)),
            refusal=here.refusal or self._refusal(entry),
            cool_until_s=max(here.cool_until_s, cool_until_s),
            # Memory counts only where the folder is of no use: another process may have had a token since.
            cool_downs=cool.cool_downs if cool.cool_until_ms else here.cool_downs,
            troubles=cool.troubles if cool.cool_until_ms else here.troubles,
        )

    def keep(self, key: TokenKey, token: Token) -> None:
        """Remember a token, and forget the refusals before it."""
        self._memory.keep(key, token)
        stored = _Token(
            value=token.value.reveal(),
            lifetime_s=token.lifetime_s,
            ends_ms=self._wall_ms(token.ends_s),
            scope=token.scope,
        )
        self._store(self._file(key), _Entry(token=stored))

    def refuse(self, key: TokenKey, refusal: Refusal) -> None:
        """Remember a refusal; a token that is there stays, it may still be good."""
        self._memory.refuse(key, refusal)
        stored = _Refusal(
            message=refusal.message,
            status=refusal.status,
            error=refusal.error,
            hint=refusal.hint,
            times=refusal.times,
            until_ms=self._wall_ms(refusal.until_s),
        )
        file = self._file(key)
        self._store(file, msgspec.structs.replace(self._load(file), refusal=stored))

    def cool_down(self, key: TokenKey, until_s: float, *, in_a_row: int = 0, troubles: int = 0) -> None:
        """Remember, for all processes, that the token service of this key is to be left alone."""
        self._memory.cool_down(key, until_s, in_a_row=in_a_row, troubles=troubles)
        file = self._cool_file(key)
        with self._alone_at(file):
            entry = self._load(file)
            until_ms = max(self._wall_ms(until_s), entry.cool_until_ms)
            self._store(
                file,
                _Entry(cool_until_ms=until_ms, cool_downs=in_a_row, troubles=troubles, next_turn_ms=entry.next_turn_ms),
            )

    def reserve(self, key: TokenKey, *, now_s: float, spacing_s: float) -> float:
        """Take the next turn of this host to ask the token service of this key; waits a moment for those before."""
        here_s = self._memory.reserve(key, now_s=now_s, spacing_s=spacing_s)
        file = self._cool_file(key)
        with self._alone_at(file):
            entry, now_ms = self._load(file), self._clock.now_ms()
            known = entry.next_turn_ms - now_ms <= TOKEN_SLOTS_AHEAD_S * 1000
            turn_ms = max(now_ms, entry.next_turn_ms) if known else now_ms
            after_ms = turn_ms + round(spacing_s * 1000)
            self._store(file, msgspec.structs.replace(entry, next_turn_ms=after_ms))
        return max(here_s, (turn_ms - now_ms) / 1000)

    def drop(self, key: TokenKey, token: Token) -> None:
        """Forget this token, unless another one has taken its place."""
        self._memory.drop(key, token)
        file = self._file(key)
        stored = self._load(file).token
        if stored is not None and stored.value == token.value.reveal():
            self._remove(file)

    def clear(self) -> None:
        """Forget everything, for all processes."""
        self._memory.clear()
        for file in self._folder.glob(f"*{_SUFFIX}"):
            self._remove(file)

    def trim(self, keys_max: int) -> None:
        """Forget, for all processes, the keys longest unchanged beyond so many; for who serves any number of them."""
        with contextlib.suppress(OSError):
            with os.scandir(self._folder) as entries:
                files = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(_SUFFIX)]
            for _, path in sorted(files, reverse=True)[keys_max:]:
                self._remove(Path(path))

    def try_lock(self, key: TokenKey) -> bool:
        """Become the one on this host who fetches for this key, if nobody is; who died holding it holds nothing."""
        if not self._memory.try_lock(key):
            return False
        try:
            if not self._usable_folder():
                return True
            lock = filelock.FileLock(self._file(key).with_suffix(".lock"), thread_local=False, mode=0o600)
            lock.acquire(blocking=False)
        except filelock.Timeout:
            self._memory.unlock(key)
            return False
        except (OSError, NotImplementedError) as error:
            self._say(error)
            return True
        except BaseException:
            self._memory.unlock(key)
            raise
        with self._guard:
            self._locks[key] = lock
        return True

    def unlock(self, key: TokenKey) -> None:
        """Let the next one fetch."""
        with self._guard:
            lock = self._locks.pop(key, None)
        if lock is not None:
            with contextlib.suppress(OSError):
                lock.release()
        self._memory.unlock(key)

    # -- files

    @contextlib.contextmanager
    def _alone_at(self, file: Path) -> Generator[None]:
        """Nobody else changes the file meanwhile; where that cannot be had within a moment, go on without."""
        lock = None
        try:
            if self._usable_folder():
                lock = filelock.FileLock(file.with_suffix(".lock"), timeout=TOKEN_TURN_LOCK_S, mode=0o600)
                lock.acquire(poll_interval=0.005)
        except filelock.Timeout:
            lock = None
        except (OSError, NotImplementedError) as error:
            lock = None
            self._say(error)
        try:
            yield
        finally:
            if lock is not None:
                with contextlib.suppress(OSError):
                    lock.release()

    def _file(self, key: TokenKey) -> Path:
        return self._folder / f"{_digest(*msgspec.structs.astuple(key))}{_SUFFIX}"

    def _cool_file(self, key: TokenKey) -> Path:
        return self._folder / f"{_digest(key.token_url)}{_SUFFIX}"

    def _load(self, file: Path) -> _Entry:
        """What the file holds; nothing where it is not there, not ours, or not readable."""
        try:
            with _opened(file) as descriptor:
                known = os.fstat(descriptor)
                if not stat.S_ISREG(known.st_mode) or not _is_ours(known) or known.st_size > TOKEN_FILE_BYTES_MAX:
                    return _EMPTY
                return _DECODER.decode(self._seal.open(os.read(descriptor, TOKEN_FILE_BYTES_MAX), file.name))
        except FileNotFoundError:
            return _EMPTY
        except OSError as error:
            self._say(error)
            return _EMPTY
        except ValueError:  # msgspec's errors are such, and a seal's
            # Damaged: the next token replaces it.
            return _EMPTY

    def _store(self, file: Path, entry: _Entry) -> None:
        """Put the entry in the place of the file's content, as a whole or not at all."""
        made: Path | None = None
        try:
            if not self._usable_folder():
                return
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self._folder)  # mode 0600
            made = Path(name)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(self._seal.close(msgspec.json.encode(entry), file.name))
            made.replace(file)
        except OSError as error:
            self._say(error)
            if made is not None:
                with contextlib.suppress(OSError):
                    made.unlink(missing_ok=True)

    def _remove(self, file: Path) -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            self._say(error)

    def _usable_folder(self) -> bool:
        """Make the folder if need be; False where it belongs to somebody else, or others can enter it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = self._folder.stat()
        if _is_ours(known) and known.st_mode & _OTHERS:
            self._folder.chmod(0o700)
        if not _is_ours(known):
            self._say(PermissionError(f"{self._folder} belongs to another user"))
            return False
        return True

    def _say(self, error: Exception) -> None:
        if not self._said:
            self._said = True
            _LOG.warning(
                "tokens are not shared with other processes, for the cache at %s cannot be used: %s",
                self._folder,
                error,
            )

    # -- times

    def _wall_ms(self, monotonic_s: float) -> int:
        return self._clock.now_ms() + round((monotonic_s - self._clock.monotonic_s()) * 1000)

    def _monotonic_s(self, wall_ms: int) -> float:
        left_s = (wall_ms - self._clock.now_ms()) / 1000
        # Dated by a clock that was wrong: nothing lasts so long.
        return self._clock.monotonic_s() + left_s if left_s <= TOKEN_LIFETIME_S_MAX else 0.0

    def _token(self, entry: _Entry) -> Token | None:
        stored = entry.token
        if stored is None or not stored.value:
            return None
        ends_s = self._monotonic_s(stored.ends_ms)
        # A clock that was set back must not make a token last longer than it was given for.
        ends_s = min(ends_s, self._clock.monotonic_s() + stored.lifetime_s)
        return Token(value=Secret(stored.value), lifetime_s=stored.lifetime_s, ends_s=ends_s, scope=stored.scope)

    def _refusal(self, entry: _Entry) -> Refusal | None:
        stored = entry.refusal
        if stored is None:
            return None
        return Refusal(
            message=stored.message,
            status=stored.status,
            error=stored.error,
            hint=stored.hint,
            times=stored.times,
            until_s=self._monotonic_s(stored.until_ms),
        )


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def _later(one: Token | None, other: Token | None) -> Token | None:
    if one is None or other is None:
        return one or other
    return one if one.ends_s >= other.ends_s else other


def _is_ours(known: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or known.st_uid == os.geteuid()


@contextlib.contextmanager
def _opened(file: Path) -> Generator[int]:
    descriptor = os.open(file, _OPEN_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
