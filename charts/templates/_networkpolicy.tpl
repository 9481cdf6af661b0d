{{/* Who may read metrics: those named, and the load test of this release. */}}
{{- define "rag-llm.metricsRule" -}}
- from:
    - podSelector:
        matchLabels:
          app.kubernetes.io/instance: {{ .Release.Name }}
          app.kubernetes.io/component: loadtest
    {{- with .Values.networkPolicy.metrics }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- if include "rag-llm.onRay" . }}
    - {protocol: TCP, port: 8080}
    {{- end }}
    {{- with .Values.metrics.port }}
    # One port a process.
    - {protocol: TCP, port: {{ . }}, endPort: {{ add . 15 }}}
    {{- end }}
{{- end -}}
