"""One request: its bytes, its exchange over a socket, and the raw record of what came back.

Reading and parsing are kept apart: while streams are open only (time, bytes) are noted, and a stream is
parsed after it has ended. No schedule, no Locust and no statistics here.
"""
