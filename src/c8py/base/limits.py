"""Every limit has a name and a number, and stands here. Settings may lower them; few may raise them.

Grouped by the room that applies them. Units are the last word of a name.
"""

from typing import Final

# -- everywhere
VARIABLES_BYTES_MAX: Final = 4 * 1024 * 1024  # Zeebe's own message size: what is larger could not go over gRPC
JSON_DEPTH_MAX: Final = 500  # deeper documents cost a real broker its connection; nobody models so deep
