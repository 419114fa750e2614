"""Room to be: auth."""
