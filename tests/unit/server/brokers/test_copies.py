import pytest

from c8py.errors import PlatformError
from c8py.server.brokers.copies import Backup, backups_in, finish, put_back, seal, take


@pytest.fixture
def brokers(tmp_path):
    folders = [tmp_path / "cluster" / f"broker-{number}" for number in range(2)]
    for folder in folders:
        write(folder, "old")
    return folders


@pytest.fixture
def store(tmp_path):
    return tmp_path / "backups"


def write(folder, text):
    (folder / "data" / "raft").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "raft" / "log").write_text(text)


def read(folder):
    return (folder / "data" / "raft" / "log").read_text()


def backup(backup_id="b", created_ms=1):
    return Backup(
        backup_id=backup_id,
        cluster_id="c",
        version="8.6.0",
        brokers=2,
        partitions=1,
        replication=1,
        created_ms=created_ms,
        completed_ms=created_ms + 1,
        size_bytes=6,
    )


def keep(brokers, store, backup_id="b", created_ms=1):
    take(brokers, store, backup_id)
    seal(store, backup(backup_id, created_ms))


def test_what_was_backed_up_comes_back(brokers, store):
    keep(brokers, store)
    for folder in brokers:
        write(folder, "new")
        (folder / "data" / "later").touch()
    put_back(brokers, store, "b")
    assert [read(folder) for folder in brokers] == ["old", "old"]
    assert not any((folder / "data" / "later").exists() for folder in brokers)


def test_backups_are_listed_the_oldest_first_and_only_whole_ones(brokers, store):
    keep(brokers, store, "second", 2)
    keep(brokers, store, "first", 1)
    take(brokers, store, "unfinished")
    (store / "stranger").mkdir()
    assert [one.backup_id for one in backups_in(store)] == ["first", "second"]


def test_the_size_is_that_of_all_files(brokers, store):
    assert take(brokers, store, "b") == 2 * len("old")


def test_a_backup_that_cannot_be_written_leaves_nothing(brokers, store):
    with pytest.raises(PlatformError, match="write a backup"):
        take([*brokers, brokers[0].with_name("broker-9")], store, "b")
    assert list(store.iterdir()) == []


def test_a_backup_that_misses_a_broker_leaves_the_data_as_they_were(brokers, store):
    keep(brokers[:1], store)
    with pytest.raises(PlatformError, match="restore the backup b"):
        put_back(brokers, store, "b")
    assert [read(folder) for folder in brokers] == ["old", "old"]
    assert not any((folder / "data.restoring").exists() for folder in brokers)


def test_a_restore_that_was_broken_off_after_its_decision_is_ended(brokers, store):
    """Killed between the first and the second broker."""
    for folder in brokers:
        (folder / "data").rename(folder / "data.restoring")
        (folder / "data.restoring" / "raft" / "log").write_text("restored")
        write(folder, "new")
    brokers[0].joinpath("data").rename(brokers[0] / "gone")
    brokers[0].joinpath("data.restoring").rename(brokers[0] / "data")
    (brokers[0].parent / "restored").touch()
    finish(brokers)
    assert [read(folder) for folder in brokers] == ["restored", "restored"]
    assert not (brokers[0].parent / "restored").exists()


def test_a_restore_that_was_broken_off_before_its_decision_is_forgotten(brokers):
    (brokers[0] / "data.restoring").mkdir()
    finish(brokers)
    assert [read(folder) for folder in brokers] == ["old", "old"]
    assert not (brokers[0] / "data.restoring").exists()
