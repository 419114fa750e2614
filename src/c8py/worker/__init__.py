"""Room to be: worker."""
