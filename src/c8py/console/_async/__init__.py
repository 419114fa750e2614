"""The Administration API for asyncio; written here, printed to its twin by tools/unasync.py."""
