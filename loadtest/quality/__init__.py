"""How right a server answers: questions asked in several ways, each answer scored, figures by group.

`score` scores one answer, `mode` has the ways of asking, `prompt` writes the prompt that a client brings
along, `server` is the server as the check sees it, `ask` asks, `figures` sums up, and `require` says which
figures are too low.

What doesn't belong here: anything that prints or keeps figures (`report`), or that a load test does while
requests run.
"""
