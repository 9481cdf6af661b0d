{{/*
dict "root" $ "component" "worker" "keep" true. Tokens are mounted nowhere unless a pod asks for one.
With keep, helm uninstall leaves it.
*/}}
{{- define "rag-llm.serviceAccount" -}}
{{- $kept := ternary (dict "helm.sh/resource-policy" "keep") dict (.keep | default false) -}}
{{- $annotations := merge $kept .root.Values.serviceAccounts.annotations -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "rag-llm.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "rag-llm.labels" . | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}
