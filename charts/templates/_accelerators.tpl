{{/*
What each accelerator preset means, in one place:
  resource        the name under which Kubernetes counts it
  ray             how Ray counts it: GPU (num-gpus) or the name of a resource
  flavour         the image that has its driver libraries
  tolerations     the taints its nodes usually have
  runtimeClass    the runtime class its pods need
*/}}
{{- define "rag-llm.acceleratorPresets" -}}
nvidia:
  resource: nvidia.com/gpu
  ray: GPU
  flavour: gpu
  runtimeClass: ""
  tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
amd:
  resource: amd.com/gpu
  ray: GPU
  flavour: rocm
  runtimeClass: ""
  tolerations: [{key: amd.com/gpu, operator: Exists, effect: NoSchedule}]
rebellions:
  resource: rebellions.ai/ATOM
  ray: RBLN
  flavour: rebellions
  runtimeClass: ""
  tolerations: [{key: rebellions.ai/ATOM, operator: Exists, effect: NoSchedule}]
ascend:
  resource: huawei.com/Ascend910
  ray: NPU
  flavour: ascend
  runtimeClass: ascend
  tolerations: [{key: huawei.com/Ascend910, operator: Exists, effect: NoSchedule}]
none:
  resource: ""
  ray: ""
  flavour: cpu
  runtimeClass: ""
  tolerations: []
{{- end -}}

{{/* Taints that clouds put on nodes they may take back. */}}
{{- define "rag-llm.spotTolerations" -}}
- {key: cloud.google.com/gke-spot, operator: Equal, value: "true", effect: NoSchedule}
- {key: cloud.google.com/gke-preemptible, operator: Equal, value: "true", effect: NoSchedule}
- {key: kubernetes.azure.com/scalesetpriority, operator: Equal, value: spot, effect: NoSchedule}
- {key: eks.amazonaws.com/capacityType, operator: Equal, value: SPOT, effect: NoSchedule}
{{- end -}}
