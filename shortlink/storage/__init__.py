"""The store: one class a noun, domain objects in and out; the only room that speaks Redis.

Nothing here decides what should happen: rules come from the domain, the order of steps from the use cases.
Every state change is one Lua script in `lua/`, all checks before its first write.
"""
