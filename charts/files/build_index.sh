# Make the index of this content, unless it is there. Run by the index Job with the content's own folder.
set -eu
if [ -e "$INDEX_ROOT/current" ]; then
  echo "the index of this content is there: $INDEX_ROOT"
  exit 0
fi
case "$RAG_LLM_EMBEDDING__MODEL" in
/*) until [ -e "$RAG_LLM_EMBEDDING__MODEL" ]; do
  echo "waiting for the embedding model at $RAG_LLM_EMBEDDING__MODEL"
  sleep 5
done ;;
esac
exec rag-llm index build "$CORPUS" --index-root "$INDEX_ROOT"
