"""Room to be: client."""
