//! The Topology: what CloudNativePG would make of an Inventory.

use crate::index::clients::{Clients, OwnReaders, databases_of};
use crate::index::databases::{CNPG, DatabaseIndex, Databases};
use crate::index::makers::Makers;
use crate::index::mentions::{Mention, mentions};
use crate::index::reach::reaches;
use crate::inventory::{Inventory, ObjectId, Placement};
use crate::operator::release::{self, OperatorRelease};
use crate::stores::archive::Archives;
use crate::stores::site::Served;
use crate::views::{Context, Views};
use jiff::civil::{DateTime, date};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// What a user can say about a repository that the repository itself does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where hosts are, by pattern; the first that matches wins.
    pub sites: Vec<SiteSetting>,
    /// Stores that something outside of the repository copies elsewhere.
    pub mirrors: Vec<MirrorSetting>,
    /// The version of CloudNativePG: `1.30` or `1.30.0`; `None`: as the repository says.
    pub operator_version: Option<String>,
    /// From when schedules are told, in UTC.
    pub now: DateTime,
}

impl Default for Settings {
    /// Nothing said; the time is a fixed one.
    fn default() -> Self {
        let now = date(2026, 1, 1).at(0, 0, 0, 0);
        Self { sites: Vec::new(), mirrors: Vec::new(), operator_version: None, now }
    }
}

/// A store that is copied elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorSetting {
    /// The store's host, with `*`; `None`: any.
    pub host: Option<String>,
    /// The store's `destinationPath`, with `*`; `None`: any.
    pub destination: Option<String>,
    /// Where the copy is: `cluster`, `local` or `offsite`.
    pub site: String,
    /// What makes it.
    pub by: String,
}

/// Where the hosts of a pattern are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSetting {
    /// A host name in which `*` stands for any text: `*.nas.example.org`.
    pub hosts: String,
    /// `cluster`, `local` or `offsite`.
    pub site: String,
}

/// What CloudNativePG would make of an [`Inventory`]: built once a run, indices made when a
/// rule first asks for them.
#[derive(Debug)]
pub struct Topology<'i> {
    pub(crate) inventory: &'i Inventory,
    settings: Settings,
    databases: OnceLock<Databases>,
    makers: OnceLock<Makers>,
    own_readers: OnceLock<OwnReaders>,
    clients: OnceLock<Clients>,
    operator: OnceLock<Option<OperatorRelease>>,
    pub(crate) served: OnceLock<Served>,
    pub(crate) archives: OnceLock<Archives>,
    /// By object.
    mentions: OnceLock<Box<[OnceLock<Vec<Mention>>]>>,
}

impl<'i> Topology<'i> {
    /// Of these objects.
    pub fn new(inventory: &'i Inventory, settings: Settings) -> Self {
        Self {
            inventory,
            settings,
            databases: OnceLock::new(),
            makers: OnceLock::new(),
            own_readers: OnceLock::new(),
            clients: OnceLock::new(),
            operator: OnceLock::new(),
            served: OnceLock::new(),
            archives: OnceLock::new(),
            mentions: OnceLock::new(),
        }
    }

    /// What the user said.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The release of CloudNativePG that runs: as the user says, else as the repository does.
    pub(crate) fn operator(&self) -> Option<&OperatorRelease> {
        let said = || {
            let version = self.settings.operator_version.clone()?;
            Some(OperatorRelease { version, told_by: "the configuration".to_owned() })
        };
        self.operator.get_or_init(|| said().or_else(|| release::find(self.inventory))).as_ref()
    }

    /// Its minor part: 30.
    pub(crate) fn operator_minor(&self) -> Option<i64> {
        let (_, minor) = release::minor(&self.operator()?.version)?;
        Some(minor.into())
    }

    /// What rules can read about an object as it is placed there. An object that nothing
    /// deploys is judged at a placement that the caller makes up.
    pub fn views<'t>(&'t self, object: ObjectId, placement: &'t Placement) -> Views<'t> {
        Views::new(Context { topology: self, object, placement })
    }

    pub(crate) fn databases(&self) -> &Databases {
        self.databases.get_or_init(|| Databases::new(self.inventory))
    }

    pub(crate) fn makers(&self) -> &Makers {
        self.makers.get_or_init(|| Makers::new(self.inventory))
    }

    fn own_readers(&self) -> &OwnReaders {
        self.own_readers.get_or_init(|| OwnReaders::new(self))
    }

    pub(crate) fn clients(&self) -> &Clients {
        self.clients.get_or_init(|| Clients::new(self, self.own_readers()))
    }

    /// Where an object speaks of databases.
    pub(crate) fn mentions(&self, id: ObjectId) -> &[Mention] {
        let all = self.mentions.get_or_init(|| self.inventory.objects().map(|_| OnceLock::new()).collect());
        let (Some(cell), Some(object)) = (all.get(id.0 as usize), self.inventory.object(id)) else {
            return &[];
        };
        cell.get_or_init(|| mentions(&object.manifest.node, self.databases()))
    }

    /// The databases that an object is a client of.
    pub(crate) fn databases_of(&self, id: ObjectId, placement: &Placement) -> BTreeSet<DatabaseIndex> {
        let object = self.inventory.object(id);
        object.map(|object| databases_of(self, self.own_readers(), id, object, placement)).unwrap_or_default()
    }

    /// Whether an object is CloudNativePG's own.
    pub(crate) fn is_own(&self, id: ObjectId) -> bool {
        self.inventory.object(id).is_some_and(|object| object.manifest.group() == Some(CNPG))
    }

    /// The database that a Cluster is, or that a role is in, as seen from `at`.
    pub(crate) fn databases_behind(&self, id: ObjectId, at: &Placement) -> Vec<DatabaseIndex> {
        let Some(object) = self.inventory.object(id) else { return Vec::new() };
        let cluster = object.manifest.node.at(&["spec", "cluster", "name"]).and_then(|name| name.raw_text());
        let databases = self.databases().all.iter().enumerate().filter(|(_, database)| !database.is_pooler);
        let behind = databases.filter(|(_, database)| match cluster {
            Some(cluster) => database.name == cluster && reaches(at, &database.placement),
            None => database.object == id && reaches(at, &database.placement),
        });
        behind.map(|(index, _)| index).collect()
    }
}
