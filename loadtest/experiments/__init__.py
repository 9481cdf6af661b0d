"""Several runs, and what they say together: `loadtest join`.

`joining` is the way of the command: `reading` gets the reports (from folders, or from the ConfigMaps of
runs in a cluster), `build` makes the experiment of them, and it is kept in a folder or in a ConfigMap. What
it says is computed by `compare` (sides on the same load: `parity` of their answers, `doubts` of the
reader) and `scaling` (replica counts), both with the `intervals` of figures over rounds. Its forms are
`file` (experiment.json), `tsv`, `table` with `stepped_table` (terminal), and `page` (HTML).

What doesn't belong here: a figure of a single run. These are computed once, in `figures/`, when it ends.
"""
