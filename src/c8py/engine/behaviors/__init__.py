"""Moves that several processors make: variables, mappings, incidents, jobs, transitions. They read views and speak."""
