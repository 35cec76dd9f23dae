"""The archive: every event once, an index of messages and counters, in one SQLite file.

Valkey stays the truth; the archive can be made again from the event streams as far as they reach.
The only importer of sqlite3 beside the simulator. Never imports the store, a door or a framework.
"""
