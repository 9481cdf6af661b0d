# Sourced by run-job and join-job: a Job of the chart beside the release: made, followed, and its report shown.
# shellcheck shell=bash
# Needs cluster.sh and follow.sh; RUN and START_TIMEOUT are set. Exits with the Job's own exit code.

START_TIMEOUT=${START_TIMEOUT:-300}
JOB='' REPORT=''

check_run_name() { # NAME OF THE VARIABLE
  [[ ${!1} =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || die "$1=${!1} is wrong: small letters, digits and dashes make names."
}

# As a YAML string. The quote in a variable: bash 3.2 would keep a backslash before it.
QUOTE="'"
quoted() { printf "'%s'" "${1//$QUOTE/$QUOTE$QUOTE}"; }

# A line of the values, quoted if it is text.
setting() { # NAME VALUE
  if [[ $2 =~ ^([0-9]+(\.[0-9]+)?|true|false)$ && $1 != rps ]]; then
    printf '    %s: %s\n' "$1" "$2"
  else
    printf '    %s: %s\n' "$1" "$(quoted "$2")"
  fi
}

# What the chart makes of these values for a load test, and nothing else of it.
render_job() { # HELM-OPTION…
  # The chart refuses to be rendered for a cluster without KubeRay; what is rendered here doesn't need it.
  h template "$RELEASE" "$CHART" "$@" --api-versions ray.io/v1 --api-versions ray.io/v1/RayService \
    >"$WORK/all.yaml" 2>"$WORK/helm" || die "The chart refuses these values: $(cat "$WORK/helm")"
  awk '
    function flush() { if (wanted) printf "---\n%s", document; document = ""; wanted = 0 }
    /^---$/ { flush(); next }
    /^# Source: .*\/templates\/loadtest-/ { wanted = 1 }
    { document = document $0 "\n" }
    END { flush() }' "$WORK/all.yaml" >"$WORK/job.yaml"
  grep -q '^kind: Job$' "$WORK/job.yaml" || die "The chart in $CHART has no load test: is it another version?"
}

# Make the rendered objects, follow the Job to its end and show its report.
run_job() { # WHAT IT DOES
  local existing
  RUN_LABEL="rag-llm/run=$RUN,app.kubernetes.io/instance=$RELEASE"
  existing=$(k get configmap -l "$RUN_LABEL,rag-llm/report=true" -o name) || die "ConfigMaps of $NAMESPACE can't be read."
  [ -z "$existing" ] || die "There is a report $RUN already ($existing): choose another name."
  # One whose report was deleted would be followed in place of this one.
  k delete job -l "$RUN_LABEL" --ignore-not-found >/dev/null || die "The Job of an earlier run $RUN can't be deleted."
  k apply --server-side --field-manager=loadtest-job -f "$WORK/job.yaml" >"$WORK/applied" 2>"$WORK/errors" || {
    remove_everything
    die "The Job could not be made: $(cat "$WORK/errors")"
  }
  REPORT=$(k get configmap -l "$RUN_LABEL,rag-llm/report=true" -o 'jsonpath={.items[0].metadata.name}')
  JOB=$(k get job -l "$RUN_LABEL,rag-llm/loadtest-role=coordinator" -o 'jsonpath={.items[0].metadata.name}')
  say "Job $JOB in namespace $NAMESPACE: $1. Ctrl-C stops it and keeps what was measured."
  trap 'stop 130' INT
  trap 'stop 143' TERM
  follow
  show_result
  exit "$CODE"
}
