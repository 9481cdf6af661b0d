"""The command ``rag-llm``: what people type, and how it is shown to them. A file a command."""
