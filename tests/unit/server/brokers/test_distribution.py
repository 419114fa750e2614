import functools
import gc
import io
import os
import tarfile

import pytest

from c8py.errors import PlatformError
from c8py.server.brokers import Machine, Shape
from c8py.server.brokers import distribution as module
from c8py.server.brokers.distribution import distribution, fetch_by_coordinates, main_class, version_of
from harness.maven import Maven
from harness.maven import distribution as made_of
from harness.small_broker import START_SCRIPT

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see the fixture `maven`


def archive(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "zeebe.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def left_in(cache):
    """What is in the cache beside locks."""
    return [one.name for one in cache.rglob("*") if not one.name.endswith(".lock") and one != cache / "zeebe"]


@pytest.fixture
def served(monkeypatch):
    """Gives out this archive, and counts how often it was asked."""
    monkeypatch.setattr(module, "_UNPACKED_BYTES_MIN", 0)

    class Repository:
        def __init__(self, files):
            self.files, self.asked = files, []

        def __call__(self, version, folder, progress):
            self.asked.append(version)
            progress(10, 10)
            return archive(folder, self.files)

    return Repository


GOOD = {"zeebe-8.6.9/bin/broker": START_SCRIPT, "zeebe-8.6.9/lib/zeebe-broker-8.6.9.jar": "x"}


def test_a_version_is_fetched_once(served, tmp_path):
    fetch, told = served(GOOD), []
    first, home = (
        distribution("8.6.9", cache=tmp_path, progress=lambda *step: told.append(step), fetch=fetch) for _ in range(2)
    )
    assert first == home
    assert fetch.asked == ["8.6.9"]
    assert told == [(10, 10)]
    assert main_class(home) == "io.camunda.application.StandaloneBroker"
    assert version_of(home) == "8.6.9"


def test_a_known_version_that_is_another_one_is_refused_and_thrown_away(served, tmp_path):
    with pytest.raises(PlatformError, match="sha256"):
        distribution("8.6.0", cache=tmp_path, progress=lambda *_: None, fetch=served(GOOD))
    assert not (tmp_path / "zeebe" / "8.6.0").exists()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    "files",
    [
        {"a/bin/broker": START_SCRIPT, "b/lib/x": ""},
        {"a/readme": "nothing of Zeebe"},
        {"../outside": "x", "a/bin/broker": START_SCRIPT, "a/lib/x": ""},
    ],
)
def test_an_archive_that_is_no_distribution_leaves_nothing(served, tmp_path, files):
    with pytest.raises(PlatformError):
        distribution("8.6.9", cache=tmp_path / "cache", progress=lambda *_: None, fetch=served(files))
    assert not (tmp_path / "cache" / "zeebe" / "8.6.9").exists()
    assert not (tmp_path / "cache" / "zeebe" / "outside").exists()


def test_a_full_disk_is_said_before_anything_is_fetched(served, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_UNPACKED_BYTES_MIN", 2**60)
    fetch = served(GOOD)
    with pytest.raises(PlatformError, match="MB free"):
        distribution("8.6.9", cache=tmp_path, progress=lambda *_: None, fetch=fetch)
    assert fetch.asked == []


def test_a_folder_that_is_no_distribution_is_refused(tmp_path):
    with pytest.raises(PlatformError, match="unpacked distribution"):
        main_class(tmp_path)


def nothing(_come, _whole):
    """Nobody looks."""


def from_(maven):
    """Fetches from there, and from nowhere else."""
    return functools.partial(fetch_by_coordinates, repository=maven.url)


@pytest.fixture
def maven(monkeypatch):
    monkeypatch.setattr(module, "_UNPACKED_BYTES_MIN", 0)
    repository = Maven(made_of({"zeebe-8.6.9/lib/large": os.urandom(50_000).hex()}))
    yield repository
    repository.stop()
    gc.collect()  # jgo leaves broken connections to the collector: here, and not in a test that comes later


def test_a_distribution_is_fetched_by_its_maven_coordinates_and_says_how_far_it_is(maven, tmp_path):
    told, cache = [], tmp_path / "cache"
    home = distribution("8.6.9", cache=cache, progress=lambda *step: told.append(step), fetch=from_(maven))
    assert version_of(home) == "8.6.9"
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == (len(maven.content), len(maven.content))
    assert distribution("8.6.9", cache=cache, progress=nothing, fetch=from_(maven)) == home
    assert maven.asked.count("camunda-zeebe-8.6.9.tar.gz") == 1
    assert left_in(cache / "zeebe")[0] == "8.6.9"
    assert not any("fetching" in name for name in left_in(cache))


def test_a_fetch_that_breaks_off_leaves_nothing_and_the_next_one_begins_anew(maven, tmp_path):
    cache = tmp_path / "cache"
    maven.breaks = 10_000
    with pytest.raises(PlatformError, match="expected to fetch"):
        distribution("8.6.9", cache=cache, progress=nothing, fetch=from_(maven))
    assert left_in(cache) == []
    maven.breaks = 0
    assert version_of(distribution("8.6.9", cache=cache, progress=nothing, fetch=from_(maven))) == "8.6.9"


def test_an_archive_with_another_digest_than_its_repository_says_is_refused(maven, tmp_path):
    maven.sha1 = b"0" * 40
    with pytest.raises(PlatformError, match="sha1 000"):
        distribution("8.6.9", cache=tmp_path / "cache", progress=nothing, fetch=from_(maven))
    assert left_in(tmp_path / "cache") == []


def test_a_repository_without_digests_is_believed(maven, tmp_path):
    maven.sha1 = None
    assert distribution("8.6.9", cache=tmp_path / "cache", progress=nothing, fetch=from_(maven)).is_dir()


def test_a_version_that_the_repository_does_not_have_is_an_error_that_says_what_to_do(maven, tmp_path):
    with pytest.raises(PlatformError, match=r"camunda-zeebe:8\.6\.99") as error:
        distribution("8.6.99", cache=tmp_path / "cache", progress=nothing, fetch=from_(maven))
    assert "--zeebe-home" in (error.value.hint or "")


def test_what_a_killed_platform_has_left_of_a_fetch_is_thrown_away(maven, tmp_path):
    left = tmp_path / "cache" / "zeebe" / "8.6.9-fetching-abc"
    left.mkdir(parents=True)
    (left / "camunda-zeebe-8.6.9.tar.gz").write_bytes(b"half of it")
    assert distribution("8.6.9", cache=tmp_path / "cache", progress=nothing, fetch=from_(maven)).is_dir()
    assert not left.exists()


def test_a_folder_of_the_user_is_taken_and_nothing_is_fetched(maven, tmp_path):
    own = tmp_path / "own"
    (own / "bin").mkdir(parents=True)
    (own / "lib").mkdir()
    (own / "bin" / "broker").write_text(START_SCRIPT)
    java = tmp_path / "runtime" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.touch()
    (tmp_path / "runtime" / "release").write_text('JAVA_VERSION="21.0.1"')
    machine = Machine(
        bind="127.0.0.1",
        public_host="127.0.0.1",
        cache=tmp_path / "cache",
        java_home=tmp_path / "runtime",
        repository=maven.url,
    )
    found = machine.programs(Shape(home=str(own)), nothing)
    assert (found.home, found.java) == (own, java)
    assert maven.asked == []
    assert machine.programs(Shape(version="8.6.9"), nothing).home == tmp_path / "cache" / "zeebe" / "8.6.9"
