"""Engines: prompt token ids in, a stream of deltas out.

``contract`` is what all of them promise, and one test suite holds them to it:

- ``transformers``: one model, worker threads; each thread generates one request or one batch
- ``vllm``: vLLM's AsyncLLM; paged attention and continuous batching
- ``scripted``: no model, exact timings; for tests and for calibrating the load generator

What doesn't belong here: questions, passages and prompts' texts (see ``app.rag``), HTTP, Ray.
"""
