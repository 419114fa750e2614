"""Room to be: config."""
