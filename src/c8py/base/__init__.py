"""What every room may stand on: clock, limits, secrets, back-off. Pure; knows no protocol and no other room."""
