"""The four architectures: which processes run, and who hands a request to whom.

- **baseline** (``local``): one process; uvicorn, worker threads, transformers. With engine.batch it is
  the improved baseline, which gathers waiting requests into one generate.
- **rac** (``local`` + ``actors``): one front process; it hands each request to the least loaded of the
  Ray actors (``actor``), which hold a transformers engine each, and their tokens stream back to it.
- **rsc** (``replicas``): Ray Serve replicas that each answer HTTP themselves, around transformers.
- **rvc** (``replicas``): the same with vLLM; no token crosses a Serve handle.

``embedded_ray`` starts and stops Ray on this machine. What doesn't belong here: what an answer is made of.
"""
