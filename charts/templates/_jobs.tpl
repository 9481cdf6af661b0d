{{/*
Jobs can't be changed, so a Job's name carries the hash of its whole spec: another spec is another Job, and the
same one is left alone by an upgrade.
*/}}

{{/* dict "root" $ "component" "index" "spec" text */}}
{{- define "rag-llm.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ printf "%s-%s-%s" (include "rag-llm.fullname" .root) .component (.spec | sha256sum | trunc 8) }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "rag-llm.labels" . | nindent 4 }}
spec:
  {{- .spec | nindent 2 }}
{{- end -}}

{{/* A Job's spec: dict "root" $ "component" "index" "options" .Values.corpus "command" […] "env" text "mounts" text "volumes" text */}}
{{- define "rag-llm.jobSpec" -}}
{{- $root := .root -}}
{{- $group := include "rag-llm.firstGroup" $root | fromJson -}}
backoffLimit: {{ .options.backoffLimit }}
activeDeadlineSeconds: {{ .options.activeDeadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "rag-llm.podLabels" . | nindent 6 }}
  spec:
    {{- include "rag-llm.podBasics" (dict "root" $root "component" "jobs") | nindent 4 }}
    restartPolicy: OnFailure
    containers:
      - name: {{ .component }}
        image: {{ include "rag-llm.image" (dict "root" $root "group" $group) }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        securityContext:
          {{- toYaml $root.Values.podSecurity.container | nindent 10 }}
        command:
          {{- toYaml .command | nindent 10 }}
        env:
          {{- .env | trim | nindent 10 }}
          {{- with $root.Values.extraEnv }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
        resources:
          {{- toYaml .options.resources | nindent 10 }}
        volumeMounts:
          - name: shared
            mountPath: /mnt/shared
          {{- with .mounts }}
          {{- . | nindent 10 }}
          {{- end }}
          {{- with $root.Values.extraVolumeMounts }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
    volumes:
      {{- include "rag-llm.volume" $root | trim | nindent 6 }}
      {{- with .volumes }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}

{{- define "rag-llm.buildsIndex" -}}
{{- if and .Values.corpus.build (not .Values.rag.index) -}}true{{- end -}}
{{- end -}}

{{/* Named by its content, which it keeps: an index Job that still runs must not lose its documents. */}}
{{- define "rag-llm.corpusName" -}}
{{- printf "%s-corpus-%s" (include "rag-llm.fullname" .) (toJson .Values.corpus.files | sha256sum | trunc 8) -}}
{{- end -}}
