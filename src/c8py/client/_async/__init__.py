"""The client for asyncio; written here, printed to its twin by tools/unasync.py."""
