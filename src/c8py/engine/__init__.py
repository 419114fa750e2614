"""Room to be: engine."""
