{{/* spec.rayClusterConfig: a change of anything here but the numbers of pods means a new Ray cluster. */}}
{{- define "rag-llm.rayCluster" -}}
{{- $root := . -}}
{{- $values := .Values -}}
{{- $rac := eq $values.architecture "rac" -}}
rayVersion: {{ $values.ray.version | quote }}
enableInTreeAutoscaling: {{ $values.ray.autoscaler.enabled }}
{{- if $values.ray.autoscaler.enabled }}
autoscalerOptions:
  {{- include "rag-llm.autoscalerOptions" . | nindent 2 }}
{{- end }}
authOptions:
  mode: {{ $values.ray.auth.mode }}
  {{- with $values.ray.auth.existingSecret }}
  secretName: {{ . }}
  {{- end }}
{{- if $values.ray.gcsFaultTolerance.enabled }}
gcsFaultToleranceOptions:
  {{- include "rag-llm.gcsFaultTolerance" . | nindent 2 }}
{{- end }}
headGroupSpec:
  {{- include "rag-llm.headGroup" . | nindent 2 }}
# With scaleStrategy, as the operator writes the list back when it adds its finalizer: had it anything to add, the
# whole list would be the operator's, and Helm's next server-side apply would end in a conflict.
workerGroupSpecs:
  {{- if $rac }}
  {{- $dispatcher := merge (dict "accelerators" 0 "env" list) (deepCopy $values.dispatcher) (pick (include "rag-llm.firstGroup" . | fromJson) "image") }}
  {{- $_ := set $dispatcher "preset" (dict "flavour" (include "rag-llm.firstGroup" . | fromJson).preset.flavour) }}
  - groupName: dispatcher
    replicas: 1
    minReplicas: 1
    maxReplicas: 1
    rayStartParams:
      num-cpus: "0"
      num-gpus: "0"
      resources: {{ printf "'%s'" (dict "dispatcher" 1 | toJson) | quote }}
      object-store-memory: {{ $values.ray.objectStoreMemory | toJson | quote }}
    scaleStrategy: {}
    template:
      {{- include "rag-llm.workerTemplate" (dict "root" $root "group" $dispatcher "component" "dispatcher" "http" true) | nindent 6 }}
  {{- end }}
  {{- range (include "rag-llm.groups" . | fromJson).groups }}
  - groupName: {{ .name }}
    replicas: {{ .count }}
    minReplicas: {{ .min }}
    maxReplicas: {{ .max }}
    {{- if not (kindIs "invalid" .idleTimeoutSeconds) }}
    idleTimeoutSeconds: {{ .idleTimeoutSeconds }}
    {{- end }}
    rayStartParams:
      {{- include "rag-llm.rayStartParams" (dict "root" $root "group" .) | nindent 6 }}
    scaleStrategy: {}
    template:
      {{- include "rag-llm.workerTemplate" (dict "root" $root "group" . "component" "worker" "http" (not $rac)) | nindent 6 }}
  {{- end }}
{{- end -}}

{{/* Said explicitly: KubeRay would guess them from limits, and Ray from what it finds. */}}
{{- define "rag-llm.rayStartParams" -}}
{{- $taken := include "rag-llm.replicaResources" .root | fromJson -}}
{{- $params := dict
  "num-cpus" (mulf $taken.num_cpus .group.replicasPerPod | ceil | int | toString)
  "num-gpus" "0"
  "object-store-memory" (.root.Values.ray.objectStoreMemory | toJson) -}}
{{- if eq .group.preset.ray "GPU" -}}
{{- $_ := set $params "num-gpus" (int .group.accelerators | toString) -}}
{{- else if .group.preset.ray -}}
{{- $_ := set $params "resources" (printf "'%s'" (dict .group.preset.ray (int .group.accelerators) | toJson)) -}}
{{- end -}}
{{- toYaml (mergeOverwrite $params (.group.rayStartParams | default dict)) -}}
{{- end -}}

{{- define "rag-llm.headGroup" -}}
{{- $values := .Values -}}
{{- $group := include "rag-llm.firstGroup" . | fromJson -}}
rayStartParams:
  # No replica here: the head must not lose its memory to one, nor a replica its node to an upgrade of the head.
  num-cpus: "0"
  num-gpus: "0"
  object-store-memory: {{ $values.ray.objectStoreMemory | toJson | quote }}
  dashboard-host: 0.0.0.0
template:
  metadata:
    labels:
      {{- include "rag-llm.podLabels" (dict "root" . "component" "head") | nindent 6 }}
  spec:
    {{- include "rag-llm.podBasics" (dict "root" . "component" "head") | nindent 4 }}
    {{- with include "rag-llm.placement" $values.ray.head | trim }}
    {{- . | nindent 4 }}
    {{- end }}
    terminationGracePeriodSeconds: {{ $values.shutdown.gracePeriodSeconds }}
    {{- if $values.ray.autoscaler.enabled }}
    # The autoscaler doesn't listen to SIGTERM, and a container's first process isn't ended by what it doesn't listen
    # to: the head would last for its whole grace. Here the first process is the pod's.
    shareProcessNamespace: true
    {{- end }}
    containers:
      - name: ray-head
        image: {{ include "rag-llm.image" (dict "root" . "group" $group) }}
        imagePullPolicy: {{ $values.image.pullPolicy }}
        securityContext:
          {{- toYaml $values.podSecurity.container | nindent 10 }}
        ports:
          - name: gcs-server
            containerPort: 6379
          - name: dashboard
            containerPort: 8265
          # KubeRay makes its own Service by this name.
          - name: serve
            containerPort: 8000
          - name: metrics
            containerPort: 8080
        env:
          {{- include "rag-llm.serviceEnv" . | trim | nindent 10 }}
          {{- include "rag-llm.rayEnv" . | trim | nindent 10 }}
          {{- with $values.extraEnv }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
        resources:
          {{- include "rag-llm.amounts" (deepCopy $values.ray.head.resources) | nindent 10 }}
        {{- include "rag-llm.preStop" . | nindent 8 }}
        volumeMounts:
          - name: shared-mem
            mountPath: /dev/shm
          {{- with include "rag-llm.volumeMount" . | trim }}
          {{- . | nindent 10 }}
          {{- end }}
    volumes:
      {{- include "rag-llm.shmVolume" $values.ray.head.shm | nindent 6 }}
      {{- with include "rag-llm.volume" . | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- if $values.ray.autoscaler.enabled }}
      # The API server's token, for the autoscaler's container alone.
      - name: autoscaler-token
        projected:
          sources:
            - serviceAccountToken:
                path: token
                expirationSeconds: 3607
            - configMap:
                name: kube-root-ca.crt
                items: [{key: ca.crt, path: ca.crt}]
            - downwardAPI:
                items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]
      {{- end }}
{{- end -}}

{{- define "rag-llm.autoscalerOptions" -}}
{{- with .Values.ray.autoscaler -}}
version: v2
idleTimeoutSeconds: {{ .idleTimeoutSeconds }}
upscalingMode: {{ .upscalingMode }}
imagePullPolicy: {{ $.Values.image.pullPolicy }}
resources:
  {{- include "rag-llm.amounts" (deepCopy .resources) | nindent 2 }}
securityContext:
  {{- toYaml $.Values.podSecurity.container | nindent 2 }}
{{- with $.Values.extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: autoscaler-token
    mountPath: /var/run/secrets/kubernetes.io/serviceaccount
    readOnly: true
  {{- with $.Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "rag-llm.gcsFaultTolerance" -}}
{{- with .Values.ray.gcsFaultTolerance -}}
redisAddress: {{ .redisAddress }}
{{- if .usernameSecret.name }}
redisUsername:
  valueFrom:
    secretKeyRef:
      name: {{ .usernameSecret.name }}
      key: {{ .usernameSecret.key }}
{{- end }}
{{- if .passwordSecret.name }}
redisPassword:
  valueFrom:
    secretKeyRef:
      name: {{ .passwordSecret.name }}
      key: {{ .passwordSecret.key }}
{{- end }}
{{- with .externalStorageNamespace }}
externalStorageNamespace: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Hash of what decides whether KubeRay starts a new cluster, without what it ignores. */}}
{{- define "rag-llm.rayClusterHash" -}}
{{- $cluster := include "rag-llm.rayCluster" . | fromYaml -}}
{{- range prepend $cluster.workerGroupSpecs $cluster.headGroupSpec -}}
{{- $_ := unset .template.spec "tolerations" -}}
{{- $_ := unset . "replicas" -}}
{{- $_ := unset . "minReplicas" -}}
{{- $_ := unset . "maxReplicas" -}}
{{- end -}}
{{- toJson $cluster | sha256sum | trunc 16 -}}
{{- end -}}
