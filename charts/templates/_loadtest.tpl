{{/* The pods of the load test: one run, or one join of runs, rendered by `make` and never part of a release. */}}

{{- define "rag-llm.loadtestName" -}}
{{- $name := printf "%s-loadtest-%s" (include "rag-llm.fullname" .) .Values.loadtest.run -}}
{{- if gt (len $name) 61 -}}
{{- fail (printf "loadtest.run = %q is too long: the Job would be %s, and with its workers' suffix a name may have 63 characters. Choose a run name shorter by %d." .Values.loadtest.run $name (sub (len $name) 61)) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Nothing of a run is Helm's: it is applied beside the release and outlives it. */}}
{{- define "rag-llm.loadtestLabels" -}}
app.kubernetes.io/name: rag-llm
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: loadtest
app.kubernetes.io/part-of: rag-llm
app.kubernetes.io/managed-by: loadtest
rag-llm/run: {{ .Values.loadtest.run | quote }}
{{- end -}}

{{/* dict "root" $ "role" "coordinator" */}}
{{- define "rag-llm.loadtestPodLabels" -}}
{{ include "rag-llm.loadtestLabels" .root }}
rag-llm/loadtest-role: {{ .role }}
{{- end -}}

{{/* One account a run, or the one that is named: that may have more rights, such as reading nodes. */}}
{{- define "rag-llm.loadtestAccount" -}}
{{- if .Values.loadtest.serviceAccountName -}}
{{- .Values.loadtest.serviceAccountName -}}
{{- else if .Values.serviceAccounts.create -}}
{{- include "rag-llm.loadtestName" . -}}
{{- else -}}
{{- .Values.serviceAccounts.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Bearer token and what the user gives to all pods. */}}
{{- define "rag-llm.loadtestSharedEnv" -}}
{{- if and .Values.apiKeys.enabled (not .Values.loadtest.join.kind) }}
- name: LOADTEST_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "rag-llm.apiKeysSecretName" . }}
      key: keys
{{- end }}
# Lines of progress as they come, not by the block.
- name: PYTHONUNBUFFERED
  value: "1"
# The root file system is read-only.
- name: MPLCONFIGDIR
  value: /tmp/matplotlib
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
A pod template: dict "root" $ "role" "coordinator" "command" list "env" text "token" true "mounts" text
"volumes" text.
*/}}
{{- define "rag-llm.loadtestTemplate" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $group := include "rag-llm.firstGroup" $root | fromJson -}}
metadata:
  labels:
    {{- include "rag-llm.loadtestPodLabels" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "rag-llm.loadtestAccount" $root }}
  automountServiceAccountToken: {{ .token }}
  # Variables of Services would look like settings of the load test.
  enableServiceLinks: false
  restartPolicy: Never
  # Time to write the report after SIGTERM.
  terminationGracePeriodSeconds: 60
  securityContext:
    {{- toYaml $values.podSecurity.pod | nindent 4 }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.loadtest.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.loadtest.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.loadtest.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.loadtest.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: loadtest
      image: {{ $values.loadtest.image | default (include "rag-llm.image" (dict "root" $root "group" $group)) }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      command:
        {{- toYaml .command | nindent 8 }}
      securityContext:
        {{- toYaml (merge (dict "readOnlyRootFilesystem" true) $values.podSecurity.container) | nindent 8 }}
      env:
        {{- .env | trim | nindent 8 }}
        {{- include "rag-llm.loadtestSharedEnv" $root | trim | nindent 8 }}
      # Requests equal to limits: a generator that is throttled measures itself.
      resources:
        requests:
          {{- toYaml $values.loadtest.resources | nindent 10 }}
        limits:
          {{- toYaml $values.loadtest.resources | nindent 10 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- with .mounts }}
        {{- . | trim | nindent 8 }}
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- with .volumes }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
