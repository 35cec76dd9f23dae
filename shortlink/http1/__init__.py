"""The HTTP/1.1 server that both doors stand on: an event loop, one request at a time on each connection, strict.

It knows nothing of links or messages. A door says what it takes of requests (`Intake`), and answers them (`Exchange`).
A proxy in front ends TLS and speaks HTTP/2 and 3. Taken and refused: RFC 9110, RFC 9112.
"""
