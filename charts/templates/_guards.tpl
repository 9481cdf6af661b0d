{{/*
Combinations that can't work, each with a sentence on what would. What one value alone may be is in
values.schema.json. Included by http-service.yaml, which is always rendered.
*/}}
{{- define "rag-llm.guards" -}}
{{- include "rag-llm.guards.cluster" . -}}
{{- include "rag-llm.guards.engine" . -}}
{{- include "rag-llm.guards.groups" . -}}
{{- include "rag-llm.guards.replicas" . -}}
{{- include "rag-llm.guards.content" . -}}
{{- include "rag-llm.guards.access" . -}}
{{- include "rag-llm.guards.loadtest" . -}}
{{- end -}}

{{- define "rag-llm.guards.cluster" -}}
{{- $ray := .Values.ray -}}
{{- $name := include "rag-llm.fullname" . -}}
{{- if or (gt (len $name) 47) (not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name)) -}}
{{- fail (printf "the name %q can't be used: KubeRay takes at most 47 characters of a-z, 0-9 and -, beginning with a letter; set fullnameOverride or choose another release name" $name) -}}
{{- end -}}
{{/* Without an API server (helm template) Helm knows none of the aggregated groups, and nothing can be said. */}}
{{- $asked := .Capabilities.APIVersions.Has "apiregistration.k8s.io/v1" -}}
{{- if and (include "rag-llm.onRay" .) $ray.checkCRDs $asked (not (.Capabilities.APIVersions.Has "ray.io/v1/RayService")) -}}
{{- fail (printf "architecture = %s needs the KubeRay operator, and this cluster doesn't know ray.io/v1 RayService: install KubeRay %s, or set architecture=baseline, or ray.checkCRDs=false if it will be there in time" .Values.architecture (index .Chart.Annotations "rag-llm/kuberay-version")) -}}
{{- end -}}
{{- if not (semverCompare ">=2.60.0-0" $ray.version) -}}
{{- fail (printf "ray.version = %s: the switches that the chart sets came with Ray 2.60; use an image with Ray 2.60.0 or later" $ray.version) -}}
{{- end -}}
{{- if and $ray.gcsFaultTolerance.enabled (not $ray.gcsFaultTolerance.redisAddress) -}}
{{- fail "ray.gcsFaultTolerance.enabled = true needs ray.gcsFaultTolerance.redisAddress, such as redis:6379" -}}
{{- end -}}
{{- if eq $ray.upgradeStrategy.type "NewClusterWithIncrementalUpgrade" -}}
{{- if not (and $ray.autoscaler.enabled $ray.upgradeStrategy.gatewayClassName) -}}
{{- fail "ray.upgradeStrategy.type = NewClusterWithIncrementalUpgrade needs ray.autoscaler.enabled = true and ray.upgradeStrategy.gatewayClassName; use NewCluster without a Gateway" -}}
{{- end -}}
{{- end -}}
{{- $leaving := add .Values.shutdown.preStopSeconds (ternary 0 .Values.shutdown.drainSeconds (eq .Values.architecture "baseline")) -}}
{{- if le (int .Values.shutdown.gracePeriodSeconds) (int $leaving) -}}
{{- fail (printf "shutdown.gracePeriodSeconds = %v must be more than shutdown.preStopSeconds and drainSeconds together = %d, or pods are killed while they end what they have begun" .Values.shutdown.gracePeriodSeconds $leaving) -}}
{{- end -}}
{{- with .Values.metrics.port -}}
{{- range $taken := list 8000 8080 8265 8404 8500 9101 9500 10001 52365 -}}
{{- if and (ge $taken (int $.Values.metrics.port)) (le $taken (add (int $.Values.metrics.port) 15 | int)) -}}
{{- fail (printf "metrics.port = %v: it and the 15 ports after it must be free, and %d belongs to Ray or Serve; 9400 is free" $.Values.metrics.port $taken) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.engine" -}}
{{- $engine := .Values.engine -}}
{{- $path := lower .Values.model.path -}}
{{- range $kind := list "awq" "gptq" -}}
{{- if and (hasPrefix $kind ($engine.quantization | default "")) (not (contains $kind $path)) -}}
{{- fail (printf "engine.quantization = %s needs a model with %s weights, and model.path = %s doesn't say that it is one: name such a model's folder, or leave engine.quantization empty" $engine.quantization (upper $kind) $.Values.model.path) -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int $engine.tensor_parallel_size) 1) (ne .Values.architecture "rvc") -}}
{{- fail (printf "engine.tensor_parallel_size = %v: only rvc's engine splits a model, and architecture = %s; set 1" $engine.tensor_parallel_size .Values.architecture) -}}
{{- end -}}
{{- if ge (int .Values.sampling.max_tokens) (int $engine.max_model_len) -}}
{{- fail (printf "sampling.max_tokens = %v leaves no room for a prompt: it must be below engine.max_model_len = %v" .Values.sampling.max_tokens $engine.max_model_len) -}}
{{- end -}}
{{- if and $engine.batch (eq .Values.architecture "rvc") -}}
{{- fail "engine.batch = true is for the engine of baseline, rac and rsc; rvc always batches" -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.groups" -}}
{{- $values := .Values -}}
{{- $tp := int $values.engine.tensor_parallel_size -}}
{{- $names := list -}}
{{- $counted := list -}}
{{- range (include "rag-llm.groups" . | fromJson).groups -}}
{{- if or (has .name $names) (has .name (list "headgroup" "dispatcher")) -}}
{{- fail (printf "workerGroups: the name %q is taken; each group needs its own, other than headgroup and dispatcher" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- $counted = append $counted .preset.ray | uniq -}}
{{- if and (ne .accelerator "none") (lt (int .accelerators) 1) -}}
{{- fail (printf "workerGroups %q: accelerators = 0 with accelerator = %s; set accelerators, or accelerator=none" .name .accelerator) -}}
{{- end -}}
{{- if gt $tp (max 1 (int .accelerators) | int) -}}
{{- fail (printf "engine.tensor_parallel_size = %d, but a pod of workerGroups %q has %v accelerators, and one model must fit one pod: raise its accelerators or lower engine.tensor_parallel_size" $tp .name .accelerators) -}}
{{- end -}}
{{- if mod (max 1 (int .accelerators)) $tp -}}
{{- fail (printf "workerGroups %q: accelerators = %v is no multiple of engine.tensor_parallel_size = %d, so some would be idle" .name .accelerators $tp) -}}
{{- end -}}
{{- if or (gt (int .min) (int .max)) (gt (int .count) (int .max)) (lt (int .count) (int .min)) -}}
{{- fail (printf "workerGroups %q: min = %v, count = %v, max = %v must not fall: raise max or lower the others" .name .min .count .max) -}}
{{- end -}}
{{- end -}}
{{- if gt (len $counted) 1 -}}
{{- fail (printf "workerGroups mix accelerators that Ray counts under different names (%s), so no replica would fit all: use one kind a release" (join ", " $counted)) -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.replicas" -}}
{{- $values := .Values -}}
{{- $scaling := $values.replicas.autoscaling -}}
{{- $places := 0 -}}
{{- range (include "rag-llm.groups" . | fromJson).groups -}}
{{- $pods := ternary .max .count $values.ray.autoscaler.enabled -}}
{{- $places = add $places (mul (int $pods) (int .replicasPerPod)) -}}
{{- end -}}
{{- $wanted := int $values.replicas.count -}}
{{- $field := "replicas.count" -}}
{{- if $scaling.enabled -}}
{{- if has $values.architecture (list "rac" "baseline") -}}
{{- fail (printf "replicas.autoscaling.enabled = true is for rsc and rvc; with architecture = %s set replicas.count" $values.architecture) -}}
{{- end -}}
{{- $initial := int ($scaling.initial_replicas | default $scaling.min_replicas) -}}
{{- if or (gt (int $scaling.min_replicas) (int $scaling.max_replicas)) (gt $initial (int $scaling.max_replicas)) (lt $initial (int $scaling.min_replicas)) -}}
{{- fail (printf "replicas.autoscaling: min_replicas = %v, initial_replicas = %d, max_replicas = %v must not fall" $scaling.min_replicas $initial $scaling.max_replicas) -}}
{{- end -}}
{{- $wanted = int $scaling.max_replicas -}}
{{- $field = "replicas.autoscaling.max_replicas" -}}
{{- end -}}
{{- if and (include "rag-llm.onRay" .) (gt $wanted (int $places)) -}}
{{- fail (printf "%s = %d, but the worker groups have room for %d: raise their %s" $field $wanted $places (ternary "max" "count (or set ray.autoscaler.enabled=true)" $values.ray.autoscaler.enabled)) -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.content" -}}
{{- $values := .Values -}}
{{- $corpus := $values.corpus -}}
{{- if not $values.storage.enabled -}}
{{- range $field, $path := dict "model.path" $values.model.path "rag.index" $values.rag.index "embedding.model" $values.embedding.model "hub.home" $values.hub.home -}}
{{- if hasPrefix "/mnt/shared" $path -}}
{{- fail (printf "%s = %s is on the volume, and storage.enabled = false: enable it, or name a folder in the image" $field $path) -}}
{{- end -}}
{{- end -}}
{{- if $values.models.download -}}
{{- fail "models.download = true needs storage.enabled = true: there is nowhere to put models" -}}
{{- end -}}
{{- if include "rag-llm.buildsIndex" . -}}
{{- fail "corpus.build = true needs storage.enabled = true: there is nowhere to put an index; or name one in the image by rag.index" -}}
{{- end -}}
{{- end -}}
{{- if not (or $values.rag.index $corpus.build) -}}
{{- fail "there is no index: set corpus.build = true, or rag.index to one that exists" -}}
{{- end -}}
{{- if include "rag-llm.buildsIndex" . -}}
{{- if and (eq $corpus.source "path") (not $corpus.path) -}}
{{- fail "corpus.source = path needs corpus.path, a folder below /mnt/shared" -}}
{{- end -}}
{{- if eq $corpus.source "files" -}}
{{- if not $corpus.files -}}
{{- fail "corpus.source = files needs corpus.files, each a name and a text" -}}
{{- end -}}
{{- if gt (toJson $corpus.files | len) 921600 -}}
{{- fail (printf "corpus.files has %d bytes, and a ConfigMap holds 900 KiB: put the documents on the volume and use corpus.source=path" (toJson $corpus.files | len)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.access" -}}
{{- if and (not .Values.serviceAccounts.create) (not .Values.serviceAccounts.name) -}}
{{- fail "serviceAccounts.create = false needs serviceAccounts.name: KubeRay gives that account rights on pods, which shouldn't be the namespace's default one" -}}
{{- end -}}
{{- if and .Values.apiKeys.existingSecret .Values.apiKeys.keys -}}
{{- fail "apiKeys.existingSecret and apiKeys.keys are both set: put the keys into that Secret, or leave it empty" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled = true needs httpRoute.parentRefs: the gateways it joins" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled = true needs ingress.hosts" -}}
{{- end -}}
{{- end -}}

{{- define "rag-llm.guards.loadtest" -}}
{{- $run := .Values.loadtest -}}
{{- $s := $run.settings -}}
{{- if $run.join.kind -}}
{{- if not $run.join.runs -}}
{{- fail (printf "loadtest.join.kind = %s needs loadtest.join.runs: the runs that are joined" $run.join.kind) -}}
{{- end -}}
{{- if $run.gate -}}
{{- fail "loadtest.gate and loadtest.join are both set: a gate is a run of its own" -}}
{{- end -}}
{{- else if and $run.run (not $run.gate) (not $s.steps) (not (and $s.rps $s.duration $s.rounds)) -}}
{{- fail "loadtest.settings needs rps, duration and rounds, or steps, or a loadtest.gate whose plan is taken" -}}
{{- end -}}
{{- end -}}
