//! Why Git cannot tell what is asked for.

/// Why Git cannot tell what is asked for; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Neither the directory nor one above has `.git`.
    #[error("{directory} is not in a Git checkout")]
    NoRepository {
        /// As the user named it.
        directory: String,
    },
    /// The revision is not known here.
    #[error("Git knows no commit `{revision}`{}", near.as_ref().map_or_else(|| shallow(*.is_shallow).to_owned(), |near| format!(": do you mean `{near}`?")))]
    Unknown {
        /// As the user wrote it.
        revision: String,
        /// A branch of a remote that is called so.
        near: Option<String>,
        /// Whether the clone lacks old commits.
        is_shallow: bool,
    },
    /// The revision names several commits.
    #[error("`{revision}` names several commits; name one, such as `origin/main`")]
    Several {
        /// As the user wrote it.
        revision: String,
    },
    /// The two have no commit in common.
    #[error(
        "`{revision}` and HEAD have no commit in common{}",
        if *.is_shallow { shallow(true) } else { "; `REF..` compares with that very commit" }
    )]
    NoMergeBase {
        /// As the user wrote it.
        revision: String,
        /// Whether the clone lacks old commits.
        is_shallow: bool,
    },
    /// There is no commit yet.
    #[error("HEAD names a branch without a commit: there is nothing to compare with")]
    Unborn,
    /// Nothing says what a change is measured from.
    #[error("no branch of a remote is known here to compare with: say one with `--base`, such as `--base origin/main`{}", shallow(*.is_shallow))]
    NoDefault {
        /// Whether the clone lacks old commits.
        is_shallow: bool,
    },
    /// The repository cannot be read.
    #[error("the Git repository cannot be read: {0}")]
    Unreadable(String),
}

/// What helps where commits are missing.
fn shallow(is_shallow: bool) -> &'static str {
    if is_shallow {
        ": this is a shallow clone, fetch the history too (`git fetch --unshallow`; for actions/checkout `fetch-depth: 0`)"
    } else {
        ""
    }
}

impl GitError {
    /// What the library says, without a chain of causes.
    pub(super) fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::Unreadable(error.to_string())
    }

    /// `none` where there is no repository, else what is wrong with it.
    pub(super) fn of_opening(error: &gix::Error, none: Self) -> Self {
        if error.classify().is_not_found() { none } else { Self::unreadable(error) }
    }
}
