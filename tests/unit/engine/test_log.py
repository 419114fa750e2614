"""Files that are not what they should be: a clear error, and nothing harmed."""

import sqlite3
from zlib import crc32

import pytest

from c8py.errors import PlatformError
from harness.engine import Rig


def damage(rig, statement):
    rig.engine.close()
    connection = sqlite3.connect(rig.path / "engine.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE log SET payload = x'00'", "damaged"),
        ("UPDATE log SET payload = x'93', crc = 1591671054", "damaged"),
        ("PRAGMA user_version = 99", "format 99"),
        ("PRAGMA application_id = 7", "something else"),
    ],
)
def test_a_damaged_foreign_or_newer_file_is_refused(rig, statement, said):
    damage(rig, statement)

    with pytest.raises(PlatformError, match=said):
        rig._open()
    with pytest.raises(PlatformError, match=said):
        rig._open()


def test_an_event_of_a_newer_version_is_refused(rig):
    connection = rig.engine._database.connection
    payload = connection.execute("SELECT payload FROM log").fetchone()[0]
    # DeploymentIntent.CREATED is 150, 0xcc96 in msgpack; 199 is no intent.
    newer = payload.replace(b"\xcc\x96", b"\xcc\xc7", 1)
    damage(rig, f"UPDATE log SET payload = x'{newer.hex()}', crc = {crc32(newer)}")

    with pytest.raises(PlatformError, match="newer c8py"):
        rig._open()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "engine.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(PlatformError, match="not a database"):
        Rig(tmp_path)
    assert (tmp_path / "engine.db").read_bytes().startswith(b"no database")


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(PlatformError, match="expected to use the folder"):
        Rig(tmp_path / "file")


def test_a_temporary_engine_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rig = Rig()
    rig.engine.close()

    assert list(tmp_path.iterdir()) == []


def test_a_temporary_engine_without_a_place_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nothing"))

    with pytest.raises(PlatformError, match="temporary folder"):
        Rig()
