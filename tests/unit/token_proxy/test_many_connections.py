import subprocess
import sys

import pytest

from c8py.base.limits import TOKEN_PROXY_CONNECTIONS_MAX

LOOK = """
import resource
from c8py.token_proxy import allow_many_connections
hard = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], {hard})
resource.setrlimit(resource.RLIMIT_NOFILE, (500, hard))
allow_many_connections()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(hard, {wanted}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("hard", [800, 1_000_000])
def test_as_many_files_as_connections_need_or_as_the_system_allows(hard):
    look = LOOK.format(hard=hard, wanted=TOKEN_PROXY_CONNECTIONS_MAX + 500)
    assert subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout == "True\n"
