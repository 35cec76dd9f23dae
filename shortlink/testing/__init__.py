"""For the tests of those who send: the whole service and a simulated carrier, started once for a test run.

pytest loads `shortlink.testing.plugin` by itself; nothing else is imported before a fixture is asked for.
Only talks to the service from outside, as its users do.
"""
