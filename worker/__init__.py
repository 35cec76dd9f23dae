"""The other door: RQ workers and the dispatcher.

Nothing here decides or stores; jobs hand ids to use cases. Never imports the web.
"""
