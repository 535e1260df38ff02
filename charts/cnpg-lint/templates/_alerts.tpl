{{/* What someone must be told: that nothing is judged, that something soon will not be, that judging fails. */}}
{{- define "cnpg-lint.alerts" -}}
{{- $job := printf "namespace=%q, job=%q" .Release.Namespace (include "cnpg-lint.fullname" .) -}}
- alert: CnpgLintAbsent
  expr: absent(up{ {{- $job -}} } == 1)
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: No replica of cnpg-lint answers; objects pass unjudged, or are refused where failurePolicy is Fail.
# Told by the API server, so it is also seen when our replicas are well and cannot be reached.
- alert: CnpgLintFailsOpen
  expr: sum(increase(apiserver_admission_webhook_fail_open_count{name=~".+[.]cnpg-lint[.]dev"}[10m])) > 0
  labels: {severity: warning}
  annotations:
    summary: Objects passed unjudged because the API server could not call cnpg-lint.
- alert: CnpgLintCallsFail
  expr: sum(increase(apiserver_admission_webhook_rejection_count{name=~".+[.]cnpg-lint[.]dev", error_type!="no_error"}[10m])) > 0
  labels: {severity: critical}
  annotations:
    summary: Changes of Clusters were refused because the API server could not call cnpg-lint.
- alert: CnpgLintCertificateExpires
  expr: min(cnpg_lint_cert_not_after_seconds{ {{- $job -}} }) - time() < 7 * 24 * 3600
  for: 15m
  labels: {severity: critical}
  annotations:
    summary: The serving certificate of cnpg-lint expires within a week and was not renewed.
# Of Clusters only: kinds of programs that are not installed are never synced.
- alert: CnpgLintSeesNoClusters
  expr: min(cnpg_lint_cache_synced{ {{- $job -}} , kind=~"Cluster|clusters[.]postgresql[.]cnpg[.]io"}) == 0
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: A replica of cnpg-lint cannot read Clusters; rules that need more than the object in the request are undecided.
- alert: CnpgLintConfigurationRejected
  expr: min(cnpg_lint_config_last_reload_successful{ {{- $job -}} }) == 0
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: The last change of the configuration or rules of cnpg-lint is wrong; the former one still counts.
- alert: CnpgLintPanics
  expr: sum(increase(cnpg_lint_panics_total{ {{- $job -}} }[10m])) > 0
  labels: {severity: warning}
  annotations:
    summary: A review made cnpg-lint fail; its log has the uid of the request.
- alert: CnpgLintSheds
  expr: sum(rate(cnpg_lint_shed_total{ {{- $job -}} }[5m])) > 0
  for: 10m
  labels: {severity: warning}
  annotations:
    summary: cnpg-lint has more to review than it can; add replicas.
{{- end -}}
