"""Room to be: transport."""
