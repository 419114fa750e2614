"""What a call costs that has its token already: no file, and next to no time."""

import json
import sys

import pytest

from bench.contestant import Contestant
from harness.platform import plain_environment
from harness.processes import ROOT

SCRIPT = ROOT / "bench" / "scripts" / "token_ours.py"
# The limit is 2, and `./dev bench tokens` measures it; here other tests want the machine as well.
WARM_US_MAX = 10


@pytest.mark.parametrize("kind", ["warm", "warm-threads"])
def test_a_call_with_a_warm_token_opens_no_file_and_takes_no_time(platform, tmp_path, kind):
    environment = plain_environment(**platform.credentials(), CAMUNDA_TOKEN_CACHE_DIR=str(tmp_path / "tokens"))
    words = [sys.executable, SCRIPT, kind, "2000", "0"]
    with Contestant(words, environment=environment, log=tmp_path / "warm.err") as calls:
        calls.ready()
        calls.go()
        took_us, opened = json.loads(calls.finish())
    assert opened == 0
    assert took_us < WARM_US_MAX
