#!/usr/bin/env bash
# Inside an image: install the project into the environment that already holds its packages.
set -euo pipefail
cd /opt/rag-llm/source
uv pip install -q --no-deps --no-cache --compile-bytecode .
mkdir -p /opt/rag-llm/bin /opt/rag-llm/demo
python -m app.architectures.haproxy /opt/rag-llm/bin/haproxy
cp -r app/demo/corpus /opt/rag-llm/demo/corpus
chmod -R a+rX /opt/rag-llm/demo /opt/rag-llm/bin
rm -rf /opt/rag-llm/source
