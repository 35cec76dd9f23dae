"""Build the service from its settings; the only room that knows every concrete class.

Each module builds for one kind of process, and is imported by itself: a process that starts should not have to read
what only others need.
"""
