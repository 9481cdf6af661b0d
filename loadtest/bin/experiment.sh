# Sourced by compare, knee, scaling, gate and quality: what is the same wherever the experiment takes place, and the place.
# shellcheck shell=bash
# LOCAL=1: on this machine (on-this-machine.sh), else in a cluster (on-cluster.sh). Both give
#   begin loading|switching  look at what there is, before anything is changed
#   switch_to SIDE           serve that side; returns when it answers, or 1 with a sentence in TROUBLE
#   load RUN                 one run of the plan against it, with its report; the exit code is `loadtest run`'s
#   has_report RUN           whether anything was measured
#   why_not RUN              why nothing was, if the place keeps it
#   join_runs KIND RUNS      the runs' reports as one, called NAME and shown; BASELINE and INCOMPLETE are used
#   restore                  put back what was changed; called at every end

BIN=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=loadtest/bin/plan.sh
. "$BIN/plan.sh"
STOPPED='' CHILD='' TROUBLE='' INCOMPLETE=()

case ${LOCAL:-} in
  '' | 0 | no)
    LOCAL=''
    # shellcheck source=loadtest/bin/on-cluster.sh
    . "$BIN/on-cluster.sh"
    ;;
  *)
    # shellcheck source=loadtest/bin/on-this-machine.sh
    . "$BIN/on-this-machine.sh"
    ;;
esac

# A name that run names can be made of: they have up to 40 characters.
check_name() { # LONGEST ENDING
  local most=$((40 - ${#1}))
  [[ $NAME =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || die "NAME=$NAME is wrong: small letters, digits and dashes make names."
  [ ${#NAME} -le $most ] || die "NAME=$NAME is too long: with $1 behind it a run has such a name; give $most characters at most."
}

# Names of sides, each once; sets SIDES.
check_sides() { # SIDES
  local side seen=' '
  for side in $1; do
    case $side in
      baseline | baseline-improved | rac | rsc | rvc) ;;
      *) die "SIDES: there is no side $side; there are baseline, baseline-improved, rac, rsc and rvc." ;;
    esac
    [[ $seen != *" $side "* ]] || die "SIDES: $side is there twice."
    seen+="$side "
  done
  SIDES=${seen# }
}

stop_signal() { # EXIT CODE
  if [ -z "$STOPPED" ]; then say "Stopping: what was measured is kept, and all is put back as it was."; fi
  STOPPED=$1
  # Handed on once: a second signal would cut the report short.
  if [ -n "$CHILD" ]; then kill -TERM "$CHILD" 2>/dev/null || true; fi
  CHILD=''
}

# Run a command that a Ctrl-C reaches through stop_signal alone; returns its exit code.
run_child() {
  local pid code
  "$@" &
  pid=$! CHILD=$!
  while :; do
    code=0
    wait "$pid" || code=$?
    # A signal ends the waiting, not the command.
    [ $code -gt 128 ] && kill -0 "$pid" 2>/dev/null || break
  done
  CHILD=''
  return $code
}

# One run of an experiment; what there is of it goes to RUNS, or why there is nothing to INCOMPLETE. Sets WORST to 3
# if it isn't whole.
RUNS='' WORST=0
measure() { # RUN WHAT
  local code=0
  load "$1" || code=$?
  if [ $code != 0 ]; then
    WORST=3
    TROUBLE="its run ended with exit code $code"
  fi
  if has_report "$1"; then
    RUNS+="$1 "
  else
    TROUBLE="$TROUBLE: $(why_not "$1")"
    give_up_on "$2"
    return
  fi
  [ $code = 0 ] || say "$2: $TROUBLE."
}

# Say what TROUBLE there is instead of a run.
give_up_on() { # WHAT
  WORST=3
  TROUBLE=${TROUBLE%: }
  INCOMPLETE+=("$1: ${TROUBLE%.}")
  say "$1: ${TROUBLE%.}."
}

finish() {
  local code=$?
  trap '' INT TERM HUP
  restore || code=1
  rm -rf "$WORK"
  exit "${STOPPED:-$code}"
}

# From here on something may be changed, so whatever ends this script puts it back.
take_signals() {
  trap finish EXIT
  trap 'stop_signal 130' INT
  trap 'stop_signal 143' TERM HUP
}
