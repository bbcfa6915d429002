{{/*
Helpers that speak of one part of the release take a dictionary: {"root": $, "part": "backend"}, with "values" where the part's values
have another name. Parts are backend, frontend, postgres, gemini-emulator, migrate, test for the pod of `helm test`, and probe for other
pods that test the release from inside the cluster.
*/}}

{{/* Name of a part's workload, and its `app` label: todo-backend. */}}
{{- define "todo.name" -}}
{{ .root.Values.namePrefix }}-{{ .part }}
{{- end }}

{{/* Name of a part's Service: todo-backend-service. */}}
{{- define "todo.service" -}}
{{ include "todo.name" . }}-service
{{- end }}

{{/* Labels that find the pods of a part. They never change in the life of a release, as selectors cannot. */}}
{{- define "todo.selector" -}}
app: {{ include "todo.name" . }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}

{{/* Labels of a pod: no versions, so that a new chart alone restarts nothing. */}}
{{- define "todo.podLabels" -}}
{{ include "todo.selector" . }}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/component: {{ .part }}
app.kubernetes.io/part-of: {{ .root.Chart.Name }}
{{- end }}

{{/* Metadata of an object of a part. The dictionary may hold a `name` of its own. */}}
{{- define "todo.metadata" -}}
name: {{ .name | default (include "todo.name" .) }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "todo.podLabels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Image reference of a part. `helm lint` passes over the missing tag; everything that renders for a cluster stops at it. */}}
{{- define "todo.image" -}}
{{- $values := .values | default .part -}}
{{- $image := (index .root.Values $values).image -}}
{{- $message := printf "%s.image.tag is empty: give the tag of the image to run, for example --set %s.image.tag=1.0.0" $values $values -}}
{{- $registry := empty .root.Values.registry | ternary "" (printf "%s/" .root.Values.registry) -}}
image: {{ printf "%s%s:%s" $registry $image.repository (required $message $image.tag) | quote }}
imagePullPolicy: {{ .root.Values.imagePullPolicy }}
{{- end }}

{{/* One environment variable from a key of the application's Secret, named as the key or by `name`; the container does not start without it. */}}
{{- define "todo.secretVariable" -}}
- name: {{ .name | default .key }}
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.existingSecret | quote }}
      key: {{ .key }}
{{- end }}

{{/* Plain variables from a map, in the order of their names. */}}
{{- define "todo.plainVariables" -}}
{{- range $name, $value := . -}}
- name: {{ $name }}
  value: {{ $value | quote }}
{{ end -}}
{{- end }}

{{/*
Annotation that changes with the Secret a pod reads, so that `helm upgrade` restarts the pod after a rotation. It is the Secret's
resource version, which tells nothing of its content. Rendering without a cluster leaves it out.
*/}}
{{- define "todo.secretVersion" -}}
{{- with lookup "v1" "Secret" .root.Release.Namespace .secret -}}
annotations:
  todo-chatbot-chart/secret-version: {{ .metadata.resourceVersion | quote }}
{{- end }}
{{- end }}

{{/* Pod settings of the `restricted` pod security standard, and nothing of the cluster handed to the pod. */}}
{{- define "todo.podSecurity" -}}
serviceAccountName: {{ include "todo.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{/* Container settings of the same standard, with a root file system nobody writes to. */}}
{{- define "todo.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/*
Probes of an HTTP container with the port `http`: liveness asks the process alone, readiness what it depends on. Liveness is patient: a
process that is slow because its node is overloaded still serves, and a restart would lose its requests and make the load worse.
*/}}
{{- define "todo.httpProbes" -}}
startupProbe:
  httpGet: {path: {{ .liveness }}, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 30
readinessProbe:
  httpGet: {path: {{ .readiness }}, port: http}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
livenessProbe:
  httpGet: {path: {{ .liveness }}, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* Fewest pods of a part, as far as the release decides it. */}}
{{- define "todo.fewest" -}}
{{- $values := index .root.Values .part -}}
{{ $values.autoscaling.enabled | ternary $values.autoscaling.minReplicas $values.replicas | int }}
{{- end }}

{{/*
What a rolling update of a Deployment keeps: every old pod serves until a new one is Ready. Where an autoscaler chooses the number of
pods, the release must not name one, or every upgrade would set it back.
*/}}
{{- define "todo.rollout" -}}
{{- $values := index .root.Values .part -}}
{{- if not $values.autoscaling.enabled }}
replicas: {{ $values.replicas | int }}
{{- end }}
revisionHistoryLimit: 3
progressDeadlineSeconds: 120
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
{{- end }}

{{/* Soft spread over nodes: it never keeps a pod from running on a cluster of one node. */}}
{{- define "todo.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "todo.selector" . | nindent 8 }}
{{- end }}

{{/* Writable /tmp. */}}
{{- define "todo.tmpVolume" -}}
- name: tmp
  emptyDir:
    sizeLimit: 32Mi
{{- end }}
{{- define "todo.tmpMount" -}}
- name: tmp
  mountPath: /tmp
{{- end }}

{{/* Egress to name servers. They may be pods, node-local caches or hosts, so only the port is fixed. */}}
{{- define "todo.dnsEgress" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end }}

{{/* Egress to the database: the release's own, or any host on the port of the one outside. */}}
{{- define "todo.databaseEgress" -}}
{{- if .Values.postgres.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "todo.selector" (dict "root" . "part" "postgres") | nindent 10 }}
  ports:
    - port: postgres
{{- else -}}
- ports:
    - port: {{ .Values.networkPolicy.databasePort | int }}
{{- end }}
{{- end }}

{{/* A Kubernetes quantity as a plain number: bytes, or cores. It takes the forms that values.schema.json lets in. */}}
{{- define "todo.amount" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9.]+" $text | float64 -}}
{{- $factors := dict "" 1.0 "m" 0.001 "k" 1e3 "K" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 -}}
{{- mulf $number (index $factors (regexFind "[a-zA-Z]*$" $text)) -}}
{{- end }}
