//! Files of certificates, looked at by content: a kubelet changes a volume by renaming a symbolic link above
//! the files, which a watch on the files themselves sees once and never again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use thiserror::Error;

use super::clients::{AuthorityError, Clients};
use super::store::{CertStore, CertificateError};

/// What a look at files found.
#[derive(Debug)]
pub(crate) enum Polled {
    /// What is in use already, or what was refused before and still is.
    Unchanged,
    /// Something new, and it is in use now.
    Taken,
    /// Something new that cannot be used; what was in use stays.
    Refused(String),
}

/// Why a server does not start with the files that it is given.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FileError {
    #[error("cannot read {}: {source}", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot serve {}: {source}", .path.display())]
    Certificate { path: PathBuf, source: CertificateError },
    #[error("cannot use the authorities in {}: {source}", .path.display())]
    Authorities { path: PathBuf, source: AuthorityError },
}

/// A certificate and its key.
#[derive(Debug)]
pub(crate) struct Pair {
    files: Files<2>,
    store: CertStore,
}

/// The authorities of client certificates.
#[derive(Debug)]
pub(crate) struct Authorities {
    files: Files<1>,
    clients: Arc<Clients>,
}

/// Files that belong together, and what they held when they were last looked at.
#[derive(Debug)]
struct Files<const N: usize> {
    paths: [PathBuf; N],
    seen: Option<Result<[Vec<u8>; N], String>>,
    taken: bool,
}

impl Pair {
    /// Reads the pair for the first time. One that is out of date is no error: it may be renewed.
    pub(crate) fn read(certificate: &Path, key: &Path, store: CertStore) -> Result<Self, FileError> {
        let (chain, secret) = (read(certificate)?, read(key)?);
        let taken = match store.swap(&chain, &secret) {
            Ok(_) => true,
            Err(error) if error.is_date() => false,
            Err(source) => return Err(FileError::Certificate { path: certificate.into(), source }),
        };
        let files = Files { paths: [certificate.into(), key.into()], seen: Some(Ok([chain, secret])), taken };
        Ok(Self { files, store })
    }

    pub(crate) fn poll(&mut self) -> Polled {
        let store = &self.store;
        self.files.poll(|[chain, key]| store.swap(chain, key).map(drop).map_err(|error| error.to_string()))
    }
}

impl Authorities {
    /// Reads the authorities for the first time.
    pub(crate) fn read(path: &Path, names: Vec<String>) -> Result<Self, FileError> {
        let pem = read(path)?;
        let clients = Clients::new(&pem, names)
            .map_err(|source| FileError::Authorities { path: path.into(), source })?;
        let files = Files { paths: [path.into()], seen: Some(Ok([pem])), taken: true };
        Ok(Self { files, clients: Arc::new(clients) })
    }

    pub(crate) fn clients(&self) -> Arc<Clients> {
        Arc::clone(&self.clients)
    }

    pub(crate) fn poll(&mut self) -> Polled {
        let clients = &self.clients;
        self.files.poll(|[pem]| clients.swap(pem).map_err(|error| error.to_string()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read { path: path.into(), source })
}

impl<const N: usize> Files<N> {
    /// Reads the files; gives what is new in them to `take`. What was refused is tried again each time, because
    /// a certificate can become valid with time, but told once.
    fn poll(&mut self, take: impl FnOnce(&[Vec<u8>; N]) -> Result<(), String>) -> Polled {
        let found = self.contents();
        let changed = self.seen.as_ref() != Some(&found);
        if !changed && self.taken {
            return Polled::Unchanged;
        }
        let result = found.as_ref().map_err(Clone::clone).and_then(take);
        self.seen = Some(found);
        self.taken = result.is_ok();
        match result {
            Ok(()) => Polled::Taken,
            Err(error) if changed => Polled::Refused(error),
            Err(_) => Polled::Unchanged,
        }
    }

    fn contents(&self) -> Result<[Vec<u8>; N], String> {
        let mut contents = [const { Vec::new() }; N];
        for (content, path) in contents.iter_mut().zip(&self.paths) {
            *content = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(contents)
    }
}
