{{- define "notes.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "notes.pod" -}}
serviceAccountName: notes
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "notes.container" -}}
image: "{{ .image.repository }}:{{ .image.tag }}"
imagePullPolicy: {{ .root.Values.images.pull }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  requests: {cpu: 50m, memory: 32Mi, ephemeral-storage: 16Mi}
  limits: {cpu: 500m, memory: 128Mi, ephemeral-storage: 32Mi}
{{- end }}

{{- define "notes.token" -}}
- name: NOTES_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .Values.access }}
      key: NOTES_TOKEN
{{- end }}

{{- define "notes.probes" -}}
readinessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 2
livenessProbe:
  httpGet: {path: /livez, port: http}
  periodSeconds: 10
{{- end }}
