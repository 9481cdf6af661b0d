{{/* What a run may do, and where its report goes. */}}

{{/* The account of a run, its rights, and both together: dict "root" $ "labels" text */}}
{{- define "rag-llm.loadtestRights" -}}
{{- $root := .root -}}
{{- $run := .root.Values.loadtest -}}
{{- $name := include "rag-llm.loadtestName" $root -}}
{{- if and $root.Values.serviceAccounts.create (not $run.serviceAccountName) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
automountServiceAccountToken: false
---
{{ end -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
rules:
  # Its own report, and no other ConfigMap.
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames:
      {{- include "rag-llm.reportMaps" (dict "root" $root "run" $run.run "parts" $run.reportParts) | nindent 6 }}
    verbs: [get, patch]
  {{- with include "rag-llm.runsRead" $root | fromJsonArray }}
  # The reports that it begins from.
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames:
      {{- range . }}
      {{- include "rag-llm.reportMaps" (dict "root" $root "run" . "parts" ($run.partsRead | default $run.reportParts)) | nindent 6 }}
      {{- end }}
    verbs: [get]
  {{- end }}
  {{- if not $run.join.kind }}
  # To note what served, whether it restarted, and when the images of new pods were there.
  - apiGroups: [""]
    resources: [pods, events]
    verbs: [get, list]
  - apiGroups: [ray.io]
    resources: [rayservices]
    verbs: [get, list]
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "rag-llm.loadtestAccount" $root }}
    namespace: {{ $root.Release.Namespace }}
{{- end -}}

{{/* The ConfigMaps of the report: dict "root" $ "annotations" dict */}}
{{- define "rag-llm.loadtestReport" -}}
{{- $root := .root -}}
{{- $labels := include "rag-llm.loadtestLabels" .root | fromYaml -}}
{{- $annotations := .annotations -}}
{{- range $index, $name := include "rag-llm.reportMaps" (dict "root" .root "run" .root.Values.loadtest.run "parts" .root.Values.loadtest.reportParts) | fromYamlArray -}}
{{- if $index }}
---
# Room for what doesn't fit into one.
{{ else -}}
# The report. Made here, so that the Job needs no right to make anything; owned by nothing, so that it stays.
{{ end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- toYaml (merge (dict "app.kubernetes.io/component" "report") $labels) | nindent 4 }}
    {{ ternary "rag-llm/report-part" "rag-llm/report" (gt $index 0) }}: "true"
    {{- if and (not $index) $root.Values.loadtest.join.kind }}
    rag-llm/experiment: {{ $root.Values.loadtest.join.kind }}
    {{- end }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if not $index }}
data:
  summary.txt: |
    The {{ ternary "experiment" "run" (not (empty $root.Values.loadtest.join.kind)) }} {{ $root.Values.loadtest.run }} has not begun.
{{- end }}
{{- end }}
{{- end -}}
