{{/* serveConfigV2: all that changes in place. */}}

{{/* Index: the one named, or the one that the index Job makes of this content. */}}
{{- define "rag-llm.index" -}}
{{- .Values.rag.index | default (printf "/mnt/shared/faiss_index/%s" (include "rag-llm.contentHash" .)) -}}
{{- end -}}

{{/* Hash of whatever decides what is in an index. */}}
{{- define "rag-llm.contentHash" -}}
{{- $corpus := pick .Values.corpus "source" "path" "version" "files" -}}
{{- if ne .Values.corpus.source "files" -}}{{- $corpus = omit $corpus "files" -}}{{- end -}}
{{- if ne .Values.corpus.source "path" -}}{{- $corpus = omit $corpus "path" -}}{{- end -}}
{{- if eq .Values.corpus.source "image" -}}{{- $_ := set $corpus "app" .Chart.AppVersion -}}{{- end -}}
{{- dict "corpus" $corpus "indexing" .Values.indexing "embedding" .Values.embedding.model | toJson | sha256sum | trunc 12 -}}
{{- end -}}

{{- define "rag-llm.userConfig" -}}
rag:
  enabled: {{ .Values.rag.enabled }}
  index: {{ include "rag-llm.index" . | quote }}
  top_k: {{ .Values.rag.top_k }}
  passage_order: {{ .Values.rag.passage_order }}
  system_prompt: {{ .Values.rag.system_prompt | toJson }}
sampling:
  max_tokens: {{ .Values.sampling.max_tokens | toJson }}
  temperature: {{ .Values.sampling.temperature }}
  top_p: {{ .Values.sampling.top_p }}
server:
  allow_cache_reset: {{ .Values.server.allow_cache_reset }}
{{- if eq .Values.architecture "rac" }}
replicas:
  count: {{ .Values.replicas.count }}
{{- end }}
{{- end -}}

{{- define "rag-llm.serveConfig" -}}
{{- $values := .Values -}}
{{- $replica := include "rag-llm.replicaResources" . | fromJson -}}
{{- $tp := int $values.engine.tensor_parallel_size -}}
proxy_location: EveryNode
http_options:
  host: 0.0.0.0
  port: 8000
  keep_alive_timeout_s: {{ $values.serve.keep_alive_timeout_s }}
  {{- with $values.serve.request_timeout_s }}
  request_timeout_s: {{ . }}
  {{- end }}
applications:
  - name: rag-llm
    route_prefix: /
    import_path: app.architectures.cluster:build
    args: {}
    deployments:
      - name: rag-llm
        {{- if eq $values.architecture "rac" }}
        num_replicas: 1
        {{- else if $values.replicas.autoscaling.enabled }}
        num_replicas: auto
        autoscaling_config:
          {{- range $key, $value := omit $values.replicas.autoscaling "enabled" }}
          {{- if not (kindIs "invalid" $value) }}
          {{ $key }}: {{ toJson $value }}
          {{- end }}
          {{- end }}
        {{- else }}
        num_replicas: {{ $values.replicas.count }}
        {{- end }}
        max_ongoing_requests: {{ $values.serve.max_ongoing_requests | default (add $values.server.max_ongoing_requests 16) | toJson }}
        max_queued_requests: {{ $values.serve.max_queued_requests | toJson }}
        backpressure_config:
          status_code: 429
          retry_after_s: 1
        health_check_period_s: {{ $values.serve.health_check_period_s }}
        health_check_timeout_s: {{ $values.serve.health_check_timeout_s }}
        graceful_shutdown_wait_loop_s: {{ $values.serve.graceful_shutdown_wait_loop_s }}
        graceful_shutdown_timeout_s: {{ $values.serve.graceful_shutdown_timeout_s }}
        ray_actor_options:
          {{- if eq $values.architecture "rac" }}
          num_cpus: 0
          resources:
            dispatcher: 0.01
          {{- else }}
          num_cpus: {{ $replica.num_cpus }}
          num_gpus: {{ $replica.num_gpus }}
          {{- with $replica.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- end }}
        {{- if and (gt $tp 1) (ne $values.architecture "rac") }}
        placement_group_bundles:
          - CPU: {{ $replica.num_cpus }}
            {{- if $replica.num_gpus }}
            GPU: {{ $replica.num_gpus }}
            {{- end }}
            {{- range $name, $amount := $replica.resources }}
            {{ $name }}: {{ $amount }}
            {{- end }}
        placement_group_strategy: STRICT_PACK
        {{- end }}
        user_config:
          {{- include "rag-llm.userConfig" . | nindent 10 }}
{{- end -}}
