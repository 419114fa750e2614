"""The asynchronous colour; `_sync` is printed from it."""
