//! Which commit a revision names.

use super::{Commit, Git, GitError};
use gix::ObjectId;

/// Branches that a change is commonly measured from: where the remote says which is its default one, that.
const DEFAULTS: [&str; 3] = ["origin/HEAD", "origin/main", "origin/master"];

impl Git {
    /// The commit to compare with: of `REF` or `REF...` the last that it has in common with HEAD, so that what
    /// others did since does not count; of `REF..` that very commit.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let exact = revision.strip_suffix("..").filter(|rest| !rest.ends_with('.'));
        let name = exact.or_else(|| revision.strip_suffix("...")).unwrap_or(revision);
        let id = self.parse(name)?;
        let id = if exact.is_some() { id } else { self.merge_base(name, id)? };
        Ok(Commit { id, name: name.to_owned() })
    }

    /// The commit to compare with where the user names none: that of the remote's default branch.
    pub fn default_commit(&self) -> Result<Commit, GitError> {
        let known = DEFAULTS.into_iter().find(|name| self.parse(name).is_ok());
        let name = known.ok_or_else(|| GitError::NoDefault { is_shallow: self.is_shallow() })?;
        self.commit(name)
    }

    /// The last commit.
    pub fn head(&self) -> Result<Commit, GitError> {
        Ok(Commit { id: self.head_id()?, name: "HEAD".to_owned() })
    }

    fn head_id(&self) -> Result<ObjectId, GitError> {
        let head = self.repository.head().map_err(GitError::unreadable)?;
        head.id().map(gix::Id::detach).ok_or(GitError::Unborn)
    }

    fn parse(&self, name: &str) -> Result<ObjectId, GitError> {
        let unknown = || GitError::Unknown {
            revision: name.to_owned(),
            near: Some(format!("origin/{name}"))
                .filter(|near| self.repository.rev_parse_single(near.as_str()).is_ok()),
            is_shallow: self.is_shallow(),
        };
        if name == "HEAD" {
            return self.head_id();
        }
        let spec = self.repository.rev_parse(name).map_err(|_| unknown())?;
        let id = spec.single().ok_or_else(|| GitError::Several { revision: name.to_owned() })?;
        let object = id.object().map_err(|_| unknown())?;
        Ok(object.peel_to_commit().map_err(|_| unknown())?.id)
    }

    fn merge_base(&self, name: &str, id: ObjectId) -> Result<ObjectId, GitError> {
        let head = self.head_id()?;
        if id == head {
            return Ok(id);
        }
        let none = || GitError::NoMergeBase { revision: name.to_owned(), is_shallow: self.is_shallow() };
        let found = self.repository.merge_base(id, head).map_err(GitError::unreadable);
        match found {
            Ok(found) => found.map(gix::Id::detach).ok_or_else(none),
            // Where the history ends too early, a parent cannot be read.
            Err(_) if self.is_shallow() => Err(none()),
            Err(error) => Err(error),
        }
    }

    fn is_shallow(&self) -> bool {
        self.repository.is_shallow().unwrap_or(false)
    }
}
