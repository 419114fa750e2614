import subprocess
import sys

import pytest

LOOK = """
import ctypes, resource
from c8py.token_proxy import never_dump
never_dump()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the words are those of Linux")
def test_neither_a_file_nor_a_handler_is_given_a_core_dump():
    # PR_GET_DUMPABLE, for a handler that the kernel pipes the dump to does not heed the limit.
    said = subprocess.run([sys.executable, "-c", LOOK], check=True, capture_output=True, text=True).stdout
    assert said.split(") ") == ["(0, 0", "0\n"]
