"""What tests and benches start and look at from outside: programs, a real broker, our platform, the peers.

`processes`, `platform`, `zeebe` and `peers` import nothing of c8py: what they start is what a user would run. The
other modules are words and counterparts that several unit tests share.
"""
