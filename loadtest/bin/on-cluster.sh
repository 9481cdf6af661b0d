# Sourced by experiment.sh: a release in a cluster. Sides are its values, loads and joins are Jobs beside it.
# shellcheck shell=bash
# shellcheck source=loadtest/bin/cluster.sh
. "$BIN/cluster.sh"
# shellcheck source=loadtest/bin/serving.sh
. "$BIN/serving.sh"

REVISION='' INSTALLED='' CHANGED='' FORCE=()
SWITCH_TIMEOUT=${SWITCH_TIMEOUT:-1800}

begin() { # loading OR switching
  check_cluster
  FULLNAME=$(fullname)
  ! k get configmap "$FULLNAME-report-$NAME" -o name >/dev/null 2>&1 ||
    die "There is a report $NAME already: choose another NAME."
  REVISION=$(h history "$RELEASE" --max 1 -o json 2>/dev/null | sed -n 's/.*"revision": *\([0-9]*\).*/\1/p') || true
  if [ -n "$REVISION" ]; then
    h get values "$RELEASE" -o yaml >"$WORK/release.yaml" || die "The values of $RELEASE can't be read."
  else
    release_values "$WORK/release.yaml"
  fi
  if [ -z "$REVISION" ] && [ "$1" = switching ]; then
    ! k get service "$FULLNAME" -o name >/dev/null 2>&1 ||
      die "$FULLNAME was not installed by Helm, so it can't be switched and put back: compare in a namespace of its own."
    INSTALLED=1
  fi
  # What kubectl has changed is kubectl's under Helm 4, until it is taken back.
  ! h upgrade --help | grep -q -- --force-conflicts || FORCE=(--force-conflicts)
}

# Values of a side, on top of the release's own.
side_values() { # SIDE
  local architecture=${1%%-*} batch=false
  [ "$1" != baseline-improved ] || batch=true
  printf 'architecture=%s,engine.batch=%s,replicas.autoscaling.enabled=false,server.allow_cache_reset=true' \
    "$architecture" "$batch"
}

switch_to() { # SIDE
  local started=$SECONDS options=(-f "$WORK/release.yaml" --set "$(side_values "$1")")
  say ""
  say "== $1: switching $RELEASE =="
  make_room "$(h template "$RELEASE" "$CHART" "${options[@]}" --api-versions ray.io/v1/RayService 2>"$WORK/helm")"
  if [ -s "$WORK/helm" ] && grep -q '^Error' "$WORK/helm"; then
    TROUBLE="the chart refuses it: $(one_line "$WORK/helm")"
    return 1
  fi
  CHANGED=1
  h upgrade --install "$RELEASE" "$CHART" --reset-values "${options[@]}" ${FORCE[@]+"${FORCE[@]}"} >"$WORK/helm" 2>&1 || {
    TROUBLE="helm upgrade failed: $(one_line "$WORK/helm")"
    return 1
  }
  wait_for_side "$1" || return 1
  say "$1 answers after $((SECONDS - started)) s."
}

load() { # RUN
  run_child env RUN="$1" LABEL="${LABEL:-}" SETTINGS="${SETTINGS:-}" "$BIN/run-job"
}

has_report() { # RUN
  [ -n "$(k get configmap "$FULLNAME-report-$1" -o 'jsonpath={.data.figures\.tsv}' 2>/dev/null)" ]
}

why_not() { # RUN
  k get configmap "$FULLNAME-report-$1" -o 'jsonpath={.data.summary\.txt}' 2>/dev/null | head -n 1
}

join_runs() { # KIND RUNS
  local why
  why=$(printf '%s\n' ${INCOMPLETE[@]+"${INCOMPLETE[@]}"})
  say ""
  run_child env "RUN=$NAME" "KIND=$1" "RUNS=$2" "BASELINE=${BASELINE:-}" "INCOMPLETE=$why" "$BIN/join-job"
}

restore() {
  [ -n "$CHANGED" ] || return 0
  say ""
  if [ -n "$INSTALLED" ]; then
    say "Uninstalling $RELEASE, which was installed for this."
    h uninstall "$RELEASE" >"$WORK/helm" 2>&1 || {
      say "helm uninstall failed: $(one_line "$WORK/helm")"
      return 1
    }
  else
    roll_back
  fi
}

roll_back() {
  say "Putting $RELEASE back as it was (revision $REVISION)."
  make_room "$(h get manifest "$RELEASE" --revision "$REVISION" 2>/dev/null)"
  h rollback "$RELEASE" "$REVISION" ${FORCE[@]+"${FORCE[@]}"} >"$WORK/helm" 2>&1 || {
    say "helm rollback failed: $(one_line "$WORK/helm")"
    say "Put it back by hand: helm rollback $RELEASE $REVISION --namespace $NAMESPACE"
    return 1
  }
}
