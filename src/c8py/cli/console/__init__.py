"""`c8 console`: what Console can do, over the Administration API, with an organization's credentials.

A module for each kind of thing; `group` hangs them together.
"""

from c8py.cli.console.chosen import chosen_cluster
from c8py.cli.console.clients import new_client
from c8py.cli.console.group import console_

__all__ = ["chosen_cluster", "console_", "new_client"]
