"""The load itself: Locust processes that run the schedule, and the sweep that leads them.

Locust is the engine (processes, messages, its request event); the arrivals are ours, because none of
its wait times is open-loop. Nothing is reduced or judged here: records go up as they are.
"""
