"""Values and rules of the service: no I/O, no clock, no framework, no logging.

Nothing here may import Flask, Redis, RQ, an HTTP library, `os` or `logging`; time is always handed in.
"""
