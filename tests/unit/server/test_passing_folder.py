"""Rules of the folder of a platform that keeps nothing."""

import os
import subprocess
import sys

import pytest

from c8py.errors import PlatformError
from c8py.server.app._passing_folder import passing_folder

KILLED = """
import os, pathlib, signal, sys
from c8py.server.app._passing_folder import passing_folder
with passing_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / sys.argv[2]).mkdir(parents=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_stays_at_the_end(tmp_path):
    with passing_folder(tmp_path) as folder:
        (folder / "platform.db").write_text("kept in it")
        assert folder.stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="nobody is killed like that on Windows")
def test_what_a_killed_one_left_goes_when_the_next_one_starts_unless_real_brokers_run_in_it(tmp_path):
    for inside in ("backups", "clusters/7/broker-0"):
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), inside], check=False)
    left = {path for path in tmp_path.iterdir() if path.is_dir()}
    assert len(left) == 1, "the second start has removed what the first left"
    with passing_folder(tmp_path) as folder:
        assert {path for path in tmp_path.iterdir() if path.is_dir()} == {folder, *left}


def test_what_a_living_one_uses_stays(tmp_path):
    with passing_folder(tmp_path) as first, passing_folder(tmp_path) as second:
        assert first != second
        assert first.is_dir()


def test_a_place_where_nothing_can_be_made_is_said(tmp_path):
    with pytest.raises(PlatformError, match="expected to make a temporary folder"), passing_folder(tmp_path / "gone"):
        pass
