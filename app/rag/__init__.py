"""From a question to an answer: retrieve passages, build the prompt, generate.

``service`` is the way of a request; ``prompt`` puts texts together to a token budget; ``tokenizer``
counts. It is the same in all architectures: they differ in the engine that they hand to the service, and
in the processes that services live in.

What doesn't belong here: HTTP, Ray, and how an engine generates.
"""
