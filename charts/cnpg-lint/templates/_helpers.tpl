{{- define "cnpg-lint.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Room is left for the longest suffix, so that every name derived from it is valid. */}}
{{- define "cnpg-lint.fullname" -}}
{{- $name := include "cnpg-lint.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "cnpg-lint.selector" -}}
app.kubernetes.io/name: {{ include "cnpg-lint.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "cnpg-lint.labels" -}}
{{ include "cnpg-lint.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Where the serving certificate is, or, self-signed, what the replicas share of it. */}}
{{- define "cnpg-lint.tlsSecret" -}}
{{- if eq .Values.tls.mode "secret" -}}
{{- .Values.tls.secret.name -}}
{{- else -}}
{{- include "cnpg-lint.fullname" . }}-tls
{{- end -}}
{{- end -}}

{{- define "cnpg-lint.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end -}}

{{/* Names under which the API server calls. */}}
{{- define "cnpg-lint.dnsNames" -}}
{{- $service := printf "%s.%s.svc" (include "cnpg-lint.fullname" .) .Release.Namespace -}}
- {{ $service }}
- {{ $service }}.cluster.local
{{- end -}}
