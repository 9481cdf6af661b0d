"""What a service counts and measures, for Prometheus.

``record`` holds the metrics and one request's part in them; ``endpoint`` serves them. They lie in
prometheus_client's default registry, where vLLM puts its own (``vllm:*``) too.

What doesn't belong here: anything per token. A request costs some dozens of microseconds, once.
"""
