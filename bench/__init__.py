"""The bench: what this machine can do, each figure beside what an empty view does on the same server.

Run it with `python -m bench`; README.md says what is measured and how. It starts an installation of its own on
loopback and asserts no timing.
"""
