{{/* Port of the emulator's Service; the backend is told of it. */}}
{{- define "todo.geminiEmulatorPort" -}}
8090
{{- end }}

{{/* What the backend is told of the model's API: nothing, or the emulator's address. */}}
{{- define "todo.modelVariables" -}}
{{- if .Values.geminiEmulator.enabled -}}
{{- range list "GEMINI_BASE_URL" "GOOGLE_GEMINI_BASE_URL" -}}
{{- if hasKey $.Values.backend.env . -}}
{{- fail (printf "backend.env.%s and geminiEmulator.enabled contradict each other: take one of them away" .) -}}
{{- end -}}
{{- end -}}
{{- $service := include "todo.service" (dict "root" . "part" "gemini-emulator") -}}
- name: GEMINI_BASE_URL
  value: {{ printf "http://%s:%s" $service (include "todo.geminiEmulatorPort" .) | quote }}
{{- end }}
{{- end }}

{{/* Egress to the emulator. */}}
{{- define "todo.modelEgress" -}}
{{- if .Values.geminiEmulator.enabled -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "todo.selector" (dict "root" . "part" "gemini-emulator") | nindent 10 }}
  ports:
    - port: http
{{- end }}
{{- end }}
