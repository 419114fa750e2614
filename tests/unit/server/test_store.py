"""One file that outlives the process, and that one process has at a time."""

import sqlite3
import stat

import pytest

from c8py.errors import PlatformError
from c8py.server.store import Client, Cluster, NameTaken, Organization, SigningKey, Store


def a_client(name="worker", client_id="id-1", cluster_id: str | None = "c-1"):
    return Client(
        client_id=client_id,
        uuid=f"u-{client_id}",
        level="organization" if cluster_id is None else "cluster",
        org_id="o-1",
        cluster_id=cluster_id,
        name=name,
        permissions=("Zeebe", "Operate"),
        secret_sha256=b"h" * 32,
        created_ms=3,
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def store(folder):
    store = Store.open(folder)
    store.add_organization(Organization(org_id="o-1", name="Org", created_ms=1))
    store.add_cluster(Cluster(cluster_id="c-1", org_id="o-1", name="one", region="r-1", generation="8.9", created_ms=2))
    yield store
    store.close()


def test_what_was_written_is_there_after_a_restart(folder, store):
    store.add_client(a_client())
    store.set_ready_made(a_client())
    store.add_signing_key(SigningKey(kid="k-1", private_pem=b"pem", created_ms=4))
    store.close()
    again = Store.open(folder)
    assert again.organization() == Organization(org_id="o-1", name="Org", created_ms=1)
    assert [cluster.name for cluster in again.clusters()] == ["one"]
    assert again.client("id-1") == a_client()
    assert again.ready_made("cluster") == a_client()
    assert [key.kid for key in again.signing_keys()] == ["k-1"]
    again.close()


def test_the_newest_key_comes_first(store):
    for kid in ("old", "new"):
        store.add_signing_key(SigningKey(kid=kid, private_pem=b"", created_ms=1))
    assert [key.kid for key in store.signing_keys()] == ["new", "old"]


def test_a_removed_client_is_gone_at_once_and_for_ever(folder, store):
    store.add_client(a_client())
    store.set_ready_made(a_client())
    assert store.remove_client("id-1")
    assert not store.remove_client("id-1")
    assert store.client("id-1") is None
    store.close()
    again = Store.open(folder)
    assert again.client("id-1") is None
    assert again.ready_made("cluster") is None
    again.close()


def test_a_name_is_unique_within_a_cluster_but_not_beyond(store):
    store.add_client(a_client())
    with pytest.raises(NameTaken):
        store.add_client(a_client(client_id="id-2"))
    store.add_client(a_client(client_id="id-3", cluster_id=None))
    assert [client.client_id for client in store.clients("c-1")] == ["id-1"]
    assert [client.client_id for client in store.clients(None)] == ["id-3"]


def test_only_the_owner_can_read_folder_and_files(folder, store):
    store.add_client(a_client())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_folder_that_others_could_read_is_closed_to_them(folder):
    folder.mkdir(mode=0o755)
    Store.open(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_with_other_things_in_it_keeps_its_mode(folder):
    folder.mkdir(mode=0o755)
    (folder / "theirs").write_text("x")
    Store.open(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "platform.db").stat().st_mode) == 0o600


def test_a_second_platform_on_the_same_folder_is_refused(folder, store):
    with pytest.raises(PlatformError, match=r"another platform runs on it.*--data-dir"):
        Store.open(folder)


def test_a_folder_that_is_none_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PlatformError, match=r"data folder .*file.*--data-dir"):
        Store.open(tmp_path / "file")


def test_a_damaged_file_is_named(folder):
    folder.mkdir()
    (folder / "platform.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(PlatformError, match=r"platform\.db to be a database, but it is damaged"):
        Store.open(folder)


def test_a_file_of_a_newer_version_is_refused(folder, store):
    store.close()
    with sqlite3.connect(folder / "platform.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PlatformError, match=r"format 2 or older, but it is in format 99"):
        Store.open(folder)


def test_a_database_of_another_program_is_left_alone(folder):
    folder.mkdir()
    with sqlite3.connect(folder / "platform.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(PlatformError, match="another program made it"):
        Store.open(folder)
    with sqlite3.connect(folder / "platform.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    connection.close()


def test_after_a_refusal_the_folder_can_be_opened(folder, store):
    with pytest.raises(PlatformError):
        Store.open(folder)
    store.close()
    Store.open(folder).close()


def test_a_signing_key_does_not_show_itself():
    assert "pem" not in repr(SigningKey(kid="k", private_pem=b"pem", created_ms=1))
