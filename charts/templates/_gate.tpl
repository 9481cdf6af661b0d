{{/*
The gate of `helm test` is a run of the load test, called gate: the same templates make it, from these values. The
plan is the baseline's; what a release has set beside the plan holds here too.
*/}}
{{- define "rag-llm.gateRoot" -}}
{{- $run := deepCopy .Values.loadtest -}}
{{- $settings := omit $run.settings "rps" "steps" "knee" "duration" "warmup" "rounds" "arrivals" "seed" "popularity" "zipf_exponent" "max_tokens" "endpoint" "rag" "top_k" "passage_order" "slo" "ignore_eos" "sample" "quality" "reset_cache" "label" -}}
{{- $_ := set $settings "gate_tolerance" .Values.gate.tolerance -}}
{{- $_ := set $run "settings" $settings -}}
{{- $_ := set $run "run" "gate" -}}
{{- $_ := set $run "gate" .Values.gate.baseline -}}
{{- $_ := set $run "generators" 1 -}}
{{/* Nobody would remove the parts that a report doesn't need; without them it does without timelines. */ -}}
{{- $_ := set $run "partsRead" $run.reportParts -}}
{{- $_ := set $run "reportParts" 0 -}}
{{- $_ := set $run.join "kind" "" -}}
{{- $values := set (deepCopy .Values) "loadtest" $run -}}
{{- dict "Values" $values "Release" (pick .Release "Name" "Namespace" "Service") "Chart" (dict "AppVersion" .Chart.AppVersion) | toYaml -}}
{{- end -}}
