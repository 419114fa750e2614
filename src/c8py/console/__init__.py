"""Room to be: console."""
