"""The benchmarks that can be wrong without anybody noticing: what they compare, and their arithmetic."""
