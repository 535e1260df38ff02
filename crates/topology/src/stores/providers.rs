//! Public object stores, by the end of their hosts.

/// Hosts of providers: what ends so is neither in this Kubernetes cluster nor in this house.
/// From the providers' own documentation of their S3 endpoints.
const SUFFIXES: &[&str] = &[
    "aliyuncs.com",
    "amazonaws.com",
    "amazonaws.com.cn",
    "appdomain.cloud",
    "backblazeb2.com",
    "cloud.ovh.net",
    "cloud.ovh.us",
    "cloudflarestorage.com",
    "contabostorage.com",
    "core.windows.net",
    "cubbit.eu",
    "digitaloceanspaces.com",
    "dream.io",
    "e2enetworks.net",
    "exo.io",
    "filebase.com",
    "googleapis.com",
    "idrivee2.com",
    "infomaniak.cloud",
    "ionoscloud.com",
    "linodeobjects.com",
    "myqcloud.com",
    "oraclecloud.com",
    "scw.cloud",
    "storage.cloud.google.com",
    "storjshare.io",
    "synologyc2.net",
    "tebi.io",
    "tigris.dev",
    "t3.storage.dev",
    "upcloudobjects.com",
    "vultrobjects.com",
    "wasabisys.com",
    "your-objectstorage.com",
    "yandexcloud.net",
];

/// Whether a host is one of a public object store.
pub(super) fn is_public(host: &str) -> bool {
    SUFFIXES
        .iter()
        .any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}
