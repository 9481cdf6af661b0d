"""What a service counts and measures, for Prometheus.

``record`` holds the metrics; ``endpoint`` serves them. They lie in prometheus_client's default registry,
where vLLM puts its own (``vllm:*``) too.

What doesn't belong here: anything per token, as a request costs some dozens of microseconds, once; and one
request's own times (see ``app.api.record``).
"""
