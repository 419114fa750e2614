"""What tests and benches start and look at from outside: programs, a real broker, our platform, the peers.

Imports nothing of c8py: what is tested here is what a user would run.
"""
