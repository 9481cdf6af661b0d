# Sourced by run-job: wait for the run's pods, print their log through every hiccup of the API, end them.
# shellcheck shell=bash
# Uses RUN_LABEL, JOB, REPORT, START_TIMEOUT, WORK, and QUIET, if the log is not to be shown; sets POD and CODE (the exit code of the run).

POD='' CODE=3 SEEN=0 OWNED='' SAID=''

# Everything of the run but its log and the pod itself; called when nothing was measured.
remove_everything() {
  k delete job,service,configmap,serviceaccount,role,rolebinding,networkpolicy -l "$RUN_LABEL" \
    --wait=false >/dev/null 2>&1 || true
}

# name|uid|phase|why unscheduled|why waiting|message|exit code|reason of the end|going|reason of the pod
POD_STATE='{range .items[*]}{.metadata.name}|{.metadata.uid}|{.status.phase}|'
POD_STATE+='{.status.conditions[?(@.type=="PodScheduled")].message}|'
POD_STATE+='{.status.containerStatuses[0].state.waiting.reason}|{.status.containerStatuses[0].state.waiting.message}|'
POD_STATE+='{.status.containerStatuses[0].state.terminated.exitCode}|'
POD_STATE+='{.status.containerStatuses[0].state.terminated.reason}|{.metadata.deletionTimestamp}|{.status.reason}{end}'

# The helpers of a run go with its pod and not with the Job: on its last breath the pod still writes.
own_by_pod() { # NAME UID
  local object owner
  owner='{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"'$1'","uid":"'$2'"}]}}'
  for object in $(k get service,configmap,serviceaccount,role,rolebinding,networkpolicy,job -o name \
    -l "$RUN_LABEL,app.kubernetes.io/component=loadtest,rag-llm/loadtest-role!=coordinator"); do
    k patch "$object" --type merge -p "$owner" >/dev/null || return 1
  done
}

tell() { # SENTENCE: once, until another one is told
  [ "$1" = "$SAID" ] || say "$1"
  SAID=$1
}

give_up() {
  remove_everything
  die "$*"
}

follow() {
  local state uid phase unscheduled waiting message code reason going pod_reason name started=$SECONDS
  while :; do
    if ! state=$(k get pod -l "$RUN_LABEL,rag-llm/loadtest-role=coordinator" -o "jsonpath=$POD_STATE" 2>"$WORK/errors"); then
      tell "The API server doesn't answer; the run goes on, waiting for it: $(tail -n 1 "$WORK/errors")"
      sleep 2
      continue
    fi
    if [ -z "$state" ]; then
      if [ -n "$POD" ]; then
        say "The pod $POD is gone: it was deleted, or its node was lost."
        return
      fi
      message=$(k get event --field-selector "involvedObject.name=$JOB,type=Warning" \
        -o 'jsonpath={.items[-1:].message}' 2>/dev/null) || true
      [ $((SECONDS - started)) -lt 30 ] || give_up "No pod was made for the Job: ${message:-no reason was given}"
      sleep 1
      continue
    fi
    IFS='|' read -r name uid phase unscheduled waiting message code reason going pod_reason <<<"$(tr '\n' ' ' <<<"$state")"
    POD=$name
    [ -n "$OWNED" ] || { own_by_pod "$name" "$uid" 2>"$WORK/errors" && OWNED=1; } || true
    if [ "$phase" = Running ] || [ -n "$code" ]; then
      print_log
      [ -n "$code" ] || { sleep 1; continue; }
      CODE=$code
      [ "$reason" != OOMKilled ] || say "The pod was killed because it needed more memory than its limit: give MEMORY=…"
      return
    fi
    if [ "$phase" = Failed ]; then
      say "The pod has failed: ${pod_reason:-no reason was given}"
      return
    fi
    case $waiting in
      ErrImageNeverPull | InvalidImageName | ImagePullBackOff | CreateContainerConfigError | CreateContainerError)
        give_up "The pod can't start ($waiting): ${message:-no reason was given}" ;;
    esac
    [ -z "$going" ] || tell "The pod is being deleted."
    if [ -n "$unscheduled" ]; then tell "Not scheduled yet: $unscheduled"; elif [ -n "$waiting" ]; then tell "The pod is starting ($waiting)."; fi
    [ $((SECONDS - started)) -lt "$START_TIMEOUT" ] ||
      give_up "The pod has not started within $START_TIMEOUT s: ${unscheduled:-${message:-$waiting}}. Give less with CPU=… and MEMORY=…, or wait longer with START_TIMEOUT=…"
    sleep 1
  done
}

# The log from where it broke off; ends with the container, or with the connection.
print_log() {
  local line number=0
  SAID=''
  # Lines are counted here: a program in between would hold them back by the block.
  while IFS= read -r line; do
    number=$((number + 1))
    [ $number -gt $SEEN ] || continue
    SEEN=$number
    [ -z "${QUIET:-}" ] || continue
    printf '%s\n' "$line"
  done < <(k_long logs --follow "$POD" 2>>"$WORK/errors")
}

# The summary as it is in the cluster: what a later `make report` shows.
show_result() {
  local deadline=$((SECONDS + 60)) summary=''
  until summary=$(k get configmap "$REPORT" -o 'jsonpath={.data.summary\.txt}' 2>"$WORK/errors"); do
    if [ $SECONDS -ge $deadline ]; then
      say "The report can't be read: $(cat "$WORK/errors")"
      return
    fi
    sleep 2
  done
  remove_empty_parts || true
  printf '\n%s\n' "$summary"
  say "Report: ConfigMap $REPORT. Again: make report NAME=${REPORT#"$(fullname)"-report-} RELEASE=$RELEASE NAMESPACE=$NAMESPACE"
}

# Most reports need no further ConfigMap.
remove_empty_parts() {
  local part
  for part in $(k get configmap -l "$RUN_LABEL,rag-llm/report-part=true" -o name); do
    [ -n "$(k get "$part" -o 'jsonpath={.binaryData}')" ] || k delete "$part" >/dev/null
  done
}

stop() { # CODE
  trap 'exit '"$1" INT TERM
  # The trap may have come inside a `read` with an IFS of its own.
  IFS=$' \t\n'
  say "Stopping: the Job is deleted; what was measured is kept in a report that is marked incomplete."
  k delete job "$JOB" --wait=false >/dev/null || true
  local deadline=$((SECONDS + 90))
  while [ $SECONDS -lt $deadline ] && [ -n "$(k get pod -l "$RUN_LABEL" -o name 2>/dev/null)" ]; do sleep 1; done
  show_result
  exit "$1"
}
