"""The OpenAI-compatible HTTP API, as one ASGI application around a service.

``application`` lists the routes; ``completions`` is the way of a chat or completion request; ``schema``
says which fields there are; ``answer`` makes the engine's deltas an answer in the ``shapes`` of OpenAI's;
``record`` notes what a request is counted for and where its time goes; ``streaming`` writes server-sent
events and notices clients that go away; ``faults`` puts errors into OpenAI's shape; ``keys`` checks API keys.

What doesn't belong here: which processes serve it (see ``app.architectures``).
"""
