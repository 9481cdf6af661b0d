"""rag-llm: a retrieval-augmented LLM service in four architectures behind one HTTP API.

A request's way is the order of the folders, and imports point the same way, downwards only:

    cli            the command ``rag-llm``
    architectures  baseline, rac, rsc, rvc: which processes run, and who gets a request
    api            the OpenAI-compatible HTTP API
    rag            question → passages → prompt
    retrieval      documents → passages → embeddings → FAISS   (beside engines)
    engines        prompt → stream of deltas                   (beside retrieval)
    settings       one YAML file, environment variables, presets
    errors         every error that is raised on purpose

What doesn't belong here: anything that measures the service from outside (see ``loadtest``).
"""
