"""The redirect door: short links at speed, on an event loop.

Says what the Flask view of `shortlink.web` says, by status, header fields and body: rules come from the use case,
words from the dialect.
It takes little and refuses much, since all of it is read from strangers.
"""
