import io
import tarfile

import pytest

from c8py.errors import PlatformError
from c8py.server.brokers import distribution as module
from c8py.server.brokers.distribution import distribution, main_class, version_of

SCRIPT = '#!/bin/sh\nexec java \\\n  io.camunda.application.StandaloneBroker \\\n  "$@"\n'


def archive(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "zeebe.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


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


GOOD = {"zeebe-8.6.9/bin/broker": SCRIPT, "zeebe-8.6.9/lib/zeebe-broker-8.6.9.jar": "x"}


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
    assert not (tmp_path / "maven" / "zeebe.tar.gz").exists()


@pytest.mark.parametrize(
    "files",
    [
        {"a/bin/broker": SCRIPT, "b/lib/x": ""},
        {"a/readme": "nothing of Zeebe"},
        {"../outside": "x", "a/bin/broker": SCRIPT, "a/lib/x": ""},
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
