//! What the operator sets, keeps to itself, and how it reads sizes (`pkg/postgres/configuration.go`,
//! `internal/webhook/v1/cluster_webhook.go`).

use crate::quantity::Quantity;

/// Parameters that only the operator sets, in the order of the alphabet.
const FIXED: [&str; 65] = [
    "allow_system_table_mods",
    "archive_cleanup_command",
    "archive_command",
    "archive_mode",
    "bonjour",
    "bonjour_name",
    "cluster_name",
    "config_file",
    "data_directory",
    "data_sync_retry",
    "event_source",
    "external_pid_file",
    "hba_file",
    "hot_standby",
    "ident_file",
    "jit_provider",
    "listen_addresses",
    "log_destination",
    "log_directory",
    "log_file_mode",
    "log_filename",
    "log_rotation_age",
    "log_rotation_size",
    "log_truncate_on_rotation",
    "logging_collector",
    "pg_failover_slots.primary_dsn",
    "pg_failover_slots.standby_slot_names",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "promote_trigger_file",
    "recovery_end_command",
    "recovery_min_apply_delay",
    "recovery_target",
    "recovery_target_action",
    "recovery_target_inclusive",
    "recovery_target_lsn",
    "recovery_target_name",
    "recovery_target_time",
    "recovery_target_timeline",
    "recovery_target_xid",
    "restart_after_crash",
    "restore_command",
    "shared_preload_libraries",
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_crl_file",
    "ssl_dh_params_file",
    "ssl_ecdh_curve",
    "ssl_key_file",
    "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload",
    "ssl_prefer_server_ciphers",
    "stats_temp_directory",
    "synchronized_standby_slots",
    "synchronous_standby_names",
    "syslog_facility",
    "syslog_ident",
    "syslog_sequence_numbers",
    "syslog_split_messages",
    "temp_tablespaces",
    "unix_socket_directories",
    "unix_socket_group",
    "unix_socket_permissions",
];

/// What the operator sets where a Cluster says nothing.
const DEFAULTS: [(&str, &str); 23] = [
    ("archive_mode", "on"),
    ("archive_timeout", "5min"),
    ("dynamic_shared_memory_type", "posix"),
    ("full_page_writes", "on"),
    ("log_destination", "csvlog"),
    ("log_directory", "/controller/log"),
    ("log_filename", "postgres"),
    ("log_rotation_age", "0"),
    ("log_rotation_size", "0"),
    ("log_truncate_on_rotation", "false"),
    ("logging_collector", "on"),
    ("max_parallel_workers", "32"),
    ("max_replication_slots", "32"),
    ("max_worker_processes", "32"),
    ("shared_memory_type", "mmap"),
    ("shared_preload_libraries", ""),
    ("ssl_max_protocol_version", "TLSv1.3"),
    ("ssl_min_protocol_version", "TLSv1.3"),
    ("wal_keep_size", "512MB"),
    ("wal_level", "logical"),
    ("wal_log_hints", "on"),
    ("wal_receiver_timeout", "5s"),
    ("wal_sender_timeout", "5s"),
];

/// What the operator sets for a parameter where a Cluster says nothing.
pub fn default(name: &str) -> Option<&'static str> {
    DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Whether the operator refuses a parameter because it sets it itself; the very value that it
/// sets is let through.
pub fn is_refused(name: &str, value: &str) -> bool {
    FIXED.contains(&name) && default(name) != Some(value)
}

/// A size as the operator reads it, which is not quite as PostgreSQL does: a bare number counts
/// megabytes whatever the parameter, every unit must end in `B`, and no sign or second unit is
/// looked for.
pub fn size(text: &str) -> Option<Quantity> {
    let is_integer = |text: &str| text.parse::<i64>().is_ok();
    if is_integer(text) {
        return Quantity::read(&format!("{}Mi", text.trim_start_matches('+')));
    }
    let number = text.strip_suffix('B')?.replace(' ', "");
    if is_integer(&number) {
        return Quantity::read(&number);
    }
    Quantity::read(&[&number, "i"].concat().replace("ki", "Ki"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Option<i64> {
        size(text).map(Quantity::units)
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("256MB"), Some(256 << 20));
        assert_eq!(bytes("256 MB"), Some(256 << 20));
        assert_eq!(bytes("256"), Some(256 << 20));
        assert_eq!(bytes("16384kB"), Some(16 << 20));
        assert_eq!(bytes("1024B"), Some(1024));
        assert_eq!(bytes("1.5GB"), Some(3 << 29));
        for text in ["", "256MBS", "256mb", "25%", "B", "1 G"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn the_operators_own_value_is_let_through() {
        assert!(is_refused("shared_preload_libraries", "pg_stat_statements"));
        assert!(!is_refused("shared_preload_libraries", ""));
        assert!(!is_refused("logging_collector", "on"));
        assert!(is_refused("logging_collector", "true"));
        assert!(!is_refused("huge_pages", "off"));
    }
}
