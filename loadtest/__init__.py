"""An open-loop load test for servers that stream OpenAI-compatible completions.

The way of an arrival through the files, in order:

1. `cli` is the door and `commands` the six commands; `options`, `settings` and `layering` read
   options, LOADTEST_* variables and the settings file; `gating` takes the plan of a gate's baseline,
   `preparing` finds what is wrong, `running` does the rest.
2. `plan/` decides before anything is sent: `questions` reads them, `schedule` computes the absolute
   arrival times, `popularity` says which question each arrival asks, `level` joins the three;
   `capacity` says how many generating processes that takes.
3. `generate/` runs it with Locust as the engine: `probe` asks the target once, `sample` keeps some
   answers, `prefix_cache` empties the target's caches before a level, `sweep` walks through the levels
   (those of a knee's `search` follow from the ones before: `searching` joins it with the figures),
   `crew` is the generating processes as the master sees them, `generator` is one such
   process, and `share` spawns one greenlet for each arrival of its share of the schedule.
4. `client/` is one request: `request` writes it, `exchange` sends it and notes the time of each read,
   `stream` parses what was read after the stream has ended, `record` is the raw result.
5. `figures/` reduces the records of a level to its figures, joins them with the server's
   own spans in the `waterfall`, compares them with the service levels (`slo`), and gives its `verdict`.
   `rounds` joins repeats, `knee` says what a search found, `gate` what is worse than a baseline.
6. `report/` keeps them: `build` (the report), `file` (report.json), `table` (terminal), `page` (HTML),
   `tsv` (one row a figure), `compare` (two reports).
7. `cluster/` is there for runs inside Kubernetes: it keeps the report in a ConfigMap and notes what
   cluster and server say meanwhile (`observed` is the shape of that). `bin/` starts such runs from a
   laptop.

8. `experiments/` joins the reports of several runs into one: sides compared, or replica counts.
9. `quality/` scores answers: those that a run keeps (`figures/quality`), and those of `loadtest quality`,
   which asks a server in several ways (`checking` is the command).

`schema` is the shape of the report, known to figures and report alike. Imports go one way:
commands > running, experiments > cluster > report > figures > quality > generate > client > schema >
plan > settings > errors.

What doesn't belong here: anything about one particular server, or an import of `app`. The target is
known by its URL only; all that it tells about itself is the JSON of GET /v1/environment.
"""

__version__ = "0.1.0"
