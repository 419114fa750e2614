"""Room to be: server."""
