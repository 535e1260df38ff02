//! The CAs and the served certificate over time: what to do next, and nothing but that.
//!
//! Pure: the time is an argument, and whoever calls stores what came out before using it.

use super::issue::{self, IssueError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: Duration = Duration::from_hours(24);
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(400);
const LEAF_LIFE: Duration = DAY.saturating_mul(90);
/// A CA with less time than this is replaced: time for a whole leaf, and a month in which replacing
/// it may fail.
const AUTHORITY_REST: Duration = DAY.saturating_mul(120);
/// How long after a CA was seen in the bundle it signs: every API server has read it by then.
const SETTLE: Duration = Duration::from_mins(10);

/// Seconds since 1970, as they are stored.
type Seconds = u64;

/// The CAs and the certificate that is served. Serialized it is what replicas share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificates {
    /// The oldest first.
    authorities: Vec<Authority>,
    leaf: Leaf,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Authority {
    name: String,
    certificate: String,
    key: String,
    not_after: Seconds,
    /// When it was first seen where clients look for it.
    trusted_since: Option<Seconds>,
    /// When the last certificate that it signed expires: until then some replica may serve it.
    needed_until: Seconds,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Leaf {
    certificate: String,
    key: String,
    authority: String,
    names: Vec<String>,
    made: Seconds,
    not_after: Seconds,
}

/// What a server presents, as PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Served {
    /// The certificate, then what is between it and a CA of the bundle.
    pub chain: String,
    /// The private key.
    pub key: String,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authorities: Vec<_> = self.authorities.iter().map(|authority| &authority.name).collect();
        f.debug_struct("Certificates")
            .field("authorities", &authorities)
            .field("signed_by", &self.leaf.authority)
            .field("names", &self.leaf.names)
            .finish_non_exhaustive()
    }
}

impl Certificates {
    /// The first CA and what it signs for `names`. Nobody trusts an older one, so both begin at once.
    pub fn new(names: &[String], now: SystemTime) -> Result<Self, IssueError> {
        let mut authority = Authority::new(now)?;
        let leaf = authority.sign(names, now)?;
        Ok(Self { authorities: vec![authority], leaf })
    }

    /// Does what is due at `now`: a new CA, a new leaf, an old CA dropped. False where nothing is.
    pub fn advance(&mut self, names: &[String], now: SystemTime) -> Result<bool, IssueError> {
        let before = (self.authorities.len(), self.leaf.clone());
        let now_seconds = seconds(now);
        let newest = self.authorities.last();
        if newest.is_none_or(|newest| newest.not_after < now_seconds + AUTHORITY_REST.as_secs()) {
            self.authorities.push(Authority::new(now)?);
        }
        let signer = self.signer(now_seconds);
        if let Some(signer) = self.authorities.get_mut(signer)
            && self.leaf.is_due(&signer.name, names, now_seconds)
        {
            self.leaf = signer.sign(names, now)?;
        }
        // From the CA that signs on all stay: the newer ones are about to.
        let mut index = 0;
        self.authorities.retain(|authority| {
            index += 1;
            index > signer || authority.needed_until > now_seconds
        });
        Ok(before != (self.authorities.len(), self.leaf.clone()))
    }

    /// The index of the CA that signs: the newest that has settled; else the one that signed last,
    /// while it is valid; else the newest, because nothing that is served is trusted anyway.
    fn signer(&self, now: Seconds) -> usize {
        let settled = |authority: &Authority| {
            authority.trusted_since.is_some_and(|since| since + SETTLE.as_secs() <= now)
                && authority.not_after > now
        };
        let last = |authority: &Authority| authority.name == self.leaf.authority && authority.not_after > now;
        let authorities = &self.authorities;
        authorities
            .iter()
            .rposition(settled)
            .or_else(|| authorities.iter().rposition(last))
            .unwrap_or(authorities.len().saturating_sub(1))
    }

    /// Notes that `bundle` was read at `now` where clients read the CAs they trust. True where this
    /// is news about one of them.
    pub fn saw_trusted(&mut self, bundle: &str, now: SystemTime) -> bool {
        let mut news = false;
        for authority in &mut self.authorities {
            if authority.trusted_since.is_none() && bundle.contains(authority.certificate.trim()) {
                authority.trusted_since = Some(seconds(now));
                news = true;
            }
        }
        news
    }

    /// The CAs that clients must trust, as PEM.
    pub fn bundle(&self) -> String {
        self.authorities.iter().map(|authority| authority.certificate.as_str()).collect()
    }

    /// What to serve.
    pub fn served(&self) -> Served {
        Served { chain: self.leaf.certificate.clone(), key: self.leaf.key.clone() }
    }
}

impl Authority {
    fn new(now: SystemTime) -> Result<Self, IssueError> {
        let until = now + AUTHORITY_LIFE;
        // Each has a name of its own, so that a client finds the right one in the bundle.
        let name = format!("cnpg-lint CA {}", seconds(now));
        let pair = issue::authority(&name, now, until)?;
        Ok(Self {
            name,
            certificate: pair.certificate,
            key: pair.key,
            not_after: seconds(until),
            trusted_since: None,
            needed_until: 0,
        })
    }

    fn sign(&mut self, names: &[String], now: SystemTime) -> Result<Leaf, IssueError> {
        let until = (now + LEAF_LIFE).min(UNIX_EPOCH + Duration::from_secs(self.not_after));
        let pair = issue::leaf(names, &self.name, &self.key, now, until)?;
        self.needed_until = self.needed_until.max(seconds(until));
        Ok(Leaf {
            certificate: pair.certificate,
            key: pair.key,
            authority: self.name.clone(),
            names: names.to_owned(),
            made: seconds(now),
            not_after: seconds(until),
        })
    }
}

impl Leaf {
    /// Whether a new one is to be made: another CA, other names, or two thirds of its life are over.
    fn is_due(&self, signer: &str, names: &[String], now: Seconds) -> bool {
        let life = self.not_after.saturating_sub(self.made);
        self.authority != signer || self.names != names || now >= self.made.saturating_add(life / 3 * 2)
    }
}

fn seconds(time: SystemTime) -> Seconds {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
