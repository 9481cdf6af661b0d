#!/usr/bin/env bash
# Inside the cpu image: remove what only a GPU uses and what PyTorch loads only when it is called.
# The plain torch from the package index is the CUDA build; the libraries that it links to have to stay.
set -euo pipefail
packages=$(echo "$1"/lib/python3.*/site-packages)
rm -rf "$packages"/triton "$packages"/torch/lib/libtorch_cuda_linalg.so
cd "$packages"/nvidia 2>/dev/null || exit 0 # a CPU build of torch came without them
rm -f cudnn/lib/libcudnn_{adv,ops,heuristic,engines_precompiled,engines_runtime_compiled,cnn,graph}.so.* \
  cu13/lib/lib{cusolver,cusolverMg,nvrtc.alt,nvperf_host,nvperf_target,nvrtc-builtins}.so.*
