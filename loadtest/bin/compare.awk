# Two files figures.tsv -> each figure with both values and the change from the first to the second.
BEGIN {
  count = split("achieved_rps goodput_rps tps ttft_s.p50 ttft_s.p99 tpot_s.p50 itl_s.p99 latency_avg_s " \
    "e2e_latency_s.p99 failed quality.exact_match server.output_tps server.kv_cache_usage_peak server.prefix_cache_hit_share", usual, " ")
}
$2 == "figure" { file++; next }
{
  value[file, $1, $2] = $3
  if (!($1 in rates)) { rates[$1] = 1; rate[++rate_count] = $1 }
  if (!(($1, $2) in known)) { known[$1, $2] = 1; figures[$1] = figures[$1] " " $2 }
}
function shown(text) { return text == "" ? "-" : (text ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ ? sprintf("%.4g", text) : text) }
function change(a, b) { return (a == "" || b == "" || a + 0 == 0) ? "-" : sprintf("%+.1f%%", (b - a) / a * 100) }
END {
  printf "A: %s\nB: %s\n\n%8s  %-32s %14s %14s %10s\n", value[1, "-", "run"], value[2, "-", "run"], "RPS", "figure", "A", "B", "change"
  for (i = 1; i <= rate_count; i++) {
    r = rate[i]
    if (r == "-") continue
    printf "%8s  %-32s %14s %14s\n", r, "verdict", shown(value[1, r, "verdict"]), shown(value[2, r, "verdict"])
    number = all == "" ? count : split(figures[r], every, " ")
    for (j = 1; j <= number; j++) {
      name = all == "" ? usual[j] : every[j]
      if (name == "verdict") continue
      a = value[1, r, name]; b = value[2, r, name]
      if (a == "" && b == "") continue
      printf "%8s  %-32s %14s %14s %10s\n", "", name, shown(a), shown(b), change(a, b)
    }
  }
  for (f = 1; f <= 2; f++)
    if (value[f, "-", "complete"] != "true") printf "\n%s is incomplete.", f == 1 ? "A" : "B"
  split(figures["-"], facts, " ")
  for (j = 1; j in facts; j++)
    if (facts[j] ~ /^(model|plan\.)/ && facts[j] !~ /target|rounds/ && value[1, "-", facts[j]] != value[2, "-", facts[j]])
      printf "\nNot the same %s: %s in A and %s in B.", facts[j], shown(value[1, "-", facts[j]]), shown(value[2, "-", facts[j]])
  print ""
}
