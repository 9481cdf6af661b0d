{{/* Names and labels. */}}

{{- define "rag-llm.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "rag-llm" .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-rag-llm" .Release.Name -}}
{{- end -}}
{{- end -}}

{{/* Labels of our own objects: dict "root" $ "component" "http". */}}
{{- define "rag-llm.labels" -}}
app.kubernetes.io/name: rag-llm
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: rag-llm
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/*
Labels of pods. Without the name on Ray's: KubeRay's own services select pods by it. Without versions, whose
change alone would mean a new Ray cluster.
*/}}
{{- define "rag-llm.podLabels" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: rag-llm
{{- end -}}

{{/* The pods that take requests: workers of rsc and rvc, the dispatcher of rac, baseline's. */}}
{{- define "rag-llm.httpSelector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
rag-llm/serves-http: "true"
{{- end -}}

{{- define "rag-llm.onRay" -}}
{{- if ne .Values.architecture "baseline" -}}true{{- end -}}
{{- end -}}

{{/* dict "root" $ "component" "head" */}}
{{- define "rag-llm.serviceAccountName" -}}
{{- if .root.Values.serviceAccounts.create -}}
{{- printf "%s-%s" (include "rag-llm.fullname" .root) .component -}}
{{- else -}}
{{- .root.Values.serviceAccounts.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.apiKeysSecretName" -}}
{{- .Values.apiKeys.existingSecret | default (printf "%s-api-keys" (include "rag-llm.fullname" .)) -}}
{{- end -}}

{{- define "rag-llm.claimName" -}}
{{- .Values.storage.existingClaim | default (printf "%s-shared" (include "rag-llm.fullname" .)) -}}
{{- end -}}

{{- define "rag-llm.servedModelName" -}}
{{- .Values.model.name | default (base .Values.model.path) -}}
{{- end -}}
