"""The OpenAPI 3.1 document of the API door, written by hand, and the page that shows it.

It describes what is sent and never what a view does: no view imports it. It is built when it is first asked for.
"""
