"""A local stand-in for Twilio's Messages API, with a handset to look at and a receiver for callbacks.

For development, tests and customers' own CI: the official SDK talks to it as to Twilio. It plays one account, keeps
everything in one process and binds to loopback. The service itself never imports it.
"""
