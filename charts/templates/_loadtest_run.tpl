{{/* One run of the load test, or one join of runs: what it is told, and how long it may take. */}}

{{/* dict "root" $ "run" name */}}
{{- define "rag-llm.reportNameOf" -}}
{{- printf "%s-report-%s" (include "rag-llm.fullname" .root) .run -}}
{{- end -}}

{{- define "rag-llm.reportName" -}}
{{- include "rag-llm.reportNameOf" (dict "root" . "run" .Values.loadtest.run) -}}
{{- end -}}

{{/* The ConfigMaps that a report may take, as a YAML list: dict "root" $ "run" name "parts" number */}}
{{- define "rag-llm.reportMaps" -}}
{{- $name := include "rag-llm.reportNameOf" . -}}
- {{ $name }}
{{- range $number := untilStep 1 (int (add .parts 1)) 1 }}
- {{ $name }}-part-{{ $number }}
{{- end }}
{{- end -}}

{{/* The runs whose reports are read: those that are joined, or the gate's baseline. */}}
{{- define "rag-llm.runsRead" -}}
{{- if .Values.loadtest.join.kind -}}
{{- toJson .Values.loadtest.join.runs -}}
{{- else if .Values.loadtest.gate -}}
{{- toJson (list .Values.loadtest.gate) -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* Seconds that a run may take: all its levels, each with the longest drain, and time around them. */}}
{{- define "rag-llm.loadtestSeconds" -}}
{{- $s := .Values.loadtest.settings -}}
{{- $around := addf (float64 $s.workers_timeout) 900 -}}
{{- $beside := addf (float64 ($s.warmup | default 0)) (float64 $s.drain_timeout) (float64 $s.settle) 20 -}}
{{- if .Values.loadtest.join.kind -}}
1800
{{- else if $s.steps -}}
{{- $load := 0.0 -}}
{{- range splitList "," $s.steps -}}{{- $load = addf $load (splitList ":" . | last | trim | float64) -}}{{- end -}}
{{- addf $load $beside $around | ceil | int -}}
{{- else if .Values.loadtest.gate -}}
{{/* The plan is the baseline's, which is not known here. */ -}}
43200
{{- else -}}
{{- $levels := mul (len (splitList "," (toString $s.rps))) (int $s.rounds) -}}
{{- if $s.knee -}}
{{/* Points that aren't valid are tried twice. */ -}}
{{- $levels = mul 2 (int ($s.knee_levels | default 12)) (int $s.rounds) -}}
{{- end -}}
{{- addf (mulf (float64 $levels) (addf (float64 $s.duration) $beside)) $around | ceil | int -}}
{{- end -}}
{{- end -}}

{{/* Where its report goes. */}}
{{- define "rag-llm.reportEnv" -}}
LOADTEST_REPORT_CONFIGMAP: {{ include "rag-llm.reportName" . }}
LOADTEST_REPORT_PARTS: {{ .Values.loadtest.reportParts | toString | quote }}
LOADTEST_NAMESPACE: {{ .Release.Namespace }}
{{- end -}}

{{- define "rag-llm.runEnv" -}}
{{- $run := .Values.loadtest -}}
{{- $env := include "rag-llm.reportEnv" . | fromYaml -}}
{{- $_ := mergeOverwrite $env (dict
  "LOADTEST_TARGET" (printf "http://%s:8000" (include "rag-llm.fullname" .))
  "LOADTEST_QUESTIONS" (ternary "/questions/questions.jsonl" "/opt/rag-llm/demo/corpus/questions.jsonl" (not (empty $run.questions)))
  "LOADTEST_RUN" $run.run
  "LOADTEST_OUT" "/tmp/report"
  "LOADTEST_OBSERVE" .Release.Name) -}}
{{/* The coordinator generates nothing itself: what it does for the report must not delay a stream. */ -}}
{{- if gt (int $run.generators) 1 -}}
{{- $_ := set $env "LOADTEST_EXPECT_WORKERS" (toString $run.generators) -}}
{{- else -}}
{{- $_ := set $env "LOADTEST_WORKERS" "1" -}}
{{- end -}}
{{- with $run.gate -}}
{{- $_ := set $env "LOADTEST_GATE" (include "rag-llm.reportNameOf" (dict "root" $ "run" .)) -}}
{{- end -}}
{{- range $setting, $value := $run.settings -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- $_ := set $env (printf "LOADTEST_%s" (upper $setting)) (toString $value) -}}
{{- end -}}
{{- end -}}
{{- include "rag-llm.variables" $env -}}
{{- end -}}

{{- define "rag-llm.joinEnv" -}}
{{- $join := .Values.loadtest.join -}}
{{- $root := . -}}
{{- $reports := list -}}
{{- range $join.runs -}}{{- $reports = append $reports (include "rag-llm.reportNameOf" (dict "root" $root "run" .)) -}}{{- end -}}
{{- $env := include "rag-llm.reportEnv" . | fromYaml -}}
{{- $_ := mergeOverwrite $env (dict
  "LOADTEST_KIND" $join.kind
  "LOADTEST_NAME" .Values.loadtest.run
  "LOADTEST_RUNS" (join "," $reports)) -}}
{{- with $join.baseline -}}{{- $_ := set $env "LOADTEST_BASELINE" . -}}{{- end -}}
{{- with $join.incomplete -}}
{{- $sentences := list -}}
{{- range . -}}{{- $sentences = append $sentences (replace ";" "," .) -}}{{- end -}}
{{- $_ := set $env "LOADTEST_INCOMPLETE" (join "; " $sentences) -}}
{{- end -}}
{{- include "rag-llm.variables" $env -}}
{{- end -}}

{{/* The pod that runs or joins, as a template: root */}}
{{- define "rag-llm.coordinatorTemplate" -}}
{{- $run := .Values.loadtest -}}
{{- if $run.join.kind -}}
{{- include "rag-llm.loadtestTemplate" (dict "root" . "role" "coordinator" "token" true "command" (list "loadtest" "join") "env" (include "rag-llm.joinEnv" .)) -}}
{{- else -}}
{{- $mounts := "" -}}
{{- $volumes := "" -}}
{{- if $run.questions -}}
{{- $mounts = "- {name: questions, mountPath: /questions, readOnly: true}" -}}
{{- $volumes = printf "- {name: questions, configMap: {name: %s}}" (include "rag-llm.loadtestName" .) -}}
{{- end -}}
{{- include "rag-llm.loadtestTemplate" (dict "root" . "role" "coordinator" "token" true "command" (list "loadtest" "run") "env" (include "rag-llm.runEnv" .) "mounts" $mounts "volumes" $volumes) -}}
{{- end -}}
{{- end -}}

{{/* Questions of one's own: dict "root" $ "labels" text */}}
{{- define "rag-llm.loadtestQuestions" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "rag-llm.loadtestName" .root }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
data:
  questions.jsonl: {{ .root.Values.loadtest.questions | toJson }}
{{- end -}}

{{/* Variables of a container, from a dictionary. */}}
{{- define "rag-llm.variables" -}}
{{- range $variable, $value := . }}
- name: {{ $variable }}
  value: {{ quote $value }}
{{- end }}
{{- end -}}
