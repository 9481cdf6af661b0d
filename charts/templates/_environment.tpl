{{/*
Settings as environment variables: whatever needs a restart, and for baseline everything. What can change in
place is in serveConfigV2 instead (_serve.tpl), so that a change of it changes no pod.
*/}}

{{/* The reference project's names, where a setting has one. */}}
{{- define "rag-llm.referenceNames" -}}
engine.max_model_len: VLLM_MAX_MODEL_LEN
engine.gpu_memory_utilization: VLLM_GPU_MEM_UTIL
engine.kv_cache_dtype: VLLM_KV_CACHE_DTYPE
engine.quantization: VLLM_QUANT
{{- end -}}

{{/* One section's variables: dict "name" "engine" "section" .Values.engine. Empty values are left to the app. */}}
{{- define "rag-llm.sectionEnv" -}}
{{- $names := include "rag-llm.referenceNames" . | fromYaml -}}
{{- $name := .name -}}
{{- range $key, $value := .section }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
- name: {{ get $names (printf "%s.%s" $name $key) | default (printf "RAG_LLM_%s__%s" (upper $name) (upper $key)) }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The Hugging Face libraries' variables. */}}
{{- define "rag-llm.hubEnv" -}}
{{- $hub := .Values.hub -}}
{{- $home := $hub.home | default (ternary "/mnt/shared/hf-home" "" .Values.storage.enabled) -}}
{{- $offline := kindIs "invalid" $hub.offline | ternary .Values.storage.enabled $hub.offline -}}
{{- with $home }}
- name: HF_HOME
  value: {{ . | quote }}
{{- end }}
{{- range list "HF_HUB_OFFLINE" "TRANSFORMERS_OFFLINE" "HF_DATASETS_OFFLINE" }}
- name: {{ . }}
  value: {{ ternary "1" "0" $offline | quote }}
{{- end }}
{{- end -}}

{{/* What every process of the service reads: root. */}}
{{- define "rag-llm.serviceEnv" -}}
{{- $values := .Values -}}
{{- $replica := include "rag-llm.replicaResources" . | fromJson }}
- name: RAG_LLM_ARCHITECTURE
  value: {{ $values.architecture }}
- name: RAG_LLM_DEVICE
  value: {{ $values.device }}
{{- $model := mergeOverwrite (deepCopy $values.model) (dict "name" (include "rag-llm.servedModelName" .)) }}
{{- include "rag-llm.sectionEnv" (dict "name" "model" "section" $model) }}
{{- include "rag-llm.sectionEnv" (dict "name" "engine" "section" $values.engine) }}
{{- include "rag-llm.sectionEnv" (dict "name" "embedding" "section" $values.embedding) }}
{{- include "rag-llm.sectionEnv" (dict "name" "preparation" "section" $values.preparation) }}
{{- include "rag-llm.sectionEnv" (dict "name" "startup" "section" $values.startup) }}
{{- include "rag-llm.sectionEnv" (dict "name" "metrics" "section" $values.metrics) }}
{{- $server := merge (dict "host" "0.0.0.0" "port" 8000) (omit $values.server "allow_cache_reset") }}
{{- include "rag-llm.sectionEnv" (dict "name" "server" "section" $server) }}
{{- include "rag-llm.sectionEnv" (dict "name" "replicas" "section" (dict "cpus" $replica.num_cpus "gpus" $replica.num_gpus)) }}
{{- with $replica.resources }}
- name: RAG_LLM_REPLICAS__RESOURCES
  value: {{ toJson . | quote }}
{{- end }}
{{- include "rag-llm.hubEnv" . }}
{{- end -}}

{{/* The rest of baseline's settings, which the others get through serveConfigV2. */}}
{{- define "rag-llm.inPlaceEnv" -}}
{{- $config := include "rag-llm.userConfig" . | fromYaml -}}
{{- include "rag-llm.sectionEnv" (dict "name" "rag" "section" $config.rag) }}
{{- include "rag-llm.sectionEnv" (dict "name" "sampling" "section" $config.sampling) }}
{{- include "rag-llm.sectionEnv" (dict "name" "server" "section" $config.server) }}
{{- end -}}

{{- define "rag-llm.apiKeysEnv" -}}
{{- if .Values.apiKeys.enabled }}
- name: RAG_LLM_SERVER__API_KEYS
  valueFrom:
    secretKeyRef:
      name: {{ include "rag-llm.apiKeysSecretName" . }}
      key: keys
{{- end }}
{{- end -}}

{{/* Ray's own switches, the same on the head and the workers. Pinned to Ray 2.60. */}}
{{- define "rag-llm.rayEnv" -}}
{{- $values := .Values }}
- name: RAY_SERVE_ENABLE_HA_PROXY
  value: "1"
- name: RAY_SERVE_HAPROXY_BINARY_PATH
  value: /opt/rag-llm/bin/haproxy
- name: RAY_SERVE_HAPROXY_NBTHREAD
  value: {{ $values.ray.haproxy.threads | quote }}
- name: RAY_SERVE_HAPROXY_MAXCONN
  value: {{ $values.ray.haproxy.maxConnections | toJson | quote }}
- name: RAY_SERVE_HAPROXY_RETRY_ON
  value: conn-failure empty-response
- name: RAY_SERVE_HAPROXY_RETRIES
  value: "1"
- name: RAY_SERVE_HAPROXY_TUNE_BUFSIZE
  value: "131072"
- name: RAY_SERVE_THROUGHPUT_OPTIMIZED
  value: "1"
{{- if not (kindIs "invalid" $values.shutdown.drainSeconds) }}
- name: RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S
  value: {{ $values.shutdown.drainSeconds | quote }}
{{- end }}
- name: RAY_worker_niceness
  value: "0"
- name: RAY_kill_child_processes_on_worker_exit_with_raylet_subreaper
  value: "true"
- name: RAY_USAGE_STATS_ENABLED
  value: "0"
{{- end -}}

{{/* On the CPU, libraries would take a thread a core each: dict "root" $ "group" group */}}
{{- define "rag-llm.groupEnv" -}}
{{- if eq (int .group.accelerators) 0 }}
- name: OMP_NUM_THREADS
  value: {{ .root.Values.engine.threads | quote }}
{{- end }}
{{- with .group.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}
