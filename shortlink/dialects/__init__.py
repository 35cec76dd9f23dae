"""Dialects: how a customer's API words things, as pure rendering of domain objects.

Shared by the web, which answers in a dialect, and by the workers, whose callbacks speak the same one. Imports the
domain and nothing else: no HTTP, no store, no settings, no clock.
"""
