# Sourced: the plan of a run, as variables give it, wherever the run takes place.
# shellcheck shell=bash
# Variables: RPS, DURATION, WARMUP, ROUNDS, DRAIN_TIMEOUT, MAX_TOKENS, SEED, TOP_K, SLO, LABEL, QUALITY (answers that
# are scored in each level; 1: 50 of them), and SETTINGS for any other option of `loadtest run`. Needs die();
# check_plan sets RATES.

RATES=''

# Refuse what can't be meant, before anything is started.
check_plan() { # RATES THAT HOLD WHERE RPS IS NOT GIVEN
  local name rate
  RATES=$(tr -s ' ,' ',' <<<"${RPS:-${1:-}}" | sed 's/^,//; s/,$//')
  if [ -n "$RATES" ]; then
    [[ $RATES =~ ^([0-9]+(\.[0-9]+)?|\.[0-9]+)(,([0-9]+(\.[0-9]+)?|\.[0-9]+))*$ ]] ||
      die "RPS=\"$RPS\" is wrong: give one rate or more, in requests a second, like RPS=32 or RPS=\"8 16 32\"."
    for rate in ${RATES//,/ }; do
      [[ $rate =~ [1-9] ]] || die "RPS=\"$RPS\" is wrong: a rate has to be more than 0."
    done
  fi
  for name in DURATION WARMUP ROUNDS MAX_TOKENS SEED DRAIN_TIMEOUT TOP_K GENERATORS SAMPLE QUALITY; do check_number "$name"; done
  check_settings
  [ -z "${QUESTIONS:-}" ] || [ -r "$QUESTIONS" ] || die "QUESTIONS=$QUESTIONS can't be read."
}

check_settings() {
  local pair
  for pair in ${SETTINGS:-}; do
    [[ $pair == *=* ]] || die "SETTINGS: $pair should have the form name=value."
  done
}

check_number() { # NAME OF A VARIABLE
  [[ -z ${!1:-} || ${!1} =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "$1=${!1} is wrong: it should be a number."
}

# The options of `loadtest run` that were given, one a line: name, tab, value. SETTINGS come last, so they win.
plan() {
  local pair
  [ -z "$RATES" ] || printf 'rps\t%s\n' "$RATES"
  [ -z "${DURATION:-}" ] || printf 'duration\t%s\n' "$DURATION"
  [ -z "${WARMUP:-}" ] || printf 'warmup\t%s\n' "$WARMUP"
  [ -z "${ROUNDS:-}" ] || printf 'rounds\t%s\n' "$ROUNDS"
  [ -z "${DRAIN_TIMEOUT:-}" ] || printf 'drain_timeout\t%s\n' "$DRAIN_TIMEOUT"
  [ -z "${MAX_TOKENS:-}" ] || printf 'max_tokens\t%s\n' "$MAX_TOKENS"
  [ -z "${SEED:-}" ] || printf 'seed\t%s\n' "$SEED"
  [ -z "${TOP_K:-}" ] || printf 'top_k\t%s\n' "$TOP_K"
  case ${QUALITY:-} in
    '' | 0) ;;
    1) printf 'quality\t50\n' ;;
    *) printf 'quality\t%s\n' "$QUALITY" ;;
  esac
  [ -z "${SLO:-}" ] || printf 'slo\t%s\n' "$(tr -s ' ' ',' <<<"$SLO")"
  [ -z "${LABEL:-}" ] || printf 'label\t%s\n' "$(tr -s ' ' ',' <<<"$LABEL")"
  for pair in ${SETTINGS:-}; do printf '%s\t%s\n' "${pair%%=*}" "${pair#*=}"; done
}
