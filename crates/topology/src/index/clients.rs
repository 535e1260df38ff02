//! Who uses which database, and who reads which Secret of one.

use crate::index::databases::{CNPG, DatabaseIndex, Via};
use crate::index::helm::workplace;
use crate::index::makers::Reaches;
use crate::index::reach::means;
use crate::index::uses::{ROLE_PASSWORD, Used, named_secrets, uses};
use crate::inventory::{Object, ObjectId, Placement, Wholeness};
use crate::topology::Topology;
use crate::view::Place;
use crate::views::WORKLOADS;
use std::collections::{BTreeSet, HashMap};

/// Why a client of a database reads a Secret, where nothing says more.
pub(crate) const CLIENT: &str = "client";

/// Why a release of a chart does that takes its values from there: they can be anything.
const CHART_VALUES: &str = "chart's values";

/// Something that reads a Secret or `ConfigMap`.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) object: ObjectId,
    pub(crate) placement: Placement,
    /// What it reads it as.
    pub(crate) why: &'static str,
    pub(crate) place: Place,
}

/// A workload that uses databases.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) object: ObjectId,
    pub(crate) databases: BTreeSet<DatabaseIndex>,
}

/// Secrets by name, and who reads them: CloudNativePG objects first, then clients.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    pub(crate) all: Vec<Client>,
    secrets: HashMap<String, Vec<Reader>>,
    config_maps: HashMap<String, Vec<Reader>>,
}

impl Clients {
    pub(crate) fn new(topology: &Topology<'_>, own: &OwnReaders) -> Self {
        let mut clients = Self { secrets: own.0.clone(), ..Self::default() };
        for kind in WORKLOADS {
            for (id, object) in topology.inventory.of_kind(kind) {
                clients.add(topology, own, id, object);
            }
        }
        clients
    }

    /// Who reads the Secret of that name beside what is placed at `at`.
    pub(crate) fn readers<'c>(
        &'c self,
        secret: &'c str,
        at: &'c Placement,
    ) -> impl Iterator<Item = &'c Reader> {
        read(&self.secrets, secret, at)
    }

    /// Who reads the Secret of that name anywhere.
    pub(crate) fn readers_anywhere(&self, secret: &str) -> &[Reader] {
        self.secrets.get(secret).map(Vec::as_slice).unwrap_or_default()
    }

    /// Which clients read the `ConfigMap` of that name beside what is placed at `at`.
    pub(crate) fn config_map_readers<'c>(
        &'c self,
        config_map: &'c str,
        at: &'c Placement,
    ) -> impl Iterator<Item = &'c Reader> {
        read(&self.config_maps, config_map, at)
    }

    fn add(&mut self, topology: &Topology<'_>, own: &OwnReaders, id: ObjectId, object: &Object) {
        if object.wholeness != Wholeness::Whole {
            return;
        }
        for placement in &object.placements {
            let databases = databases_of(topology, own, id, object, placement);
            if databases.is_empty() {
                continue;
            }
            for used in uses(&object.manifest.node) {
                let readers = match used.what {
                    Used::Secret => &mut self.secrets,
                    Used::ConfigMap => &mut self.config_maps,
                };
                let placement = workplace(object, placement).into_owned();
                let why = if used.place.pointer.contains("/valuesFrom/") { CHART_VALUES } else { CLIENT };
                let reader = Reader { object: id, placement, why, place: used.place };
                readers.entry(used.name).or_default().push(reader);
            }
            self.all.push(Client { object: id, databases });
        }
    }
}

fn read<'c>(
    readers: &'c HashMap<String, Vec<Reader>>,
    name: &'c str,
    at: &'c Placement,
) -> impl Iterator<Item = &'c Reader> {
    let readers = readers.get(name).map(Vec::as_slice).unwrap_or_default();
    readers.iter().filter(|reader| means(&reader.placement, name, at))
}

/// Which Secrets deployed CloudNativePG objects name.
#[derive(Debug, Default)]
pub(crate) struct OwnReaders(HashMap<String, Vec<Reader>>);

impl OwnReaders {
    pub(crate) fn new(topology: &Topology<'_>) -> Self {
        let mut readers = Self::default();
        for (group, kind) in OWN_KINDS {
            for (id, object) in topology.inventory.of_kind(kind) {
                if object.manifest.group() != Some(group) || object.wholeness != Wholeness::Whole {
                    continue;
                }
                for (used, why) in named_secrets(kind, &object.manifest.node) {
                    let list = readers.0.entry(used.name).or_default();
                    list.extend(object.placements.iter().map(|placement| Reader {
                        object: id,
                        placement: placement.clone(),
                        why,
                        place: used.place.clone(),
                    }));
                }
            }
        }
        readers
    }

    /// The objects beside `at` that give a role the password in that Secret.
    fn roles<'r>(&'r self, secret: &'r str, at: &'r Placement) -> impl Iterator<Item = ObjectId> {
        read(&self.0, secret, at).filter(|reader| reader.why == ROLE_PASSWORD).map(|reader| reader.object)
    }
}

const OWN_KINDS: [(&str, &str); 4] =
    [(CNPG, "Cluster"), (CNPG, "Pooler"), (CNPG, "DatabaseRole"), ("barmancloud.cnpg.io", "ObjectStore")];

/// The databases that an object is a client of: it names a host of one or a Secret with its
/// credentials, or a Secret or `ConfigMap` that does.
pub(crate) fn databases_of(
    topology: &Topology<'_>,
    own: &OwnReaders,
    id: ObjectId,
    object: &Object,
    placement: &Placement,
) -> BTreeSet<DatabaseIndex> {
    if topology.databases().all.is_empty() {
        return BTreeSet::new();
    }
    let seeker = Seeker { topology, own, at: &workplace(object, placement) };
    let mut found: BTreeSet<_> = seeker.named_by(id, |via| via != Via::Label).collect();
    if object.manifest.kind() != Some("ConfigMap") {
        for used in uses(&object.manifest.node) {
            match used.what {
                Used::Secret => seeker.behind_secret(&used.name, &mut found),
                Used::ConfigMap => seeker.behind_config_map(&used.name, &mut found),
            }
        }
    }
    found
}

/// Whether it is a host.
fn is_host(via: Via) -> bool {
    matches!(via, Via::Service | Via::Pod)
}

/// Looks for databases from where a client is.
struct Seeker<'s> {
    topology: &'s Topology<'s>,
    own: &'s OwnReaders,
    at: &'s Placement,
}

impl Seeker<'_> {
    /// The databases that an object names in one of some ways.
    fn named_by(&self, id: ObjectId, counts: impl Fn(Via) -> bool) -> impl Iterator<Item = DatabaseIndex> {
        let databases = self.topology.databases();
        let mentions = self.topology.mentions(id).iter();
        mentions.filter(move |it| counts(it.via) && it.means(databases, self.at)).map(|it| it.database)
    }

    /// Those whose hosts stand in what makes a Secret, or whose role it is the password of.
    fn behind_secret(&self, name: &str, found: &mut BTreeSet<DatabaseIndex>) {
        let makers = self.topology.makers().of(name).iter();
        let sure = makers.filter(|maker| maker.reaches(name, self.at) == Reaches::Surely);
        for maker in sure.filter_map(|maker| maker.object).filter(|maker| !self.topology.is_own(*maker)) {
            found.extend(self.named_by(maker, is_host));
        }
        for role in self.own.roles(name, self.at) {
            found.extend(self.topology.databases_behind(role, self.at));
        }
    }

    /// Those whose hosts stand in a `ConfigMap`.
    fn behind_config_map(&self, name: &str, found: &mut BTreeSet<DatabaseIndex>) {
        let maps = self.topology.inventory.named("", "ConfigMap", name);
        for map in maps.iter().filter(|map| means(self.at, name, map.placement)) {
            found.extend(self.named_by(map.id, is_host));
        }
    }
}
