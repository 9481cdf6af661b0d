{{/* The worker groups with everything they leave out filled in, as JSON {"groups": […]}. */}}
{{- define "rag-llm.groups" -}}
{{- $root := . -}}
{{- $presets := include "rag-llm.acceleratorPresets" . | fromYaml -}}
{{- $tp := int .Values.engine.tensor_parallel_size -}}
{{- $groups := list -}}
{{- range $i, $given := .Values.workerGroups -}}
{{- $group := mergeOverwrite (deepCopy $root.Values.workerDefaults) (deepCopy $given) -}}
{{- $preset := get $presets $group.accelerator -}}
{{- $accelerators := ternary 0 (int $group.accelerators) (eq $group.accelerator "none") -}}
{{- $perPod := ternary 1 (div $accelerators $tp | int) (eq $accelerators 0) -}}
{{- $_ := set $group "preset" $preset -}}
{{- $_ := set $group "accelerators" $accelerators -}}
{{- $_ := set $group "replicasPerPod" $perPod -}}
{{- if kindIs "invalid" $group.count -}}
{{- $count := int $group.min -}}
{{- if eq $i 0 -}}
{{- $count = max $count (include "rag-llm.podsAtStart" (dict "root" $root "perPod" $perPod) | int) -}}
{{- end -}}
{{- if $root.Values.ray.autoscaler.enabled -}}
{{- $count = min $count (max (int $group.min) (int $group.max)) -}}
{{- end -}}
{{- $_ := set $group "count" $count -}}
{{- end -}}
{{- $_ := set $group "count" (int $group.count) -}}
{{- if not $root.Values.ray.autoscaler.enabled -}}
{{- $_ := set $group "min" $group.count -}}
{{- $_ := set $group "max" (max (int $group.max) $group.count) -}}
{{- end -}}
{{- $groups = append $groups $group -}}
{{- end -}}
{{- dict "groups" $groups | toJson -}}
{{- end -}}

{{/* How many pods the first replicas need: dict "root" $ "perPod" n. */}}
{{- define "rag-llm.podsAtStart" -}}
{{- $values := .root.Values -}}
{{- $replicas := int $values.replicas.count -}}
{{- with $values.replicas.autoscaling -}}
{{- if .enabled -}}
{{- $replicas = int (.initial_replicas | default .min_replicas) -}}
{{- end -}}
{{- end -}}
{{- if gt (int .perPod) 0 -}}
{{- div (add $replicas .perPod -1) .perPod -}}
{{- else -}}
{{- $replicas -}}
{{- end -}}
{{- end -}}

{{/* The first group, as JSON: the head's image and baseline's pods go by it. */}}
{{- define "rag-llm.firstGroup" -}}
{{- (include "rag-llm.groups" . | fromJson).groups | first | toJson -}}
{{- end -}}

{{/* What one replica takes in Ray: {"num_cpus": …, "num_gpus": …, "resources": {…}} as JSON. */}}
{{- define "rag-llm.replicaResources" -}}
{{- $group := include "rag-llm.firstGroup" . | fromJson -}}
{{- $tp := int .Values.engine.tensor_parallel_size -}}
{{- $taken := dict "num_cpus" .Values.replicas.cpus "num_gpus" 0 "resources" dict -}}
{{- if eq $group.preset.ray "GPU" -}}
{{- $_ := set $taken "num_gpus" $tp -}}
{{- else if $group.preset.ray -}}
{{- $_ := set $taken "resources" (dict $group.preset.ray $tp) -}}
{{- end -}}
{{- $taken | toJson -}}
{{- end -}}

{{/* dict "root" $ "group" group */}}
{{- define "rag-llm.image" -}}
{{- $image := .root.Values.image -}}
{{- if .group.image -}}
{{- .group.image -}}
{{- else -}}
{{- $tag := $image.tag | default (printf "%s-%s" .root.Chart.AppVersion ($image.flavour | default .group.preset.flavour)) -}}
{{- printf "%s:%s" $image.repository $tag -}}
{{- end -}}
{{- end -}}

{{/* Resources with the accelerators: dict "group" group */}}
{{- define "rag-llm.groupResources" -}}
{{- $resources := deepCopy .group.resources -}}
{{- if gt (int .group.accelerators) 0 -}}
{{- range $kind := list "requests" "limits" -}}
{{- $amounts := get $resources $kind | default dict -}}
{{- $_ := set $amounts $.group.preset.resource (int $.group.accelerators) -}}
{{- $_ := set $resources $kind $amounts -}}
{{- end -}}
{{- end -}}
{{- include "rag-llm.amounts" $resources -}}
{{- end -}}

{{/* Amounts as texts: the operator writes numbers back as texts, which would make them its own (_raycluster.tpl). */}}
{{- define "rag-llm.amounts" -}}
{{- range $kind, $amounts := . -}}
{{- range $resource, $amount := $amounts -}}
{{- $_ := set $amounts $resource (toString $amount) -}}
{{- end -}}
{{- end -}}
{{- toYaml . -}}
{{- end -}}
