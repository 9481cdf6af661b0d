"""``make bench-gpu``: rvc against plain ``vllm serve`` and the other architectures, on a machine with a GPU.

It runs unattended and without a network: everything that it needs is made on that machine. ``prepare`` makes
the model, the index, the questions and the prompts; ``servers`` starts what is measured; ``points`` measures
one rate of one server; ``run`` goes through them within a budget of time and keeps each point as soon as it
is there; ``table`` sets them side by side.
"""
