"""The cluster's side of a run: its report in a ConfigMap, and what the cluster says of the server.

`run` joins the two for `loadtest.running`. `api` is the one door to the API server and the border at
which its errors become ours; `packing` makes a report fit into ConfigMaps, `report_configmap` writes it;
`observe` watches the release by means of `pods` (from the API), `scrape` (over HTTP) and `metrics` (their
text), and keeps `samples` of it. `kept` reads what another run has kept.

All of it runs in the coordinating process, which in a cluster generates no load itself: nothing here can
delay a request or a read. Whatever fails here is a warning in the report, never the end of a run.
"""
