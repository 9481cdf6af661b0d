"""What will be sent, decided before anything is sent: questions, arrival times, levels.

Pure computation from the seed: the same settings give the same sequence whatever the target and however
many workers. No sockets, no Locust, no clock here.
"""
