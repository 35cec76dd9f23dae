"""The processes that nobody calls: RQ workers, the dispatcher, the recorder, and the one that tells webhooks.

Nothing here decides or stores; jobs hand ids to use cases. Never imports the web.
"""
