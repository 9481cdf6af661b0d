"""Benchmarks: commands that measure, one file each, and print their figures (docs/benchmarks.md keeps them).

What doesn't belong here: tests with a verdict for every change, or anything that the service needs.
"""
