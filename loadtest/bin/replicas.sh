# Sourced by scale: which replicas there are, and how far a new one is.
# shellcheck shell=bash
# Uses NAME, RELEASE, REPLICAS, SCALE_TIMEOUT, WORK; sets ARCHITECTURE and METRICS_PORT.

INSTANCE=app.kubernetes.io/instance=$RELEASE

find_architecture() {
  local config found
  found=$(k get rayservice "$NAME" -o 'jsonpath={.metadata.name}' 2>"$WORK/errors") || true
  if [ -z "$found" ]; then
    k get deployment "$NAME" -o name >/dev/null 2>&1 ||
      die "There is no RayService and no Deployment $NAME in namespace $NAMESPACE: give RELEASE=… and NAMESPACE=…" \
        "($(grep -q "resource type" "$WORK/errors" && echo "the cluster has no KubeRay" || tail -n 1 "$WORK/errors"))"
    ARCHITECTURE=baseline
  else
    config=$(k get rayservice "$NAME" -o 'jsonpath={.spec.serveConfigV2}')
    ARCHITECTURE=rvc
    ! grep -q '^ *dispatcher: ' <<<"$config" || ARCHITECTURE=rac
    ! grep -q 'num_replicas: auto' <<<"$config" ||
      die "Serve scales $NAME by its load. Change its bounds (replicas.autoscaling.min_replicas and max_replicas)," \
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
      for port in $(seq "$FIRST" $((FIRST + 7))); do
        text=$(wget -q -t 1 -T 2 -O - "http://127.0.0.1:$port/metrics" 2>/dev/null) || continue
        # Metrics are there before the model is; the engine'"'"'s own only with it.
        loaded=$(sed -n "s/^rag_llm_ready \([01]\).*/\1/p" <<<"$text")
        [ -n "$loaded" ] || loaded=$(grep -c -m 1 "^vllm:num_requests_running" <<<"$text")
        echo "'"$pod"':$port $loaded" "$(sed -n "s/^rag_llm_output_tokens_total \([0-9]*\).*/\1/p" <<<"$text")"
      done' 2>/dev/null || true
  done
}

since() { echo $((SECONDS - decided)); }

late() {
  [ "$(since)" -lt "$SCALE_TIMEOUT" ] || die "$1 within $SCALE_TIMEOUT s${2:+: $2}"
}

# The first pod that wasn't there before, as name|node|why unscheduled|started at.
new_pod() {
  local pod
  for pod in $(worker_pods); do
    grep -qxF "$pod" <<<"$before_pods" && continue
    k get pod "$pod" -o 'jsonpath={.metadata.name}|{.spec.nodeName}|{.status.conditions[?(@.type=="PodScheduled")].message}|{.status.containerStatuses[0].state.running.startedAt}'
    return
  done
}

# The new replica's line of replicas_now.
new_replica() {
  replicas_now >"$WORK/now"
  awk 'NR == FNR { old[$1] = 1; next } !($1 in old)' "$WORK/before" "$WORK/now" | sort -k 3,3nr -k 2,2nr | head -n 1
}

wait_for_more() {
  local pod node why started_at line scheduled='' started='' loaded='' tokens
  printf '%s\n' "$before" >"$WORK/before"
  while :; do
    IFS='|' read -r pod node why started_at <<<"$(new_pod || true)" || true
    [ -z "$node" ] || scheduled=${scheduled:-$(since)}
    [ -z "$started_at" ] || started=${started:-$(since)}
    if [ "$ARCHITECTURE" = rac ]; then
      # Engines have no counters of their own: the dispatcher counts for all of them.
      [ -n "$started" ] || { late "No engine's pod has started" "$why"; sleep 1; continue; }
      printf 'scheduled  %4s s  (%s on %s)\nstarted    %4s s\n' "$scheduled" "$pod" "$node" "$started"
      printf 'loaded, serving: not seen under rac, whose engines have no metrics of their own\n'
      return
    fi
    if [ -z "$METRICS_PORT" ]; then
      die "metrics.port is off: whether the new replica has loaded and answers can't be seen."
    fi
    # Looked at only once there may be one: each look costs the pods a little.
    if [ -z "$pod" ] || [ -n "$started" ]; then
      read -r line tokens <<<"$(ASK=${loaded:+1} new_replica | awk '{ print $1 ":" $2, $3 }')" || true
      if [ -n "$line" ]; then
        [ "${line##*:}" = 0 ] || loaded=${loaded:-$(since)}
        if [ -n "$loaded" ] && [ "${tokens:-0}" -gt 0 ]; then
          printf 'scheduled  %4s s  (%s)\n' "${scheduled:-0}" "$([ -n "$pod" ] && echo "$pod on $node" || echo "no new pod was needed")"
          printf 'started    %4s s\nloaded     %4s s\nserving    %4s s  (first token answered)\n' \
            "${started:-0}" "$loaded" "$(since)"
          return
        fi
      fi
    fi
    late "No new replica answers" "$why"
    sleep 0.5
  done
}

wait_for_fewer() {
  local left
  if [ -z "$METRICS_PORT" ]; then
    say "metrics.port is off: the replicas can't be counted here."
    return
  fi
  while :; do
    left=$(replicas_now | grep -c . || true)
    [ "$left" -gt "$REPLICAS" ] || break
    late "$left replicas are left"
    sleep 1
  done
  printf '%s replicas after %s s\n' "$left" "$(since)"
}
