# Sourced by experiment.sh: no cluster. Sides are processes of `rag-llm serve`, loads come from this machine too.
# shellcheck shell=bash
# Variables: ARGS, further options of `rag-llm serve`, such as ARGS="--preset qwen2.5-3b"; by default the demo's model
# and corpus. START_TIMEOUT, in seconds; REPORTS, a folder. Needs `make setup`.
# shellcheck source=loadtest/bin/script.sh
. "$BIN/script.sh"

SERVER='' TARGET=${TARGET:-}
START_TIMEOUT=${START_TIMEOUT:-600}
REPORTS=${REPORTS:-$ROOT/var/reports}
QUESTIONS=${QUESTIONS:-$ROOT/app/demo/corpus/questions.jsonl}

begin() { # loading OR switching
  [ -x "$ROOT/.venv/bin/rag-llm" ] || die "There is no environment in .venv yet: make setup"
  PATH=$ROOT/.venv/bin:$PATH
  cd "$ROOT"
  mkdir -p "$REPORTS/$NAME"
  # What is loaded runs already, with a model of its own.
  [ "$1" = switching ] || [ -z "$TARGET" ] || return 0
  case " ${ARGS:-} " in
    *' --preset '* | *' -p '* | *' --model '* | *' --config '* | *' -c '*) ;;
    *) rag-llm demo --prepare-only >"$WORK/prepared" 2>&1 || die "The demo could not be prepared: $(tail -n 5 "$WORK/prepared")" ;;
  esac
}

# A port that is free now, and 16 after it; by chance, as others may look for one at the same time.
free_ports() {
  python -c '
import random, socket
def free(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0
firsts = list(range(20000, 29980, 20))
random.shuffle(firsts)
print(next(first for first in firsts if all(map(free, range(first, first + 17)))))'
}

switch_to() { # SIDE
  local started=$SECONDS port options=() log=$REPORTS/$NAME/serve-$1.log
  stop_server
  port=$(free_ports)
  TARGET=http://127.0.0.1:$port
  [ "$1" != baseline ] || options=(--no-batch)
  [ "$1" != baseline-improved ] || options=(--batch)
  say ""
  say "== $1 on this machine =="
  # A session of its own: Ctrl-C in the terminal is for this script, which stops things in order.
  # shellcheck disable=SC2086
  setsid rag-llm serve --architecture "${1%%-*}" --host 127.0.0.1 --port "$port" ${options[@]+"${options[@]}"} \
    --set "metrics.port=$((port + 1))" --set server.allow_cache_reset=true ${ARGS:-} >"$log" 2>&1 </dev/null &
  SERVER=$!
  until answers; do
    if ! kill -0 "$SERVER" 2>/dev/null; then
      SERVER='' TROUBLE="the server has ended; the end of $log: $(tail -n 3 "$log" | tr '\n' ' ')"
      return 1
    fi
    if [ -n "$STOPPED" ]; then
      TROUBLE="it was stopped while it started"
      return 1
    fi
    if [ $((SECONDS - started)) -ge "$START_TIMEOUT" ]; then
      TROUBLE="it did not answer within $START_TIMEOUT s; the end of $log: $(tail -n 3 "$log" | tr '\n' ' ')"
      return 1
    fi
    sleep 1 || true
  done
  say "$1 answers after $((SECONDS - started)) s (process $SERVER, log in $log)."
}

answers() {
  python -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/health", timeout=5)' "$TARGET" 2>/dev/null
}

stop_server() {
  [ -n "$SERVER" ] || return 0
  kill -TERM "$SERVER" 2>/dev/null || true
  for _ in $(seq 60); do
    kill -0 "$SERVER" 2>/dev/null || break
    sleep 1 || true
  done
  kill -KILL "$SERVER" 2>/dev/null || true
  wait "$SERVER" 2>/dev/null || true
  SERVER=''
}

load() { # RUN
  local name value options=()
  while IFS=$'\t' read -r name value; do
    [ -n "$name" ] || continue # a gate's plan may have nothing of its own
    name=--${name//_/-}
    case $value in
      true) options+=("$name") ;;
      false) options+=("--no-${name#--}") ;;
      *) options+=("$name" "$value") ;;
    esac
  done <<<"$(plan)"
  [ -z "$SERVER" ] || options+=(--watch-pid "$SERVER")
  [ -z "${GENERATORS:-}" ] || options+=(--workers "$GENERATORS")
  [ -z "${GATE:-}" ] || options+=(--gate "$(folder_of "$GATE")")
  run_child setsid loadtest run --target "$TARGET" --questions "$QUESTIONS" --run "$1" --out "$REPORTS/$1" \
    ${options[@]+"${options[@]}"}
}

# The folder of a report: a run's, or one that is named as it is.
folder_of() { # RUN OR FOLDER
  if [ -s "$1/report.json" ]; then echo "$1"; else echo "$REPORTS/$1"; fi
}

has_report() { # RUN OR FOLDER
  [ -s "$(folder_of "$1")/report.json" ]
}

join_runs() { # KIND RUNS
  local run line options=() folders=()
  for run in $2; do folders+=("$REPORTS/$run"); done
  for line in ${INCOMPLETE[@]+"${INCOMPLETE[@]}"}; do options+=(--incomplete "$line"); done
  [ -z "${BASELINE:-}" ] || options+=(--baseline "$BASELINE")
  say ""
  loadtest join "$1" --name "$NAME" --out "$REPORTS/$NAME" ${options[@]+"${options[@]}"} "${folders[@]}"
}

# Its log has been on the terminal.
why_not() { # RUN
  :
}

restore() {
  stop_server
}
