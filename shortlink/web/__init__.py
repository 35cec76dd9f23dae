"""The web doors: HTTP in, use cases asked, HTTP out; the only room beside the simulator that imports Flask.

No rule lives here and no store is reached from here: a view reads the request, calls one use case and words the
answer. Xoxzo's words stay in `xoxzo/`.
"""
