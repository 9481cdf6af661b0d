# Sourced by on-cluster.sh: making room for the next side, and whether it is the one that answers.
# shellcheck shell=bash
# Uses FULLNAME, RELEASE, SWITCH_TIMEOUT, STOPPED; sets TROUBLE.
REPLICAS_WANTED=1

INSTANCE=app.kubernetes.io/instance=$RELEASE

one_line() { tr '\n' ' ' <"$1" | sed 's/ *$//'; }

# A second Ray cluster would need the accelerators twice, and the first one's pods would answer beside it: where pods
# can't stay, the old ones go first.
make_room() { # MANIFESTS OF WHAT COMES
  local now next
  now=$(k get rayservice "$FULLNAME" -o 'jsonpath={.metadata.annotations.rag-llm/ray-cluster-hash}' 2>/dev/null) || return 0
  next=$(sed -n 's/^ *rag-llm\/ray-cluster-hash: *"\{0,1\}\([^"]*\)"\{0,1\} *$/\1/p' <<<"$1" | head -n 1)
  [ "$now" != "$next" ] || return 0
  k_long delete rayservice "$FULLNAME" --timeout=120s >/dev/null 2>&1 || true
}

# name|going|ready of each pod that takes requests
serving_pods() {
  k get pods -l "$INSTANCE,rag-llm/serves-http=true" -o 'jsonpath={range .items[*]}{.metadata.name}|{.metadata.deletionTimestamp}|{.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'
}

# GET /v1/environment, asked inside a pod.
environment_of() { # POD
  # shellcheck disable=SC2016
  k exec "$1" -- bash -c 'wget -q -t 1 -T 10 -O - --header "Authorization: Bearer ${RAG_LLM_SERVER__API_KEYS%%,*}" \
    http://127.0.0.1:8000/v1/environment' 2>/dev/null
}

# Why a pod of the release can't start yet, in a few words.
hindrance() {
  k get pods -l "$INSTANCE" -o 'jsonpath={range .items[*]}{.status.conditions[?(@.type=="PodScheduled")].message}{" "}{.status.containerStatuses[*].state.waiting.message}{"\n"}{end}' 2>/dev/null |
    sed '/^ *$/d' | head -n 1 | cut -c 1-200
}

# Pods of another side, or on their way out: they would still take CPU.
others_left() { # SIDE
  local old=app.kubernetes.io/component=baseline
  [[ $1 != baseline* ]] || old=ray.io/is-ray-node=yes
  [ -z "$(k get pods -l "$INSTANCE,$old" -o name)" ] || return 0
  k get pods -l "$INSTANCE,app.kubernetes.io/component!=loadtest" \
    -o 'jsonpath={range .items[*]}{.metadata.deletionTimestamp}{"\n"}{end}' | grep -q .
}

# Whether the pods that take requests all say that they are this side, and nobody is left of another one.
is_serving() { # SIDE
  local pods pod going ready told architecture=${1%%-*}
  ! others_left "$1" || return 1
  pods=$(serving_pods) && [ -n "$pods" ] || return 1
  while IFS='|' read -r pod going ready; do
    [ -z "$going" ] && [ "$ready" = True ] || return 1
  done <<<"$pods"
  while IFS='|' read -r pod going ready; do
    told=$(environment_of "$pod" </dev/null) || return 1
    grep -q "\"architecture\": *\"$architecture\"" <<<"$told" || return 1
    case $1 in
      baseline) grep -q '"batch": *false' <<<"$told" || return 1 ;;
      baseline-improved) grep -q '"batch": *true' <<<"$told" || return 1 ;;
    esac
    # Switched on in place, so it may come after the pod is ready.
    grep -q '"reset_prefix_cache"' <<<"$told" || return 1
    # Of the others this is said by the pods alone.
    case $1 in
      rsc | rvc) grep -q "\"replicas\": *$REPLICAS_WANTED[,}]" <<<"$told" || return 1 ;;
    esac
  done <<<"$pods"
}

wait_for_side() { # SIDE
  REPLICAS_WANTED=$(h get values "$RELEASE" --all -o yaml | awk '/^[^ ]/ { inside = /^replicas:/ } inside && $1 == "count:" { print $2; exit }')
  wait_until "$1" is_serving "$1"
}

# The id of the replica that answers in the first pod; empty if none does.
replica_answering() {
  environment_of "$(serving_pods | awk -F '|' '$2 == "" && $3 == "True" { print $1; exit }')" </dev/null |
    sed -n 's/.*"replica": *"\([^"]*\)".*/\1/p'
}

replaced() { # ID OF A REPLICA
  local now
  now=$(replica_answering)
  [ -n "$now" ] && [ "$now" != "$1" ]
}

wait_until() { # WHAT COMMAND…
  local what=$1 started=$SECONDS said=$SECONDS
  shift
  until "$@"; do
    if [ -n "$STOPPED" ]; then
      TROUBLE="it was stopped while it started"
      return 1
    fi
    if [ $((SECONDS - started)) -ge "$SWITCH_TIMEOUT" ]; then
      TROUBLE="it did not answer within $SWITCH_TIMEOUT s: $(hindrance)"
      return 1
    fi
    if [ $((SECONDS - said)) -ge 30 ]; then
      said=$SECONDS
      say "$what: not there yet after $((SECONDS - started)) s. $(hindrance)"
    fi
    sleep 2 || true
  done
}
