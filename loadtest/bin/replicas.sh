# Sourced by scale and scaling: which replicas there are, and which there shall be.
# shellcheck shell=bash
# Uses FULLNAME, RELEASE, WORK; sets ARCHITECTURE and METRICS_PORT.

INSTANCE=app.kubernetes.io/instance=$RELEASE

find_architecture() {
  local config found
  found=$(k get rayservice "$FULLNAME" -o 'jsonpath={.metadata.name}' 2>"$WORK/errors") || true
  if [ -z "$found" ]; then
    k get deployment "$FULLNAME" -o name >/dev/null 2>&1 ||
      die "There is no RayService and no Deployment $FULLNAME in namespace $FULLNAMESPACE: give RELEASE=… and NAMESPACE=…" \
        "($(grep -q "resource type" "$WORK/errors" && echo "the cluster has no KubeRay" || tail -n 1 "$WORK/errors"))"
    ARCHITECTURE=baseline
  else
    config=$(k get rayservice "$FULLNAME" -o 'jsonpath={.spec.serveConfigV2}')
    ARCHITECTURE=rvc
    ! grep -q '^ *dispatcher: ' <<<"$config" || ARCHITECTURE=rac
    ! grep -q 'num_replicas: auto' <<<"$config" ||
      die "Serve scales $FULLNAME by its load. Change its bounds (replicas.autoscaling.min_replicas and max_replicas)," \
        "or turn it off (replicas.autoscaling.enabled=false) and scale by hand."
  fi
  METRICS_PORT=$(k get pods -l "$INSTANCE" -o 'jsonpath={range .items[*].spec.containers[*].ports[?(@.name=="app-metrics")]}{.containerPort}{"\n"}{end}' | head -n 1)
}

# Pods that hold replicas (rac: engines), one a line.
worker_pods() {
  local selector=$INSTANCE,rag-llm/serves-http=true
  [ "$ARCHITECTURE" != rac ] || selector=$INSTANCE,app.kubernetes.io/component=worker
  k get pods -l "$selector" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'
}

# One line a replica: pod:port, whether it has loaded (1 or 0), output tokens so far.
# ASK=1 also asks the service for a few tokens, so that an idle new replica gets to answer.
replicas_now() {
  local pod
  [ -n "$METRICS_PORT" ] || return 0
  for pod in $(worker_pods); do
    k exec "$pod" -- env "ASK=${ASK:-}" "FIRST=$METRICS_PORT" bash -c '
      if [ -n "$ASK" ]; then
        key=${RAG_LLM_SERVER__API_KEYS%%,*}
        to=(wget -q -t 1 -T 10 -O - --header "Authorization: Bearer $key" --header "Content-Type: application/json")
        model=$("${to[@]}" http://127.0.0.1:8000/v1/models | sed "s/.*\"id\": *\"\([^\"]*\)\".*/\1/")
        for _ in 1 2 3 4; do
          "${to[@]}" --post-data "{\"model\":\"$model\",\"prompt\":\"?\",\"max_tokens\":1}" \
            http://127.0.0.1:8000/v1/completions >/dev/null &
        done
        wait
      fi 2>/dev/null
      # As many as processes of a pod may take; most of them are closed.
      for port in $(seq "$FIRST" $((FIRST + 15))); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || continue
        text=$(wget -q -t 1 -T 2 -O - "http://127.0.0.1:$port/metrics" 2>/dev/null) || continue
        # Metrics are there before the model is; the engine'"'"'s own only with it.
        loaded=$(sed -n "s/^rag_llm_ready \([01]\).*/\1/p" <<<"$text")
        [ -n "$loaded" ] || loaded=$(grep -c -m 1 "^vllm:num_requests_running" <<<"$text")
        echo "'"$pod"':$port $loaded" "$(sed -n "s/^rag_llm_output_tokens_total \([0-9]*\).*/\1/p" <<<"$text")"
      done' 2>/dev/null || true
  done
}

# The number that the objects ask for.
replicas_wanted() {
  case $ARCHITECTURE in
    baseline) k get deployment "$FULLNAME" -o 'jsonpath={.spec.replicas}' ;;
    rac) k get rayservice "$FULLNAME" -o 'jsonpath={.spec.serveConfigV2}' | sed -n '/^ *replicas:$/{n;s/^ *count: *//p;}' ;;
    *) k get rayservice "$FULLNAME" -o 'jsonpath={.spec.serveConfigV2}' | sed -n 's/^ *num_replicas: *//p' ;;
  esac
}
