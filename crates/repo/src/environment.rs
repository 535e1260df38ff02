//! The environments of a checkout as they are found, and which files each brings in.

use crate::hash::FastSet;
use crate::kinds;
use crate::library::Text;
use crate::patch::Applied;
use crate::placing::{Placing, Placings};
use crate::tree::FileId;
use manifest::Manifest;
use std::collections::BTreeSet;
use topology::{Environment, EnvironmentId, EnvironmentKind, Namespace, Placement};

/// What is deployed, and how.
#[derive(Debug, Default)]
pub(crate) struct Deployment {
    /// The environments.
    pub(crate) environments: Vec<Environment>,
    /// Which files they bring in.
    pub(crate) placings: Placings,
    /// The patches that change what is brought in.
    pub(crate) patches: Vec<Applied>,
    /// The directories of environments, as paths of the checkout.
    directories: Vec<(EnvironmentId, String)>,
    /// The directories that Argo CD deploys, and the namespace of what names none there.
    pub(crate) destinations: Vec<(String, Namespace)>,
    /// The directories that roots deploy.
    pub(crate) roots: FastSet<String>,
    included: FastSet<FileId>,
}

impl Deployment {
    /// A new environment.
    pub(crate) fn environment(&mut self, environment: Environment) -> EnvironmentId {
        let id = EnvironmentId(u32::try_from(self.environments.len()).unwrap_or(u32::MAX));
        self.environments.push(environment);
        id
    }

    /// Notes one way in which a file is brought in.
    pub(crate) fn place(&mut self, file: FileId, placing: Placing) {
        let placings = self.placings.entry(file).or_default();
        if !placings.contains(&placing) {
            placings.push(placing);
        }
    }

    /// Whether anything brings that file in.
    pub(crate) fn is_deployed(&self, file: FileId) -> bool {
        self.placings.contains_key(&file)
    }

    /// Where an object of a file goes, sorted, each place once.
    pub(crate) fn placements(&self, file: FileId, manifest: &Manifest) -> Vec<Placement> {
        let mut placements: Vec<Placement> = Vec::new();
        for placing in self.placings.get(&file).into_iter().flatten() {
            let placement = placing.placement(manifest);
            let same = |other: &Placement| {
                other.environment == placement.environment
                    && other.namespace.name() == placement.namespace.name()
            };
            if !placements.iter().any(same) {
                placements.push(placement);
            }
        }
        let key =
            |placement: &Placement| (placement.environment, placement.namespace.name().map(str::to_owned));
        placements.sort_by_key(key);
        placements
    }

    /// The namespaces that hold judged objects, each once.
    pub(crate) fn databases(&self, texts: &[Text]) -> Vec<Namespace> {
        let mut databases: Vec<Namespace> = texts
            .iter()
            .flat_map(|text| text.objects().map(|manifest| (text.file, manifest)))
            .filter(|(_, manifest)| kinds::is_judged(manifest))
            .flat_map(|(file, manifest)| self.placements(file, manifest))
            .map(|placement| placement.namespace)
            .filter(|namespace| *namespace != Namespace::ClusterScoped)
            .collect();
        databases.sort_by(|one, two| one.name().cmp(&two.name()));
        databases.dedup_by(|one, two| one.name() == two.name());
        databases
    }

    /// Whether a root brings that file in as it is, not as a patch.
    pub(crate) fn is_resource(&self, file: FileId) -> bool {
        let directory = |placing: &Placing| {
            let environment = self.environments.get(placing.environment.0 as usize);
            environment.is_none_or(|environment| environment.kind == EnvironmentKind::Directory)
        };
        self.placings.get(&file).is_some_and(|all| all.iter().any(|one| !one.patch && !directory(one)))
    }

    /// Brings files in as they lie there.
    pub(crate) fn place_all(&mut self, environment: EnvironmentId, files: &[FileId]) {
        for file in files {
            self.place(*file, Placing { environment, over: None, fallback: None, patch: false });
        }
    }

    /// Notes a directory of the checkout that an environment deploys.
    pub(crate) fn deploys(&mut self, environment: EnvironmentId, directory: &str) {
        self.directories.push((environment, directory.to_owned()));
    }

    /// The directories of the environments that bring one of these files in.
    pub(crate) fn directories_of(&self, files: &[FileId]) -> impl Iterator<Item = &str> {
        let placings = files.iter().filter_map(|file| self.placings.get(file)).flatten();
        let environments: BTreeSet<EnvironmentId> = placings.map(|placing| placing.environment).collect();
        let of_these = self.directories.iter().filter(move |(one, _)| environments.contains(one));
        of_these.map(|(_, directory)| directory.as_str())
    }

    /// Notes that a kustomization is a part of some environment.
    pub(crate) fn included(&mut self, kustomization: FileId) {
        self.included.insert(kustomization);
    }

    /// Whether a kustomization is a part of some environment.
    pub(crate) fn is_included(&self, kustomization: FileId) -> bool {
        self.included.contains(&kustomization)
    }
}
