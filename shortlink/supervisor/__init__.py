"""Keep a handful of processes running on one data directory, and end them together.

It knows processes, pipes, locks and files; it never learns what the processes do, and imports neither the service's
use cases nor its stores.
"""
