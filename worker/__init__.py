"""The other door, where work comes in: RQ workers, the dispatcher, the recorder, and the process that tells webhooks.

Nothing here decides or stores; jobs hand ids to use cases. Never imports the web.
"""
