# Sourced by scale: how far the new replicas are, in seconds from the decision until the last of them was there.
# shellcheck shell=bash
# Uses ARCHITECTURE, METRICS_PORT, REPLICAS, SCALE_TIMEOUT, WORK; before, before_pods and decided; TIMES, a file that
# gets a line name=seconds for each step.

since() { echo $((SECONDS - decided)); }

late() {
  [ "$(since)" -lt "$SCALE_TIMEOUT" ] || die "$1 within $SCALE_TIMEOUT s${2:+: $2}"
}

note() { # NAME SECONDS
  if [ -n "${TIMES:-}" ] && [ -n "$2" ]; then printf '%s=%s\n' "$1" "$2" >>"$TIMES"; fi
}

show() { # TITLE SECONDS REMARK
  printf '%-10s %4s s%s\n' "$1" "$2" "${3:+  ($3)}"
}

# The pods that weren't there before, a line each: name|node|why unscheduled|started at|image pulled.
new_pods() {
  local pod state pulled
  for pod in $(worker_pods); do
    grep -qxF "$pod" <<<"$before_pods" && continue
    state=$(k get pod "$pod" -o 'jsonpath={.metadata.name}|{.spec.nodeName}|{.status.conditions[?(@.type=="PodScheduled")].message}|{.status.containerStatuses[0].state.running.startedAt}') || continue
    pulled=$(k get events --field-selector "involvedObject.name=$pod,reason=Pulled" -o 'jsonpath={.items[*].reason}' 2>/dev/null) || true
    printf '%s|%s\n' "$state" "$pulled"
  done
}

# The new replicas' lines of replicas_now.
new_replicas() {
  replicas_now >"$WORK/now"
  awk 'NR == FNR { old[$1] = 1; next } !($1 in old)' "$WORK/before" "$WORK/now"
}

# Look at the new pods: a step is over when the last of them has made it, so its time moves with each that comes.
look_at_pods() {
  local pod node why started_at pulled now_scheduled=0 now_pulled=0 now_started=0
  WHY='' PODS=0
  while IFS='|' read -r pod node why started_at pulled; do
    [ -n "$pod" ] || continue
    PODS=$((PODS + 1)) LAST_POD=$pod
    WHY=${WHY:-$why}
    if [ -n "$node" ]; then now_scheduled=$((now_scheduled + 1)) LAST_NODE=$node; fi
    [ -z "$pulled" ] || now_pulled=$((now_pulled + 1))
    [ -z "$started_at" ] || now_started=$((now_started + 1))
  done <<<"$(new_pods)"
  [ $now_scheduled -le "$SCHEDULED" ] || scheduled=$(since)
  [ $now_pulled -le "$PULLED" ] || pulled_s=$(since)
  [ $now_started -le "$STARTED" ] || started=$(since)
  SCHEDULED=$now_scheduled PULLED=$now_pulled STARTED=$now_started
}

look_at_replicas() {
  local now_loaded now_serving
  ASK=${loaded:+1} new_replicas >"$WORK/new"
  now_loaded=$(awk '$2 == 1' "$WORK/new" | grep -c .) || true
  now_serving=$(awk '$2 == 1 && $3 > 0' "$WORK/new" | grep -c .) || true
  [ "$now_loaded" -le "$LOADED" ] || loaded=$(since)
  [ "$now_serving" -le "$SERVING" ] || serving=$(since)
  LOADED=$now_loaded SERVING=$now_serving
}

wait_for_more() { # HOW MANY
  local scheduled='' pulled_s='' started='' loaded='' serving=''
  PODS=0 SCHEDULED=0 PULLED=0 STARTED=0 LOADED=0 SERVING=0 WHY='' LAST_POD='' LAST_NODE=''
  printf '%s\n' "$before" >"$WORK/before"
  if [ "$ARCHITECTURE" != rac ] && [ -z "$METRICS_PORT" ]; then
    die "metrics.port is off: whether the new replicas have loaded and answer can't be seen."
  fi
  while :; do
    look_at_pods
    if [ "$ARCHITECTURE" = rac ]; then
      # Engines have no counters of their own: the dispatcher counts for all of them.
      if [ $PODS -gt 0 ] && [ $STARTED -ge $PODS ]; then break; fi
      late "No engine's pod has started" "$WHY"
      sleep 1
      continue
    fi
    # Looked at only once there may be one: each look costs the pods a little.
    if [ $PODS = 0 ] || [ $STARTED -gt 0 ]; then
      look_at_replicas
      [ $SERVING -lt "$1" ] || break
    fi
    late "$SERVING of $1 new replicas answer" "$WHY"
    sleep 0.5
  done
  report_times
}

report_times() {
  local of='no new pod was needed'
  if [ $PODS = 1 ]; then of="$LAST_POD on $LAST_NODE"; elif [ $PODS -gt 1 ]; then of="the last of $PODS pods"; fi
  show scheduled "${scheduled:-0}" "$of"
  [ -z "$pulled_s" ] || show pulled "$pulled_s"
  show started "${started:-0}"
  note scheduled_s "$scheduled"
  note pulled_s "$pulled_s"
  note started_s "$started"
  if [ "$ARCHITECTURE" = rac ]; then
    echo "loaded, serving: not seen under rac, whose engines have no metrics of their own"
    return
  fi
  show loaded "$loaded"
  show serving "$serving" "first token answered"
  note loaded_s "$loaded"
  note first_token_s "$serving"
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
