//! What can go wrong between us and the API server, by what is to be done about it.

use crate::WatchedKind;
use std::error::Error;

/// Why a request for a kind came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The API server has no such resource: its CRD is not installed.
    NotServed,
    /// Our account may not do this.
    Forbidden { verb: &'static str },
    /// The resource version or the place in the list is too old: only a fresh list helps.
    Expired,
    /// Anything that may be better in a moment.
    Lost(String),
}

impl Failure {
    /// What the answer `error` to a request with `verb` means.
    pub(super) fn of(verb: &'static str, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_code(verb, status.code, &status.reason),
            error => Self::Lost(format!("the API server cannot be reached: {}", innermost(error))),
        }
    }

    /// What an answer with HTTP status `code` means.
    pub(super) fn of_code(verb: &'static str, code: u16, reason: &str) -> Self {
        match code {
            403 => Self::Forbidden { verb },
            404 => Self::NotServed,
            410 => Self::Expired,
            _ => Self::Lost(format!("the API server answered {code} {reason}").trim_end().to_owned()),
        }
    }

    /// A connection that broke while something was read.
    pub(super) fn broken(error: &(dyn Error + 'static)) -> Self {
        Self::Lost(format!("the connection to the API server broke: {}", innermost(error)))
    }

    /// An answer that cannot be what the API server meant to say.
    pub(super) fn unreadable(error: &dyn Error) -> Self {
        Self::Lost(format!("the answer of the API server cannot be read: {error}"))
    }

    /// No answer in time.
    pub(super) fn silent() -> Self {
        Self::Lost("the API server does not answer".to_owned())
    }

    /// For people: why nothing is known of `kind`.
    pub(super) fn reason(&self, kind: &WatchedKind) -> String {
        match self {
            Self::NotServed => {
                let versions = kind.versions.join(" or ");
                format!("the API server does not serve {} {}", kind.api_version(&versions), kind.kind)
            }
            Self::Forbidden { verb } => format!("not permitted to {verb} {kind}"),
            Self::Expired => "lists expire before they are whole".to_owned(),
            Self::Lost(cause) => cause.clone(),
        }
    }
}

/// The cause at the bottom says most: those above are the layers of a client.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
