"""Camunda 8 for Python: one package that authenticates, talks to, works for, and stands in for Camunda 8."""
