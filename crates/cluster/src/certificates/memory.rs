//! Self-signed certificates of one process, for a webhook that runs outside of a cluster.

use super::issue::IssueError;
use super::keeper::SelfSigned;
use super::rotation::Certificates;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How often to look whether something is due.
const LOOK: Duration = Duration::from_mins(1);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Nothing could be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The file for the CA cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Makes certificates for `names` that live as long as this process. The CAs that clients must trust
/// are written to `ca_file`; without one nobody can check who answers. Call it in a tokio runtime.
pub fn self_signed_in_memory(names: &[String], ca_file: Option<&Path>) -> Result<SelfSigned, MemoryError> {
    let certificates = Certificates::new(names, SystemTime::now())?;
    let mut own = Own { certificates, names: names.to_owned(), ca_file: ca_file.map(Path::to_owned) };
    own.publish(SystemTime::now())?;
    let (sender, served) = watch::channel(Some(own.certificates.served()));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            sleep(LOOK).await;
            if let Err(error) = own.advance(SystemTime::now()) {
                tracing::error!(%error, "certificates are not renewed");
            }
            let next = Some(own.certificates.served());
            sender.send_if_modified(|served| {
                *served != next && {
                    served.clone_from(&next);
                    true
                }
            });
        }
    });
    Ok(SelfSigned::new(served, tasks))
}

struct Own {
    certificates: Certificates,
    names: Vec<String>,
    ca_file: Option<PathBuf>,
}

impl Own {
    fn advance(&mut self, now: SystemTime) -> Result<(), MemoryError> {
        if self.certificates.advance(&self.names, now)? {
            self.publish(now)?;
        }
        Ok(())
    }

    /// Writes the bundle, whole or not at all: it may be read at any moment.
    fn publish(&mut self, now: SystemTime) -> Result<(), MemoryError> {
        let bundle = self.certificates.bundle();
        if let Some(path) = &self.ca_file {
            let failed = |source| MemoryError::File { path: path.clone(), source };
            let mut scratch = path.clone().into_os_string();
            scratch.push(".new");
            fs::write(&scratch, &bundle).map_err(failed)?;
            fs::rename(&scratch, path).map_err(failed)?;
        }
        self.certificates.saw_trusted(&bundle, now);
        Ok(())
    }
}
