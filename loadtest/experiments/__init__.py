"""Several runs, and what they say together: `loadtest join`.

`joining` is the way of the command: `reading` gets the reports (from folders, or from the ConfigMaps of
runs in a cluster), `build` makes the experiment of them, `keeping` writes it. What it says is computed by
`compare` (sides on the same load, with `parity` of their answers) and `scaling` (replica counts). `file`,
`table` and `tsv` are its forms beside the page.

What doesn't belong here: a figure of a single run. These are computed once, in `figures/`, when it ends.
"""
