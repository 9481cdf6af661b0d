"""Documents → passages → embeddings → FAISS, and the way back from a question to its passages.

Read in this order:

    documents      files → Document
    passages       Document → Passage, split by tokens of the embedding model
    embedding      text → vectors
    vectors        vectors → a FAISS index, its type chosen by size
    passage_store  passages on disk, memory-mapped
    manifest       what an index folder says of itself
    build          all of the above → <index root>/<hash>, published atomically by ``publish``
    index          an index folder → search; ``integrity`` refuses what is damaged
    retriever      question → hits, micro-batched off the event loop
    recall         how often the right passage is found

What doesn't belong here: prompts and requests (``app.rag``), settings (they come as arguments).
Importing these modules is cheap: sentence-transformers is imported when a model is loaded.
"""
