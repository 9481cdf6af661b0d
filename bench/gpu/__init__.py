"""``make bench-gpu``: rvc against plain ``vllm serve`` and the other architectures, on machines with GPUs.

It runs unattended and without a network: everything that it needs is made on that machine. ``plan`` says
what is measured, in parts; ``prepare`` makes the model, the index, the questions and the prompts; ``sides``
has what is compared and starts it; ``measure`` loads one side, ``watch`` and ``profile`` see what its
processes do meanwhile; ``run`` goes through the parts within a budget of time and keeps each report as soon
as it is there; ``table`` sets them side by side.
"""
