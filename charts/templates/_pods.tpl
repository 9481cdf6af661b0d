{{/* Pods of the service: the parts, and Ray's. */}}

{{- define "rag-llm.volumeMount" -}}
{{- if .Values.storage.enabled }}
- name: shared
  mountPath: /mnt/shared
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rag-llm.volume" -}}
{{- if .Values.storage.enabled }}
- name: shared
  persistentVolumeClaim:
    claimName: {{ include "rag-llm.claimName" . }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "rag-llm.shmVolume" -}}
- name: shared-mem
  emptyDir:
    medium: Memory
    sizeLimit: {{ . }}
{{- end -}}

{{/* What all pods have: dict "root" $ "component" "worker" */}}
{{- define "rag-llm.podBasics" -}}
serviceAccountName: {{ include "rag-llm.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurity.pod | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where a pod may run: a worker group, the head or the dispatcher. */}}
{{- define "rag-llm.placement" -}}
{{- $tolerations := concat (.tolerations | default list) ((.preset | default dict).tolerations | default list) -}}
{{- if .spot -}}
{{- $tolerations = concat $tolerations (include "rag-llm.spotTolerations" . | fromYamlArray) -}}
{{- end -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .runtimeClassName | default (.preset | default dict).runtimeClass }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* A pod that shall go keeps working while the Service forgets it. */}}
{{- define "rag-llm.preStop" -}}
lifecycle:
  preStop:
    exec:
      command: [sleep, {{ .Values.shutdown.preStopSeconds | toString | quote }}]
{{- end -}}

{{/*
Ready while a replica answers through this pod's HAProxy, and HAProxy isn't being drained: Serve takes it away 30 s
after the pod's last replica has gone, says so only on its own path, and would go on answering /health until then.
*/}}
{{- define "rag-llm.httpReadiness" -}}
readinessProbe:
  exec:
    command:
      - bash
      - -c
      - for path in -/healthz health; do wget --tries 1 -T {{ .Values.probes.readiness.timeoutSeconds }} -q -O /dev/null http://localhost:8000/$path || exit 1; done
  {{- toYaml .Values.probes.readiness | nindent 2 }}
{{- end -}}

{{/* For pods that don't take requests: as KubeRay's own probe, without its look at Serve's proxy. */}}
{{- define "rag-llm.rayletReadiness" -}}
readinessProbe:
  exec:
    command:
      - bash
      - -c
      - wget --tries 1 -T 2 -q -O- http://localhost:52365/api/local_raylet_healthz | grep success
  {{- toYaml .Values.probes.readiness | nindent 2 }}
{{- end -}}

{{- define "rag-llm.metricsPort" -}}
{{- with .Values.metrics.port }}
- name: app-metrics
  containerPort: {{ . }}
{{- end }}
{{- end -}}

{{/* A Ray worker's pod template: dict "root" $ "group" group "component" "worker" "http" true */}}
{{- define "rag-llm.workerTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "rag-llm.podLabels" . | nindent 4 }}
    {{- if .http }}
    rag-llm/serves-http: "true"
    {{- end }}
spec:
  {{- include "rag-llm.podBasics" (dict "root" $root "component" "worker") | nindent 2 }}
  {{- with include "rag-llm.placement" .group | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ $root.Values.shutdown.gracePeriodSeconds }}
  containers:
    - name: ray-worker
      image: {{ include "rag-llm.image" . }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      securityContext:
        {{- toYaml $root.Values.podSecurity.container | nindent 8 }}
      ports:
        {{- if .http }}
        - name: serve
          containerPort: 8000
        {{- end }}
        - name: metrics
          containerPort: 8080
        {{- with include "rag-llm.metricsPort" $root | trim }}
        {{- . | nindent 8 }}
        {{- end }}
      env:
        {{- include "rag-llm.serviceEnv" $root | trim | nindent 8 }}
        {{- include "rag-llm.rayEnv" $root | trim | nindent 8 }}
        {{- if .http }}
        {{- with include "rag-llm.apiKeysEnv" $root | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- with include "rag-llm.groupEnv" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $root.Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      resources:
        {{- include "rag-llm.groupResources" . | nindent 8 }}
      {{- if .http }}
      {{- include "rag-llm.httpReadiness" $root | nindent 6 }}
      {{- include "rag-llm.preStop" $root | nindent 6 }}
      {{- else }}
      {{- include "rag-llm.rayletReadiness" $root | nindent 6 }}
      {{- end }}
      volumeMounts:
        - name: shared-mem
          mountPath: /dev/shm
        {{- with include "rag-llm.volumeMount" $root | trim }}
        {{- . | nindent 8 }}
        {{- end }}
  volumes:
    {{- include "rag-llm.shmVolume" .group.shm | nindent 4 }}
    {{- with include "rag-llm.volume" $root | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
