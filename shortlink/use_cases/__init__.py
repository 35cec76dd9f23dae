"""What the service does: one verb, one module, one function of that name; nouns are what several of them share.

A use case takes what it needs as arguments; it never reads settings, never looks anything up and knows
neither HTTP nor RQ.
"""
