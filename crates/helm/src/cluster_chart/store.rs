//! An object store as the chart describes it to Barman, and the Secret with its credentials.

use super::{Chart, Fields};
use crate::scalar::{Piece, Truth, join};
use crate::values::Given;
use manifest::Node;

/// A block of values that describes a store.
#[derive(Debug, Clone, Copy)]
pub(super) struct Store {
    /// Where it stands in the values.
    pub(super) path: &'static [&'static str],
    /// What its Secret is called after.
    pub(super) prefix: &'static str,
}

/// A key of the Secret: as the store refers to it, as the Secret has it, as the values have it.
type Key = (&'static str, &'static str, &'static str);

const S3: &[Key] =
    &[("accessKeyId", "ACCESS_KEY_ID", "accessKey"), ("secretAccessKey", "ACCESS_SECRET_KEY", "secretKey")];

const GOOGLE: &[Key] = &[("applicationCredentials", "APPLICATION_CREDENTIALS", "applicationCredentials")];

const AZURE_CONNECTION: &[Key] = &[("connectionString", "AZURE_CONNECTION_STRING", "connectionString")];

const AZURE_KEY: &[Key] = &[
    ("storageAccount", "AZURE_STORAGE_ACCOUNT", "storageAccount"),
    ("storageKey", "AZURE_STORAGE_KEY", "storageKey"),
];

const AZURE_TOKEN: &[Key] = &[
    ("storageAccount", "AZURE_STORAGE_ACCOUNT", "storageAccount"),
    ("storageSasToken", "AZURE_STORAGE_SAS_TOKEN", "storageSasToken"),
];

/// How a store is signed in to.
enum Access {
    /// With keys of a Secret.
    Keys(&'static [Key]),
    /// By a switch, without a Secret.
    Inherited(&'static str),
}

impl Store {
    fn at(self, tail: &[&'static str]) -> Vec<&'static str> {
        [self.path, tail].concat()
    }
}

impl Chart<'_> {
    /// Adds what describes the store to a map.
    pub(super) fn store(&self, store: Store, fields: &mut Fields) {
        fields.put("endpointURL", self.some(&store.at(&["endpointURL"])));
        self.endpoint_ca(store, fields);
        fields.put("destinationPath", self.some(&store.at(&["destinationPath"])));
        let Some(provider) = self.str(&store.at(&["provider"])) else {
            fields.open(self.reason());
            return;
        };
        match provider.as_str() {
            "s3" => self.s3(store, fields),
            "azure" => self.azure(store, fields),
            "google" => self.google(store, fields),
            _ => {}
        }
    }

    fn endpoint_ca(&self, store: Store, fields: &mut Fields) {
        let path = store.at(&["endpointCA"]);
        let named = self.some(&store.at(&["endpointCA", "name"]));
        let created = self.truth(&store.at(&["endpointCA", "create"]));
        // Releases differ in the name of a bundle that the chart makes.
        if created != Truth::No || named.is_some() && self.version.since(2) != Some(true) {
            fields.node("endpointCA", self.unknown(self.values.origin(&path)));
        } else if named.is_some() {
            let mut bundle = self.fields(&path);
            bundle.put("name", named);
            bundle.put("key", self.some(&store.at(&["endpointCA", "key"])));
            fields.map("endpointCA", bundle);
        }
    }

    fn s3(&self, store: Store, fields: &mut Fields) {
        if self.some(&store.at(&["endpointURL"])).is_none() {
            let region = self.some(&store.at(&["s3", "region"]));
            fields.put(
                "endpointURL",
                built(region, |region| {
                    join(&[Piece::Text("https://s3."), region, Piece::Text(".amazonaws.com")], self.at)
                }),
            );
        }
        self.destination(store, fields, "s3", "s3://", "bucket");
        let mut credentials = self.fields(&store.at(&["s3"]));
        self.credentials(store, &mut credentials);
        // Later releases name the region too.
        credentials.open(self.reason());
        fields.map("s3Credentials", credentials);
    }

    fn google(&self, store: Store, fields: &mut Fields) {
        self.destination(store, fields, "google", "gs://", "bucket");
        let mut credentials = self.fields(&store.at(&["google"]));
        credentials.put("gkeEnvironment", self.printed(&store.at(&["google", "gkeEnvironment"])));
        self.credentials(store, &mut credentials);
        fields.map("googleCredentials", credentials);
    }

    fn azure(&self, store: Store, fields: &mut Fields) {
        if self.some(&store.at(&["destinationPath"])).is_none() {
            let part = |key| self.values.get(&store.at(&["azure", key])).map(|given| given.node);
            let (service, container, path) = (part("serviceName"), part("containerName"), part("path"));
            let account = self.some(&store.at(&["azure", "storageAccount"]));
            fields.put(
                "destinationPath",
                built(account, |account| {
                    let pieces = [
                        Piece::Text("https://"),
                        account,
                        Piece::Text("."),
                        Piece::Value(service.as_ref()),
                        Piece::Text(".core.windows.net/"),
                        Piece::Value(container.as_ref()),
                        Piece::Value(path.as_ref()),
                    ];
                    join(&pieces, self.at)
                }),
            );
        }
        let mut credentials = self.fields(&store.at(&["azure"]));
        self.credentials(store, &mut credentials);
        fields.map("azureCredentials", credentials);
    }

    /// The path of a bucket, where none is given.
    fn destination(
        &self,
        store: Store,
        fields: &mut Fields,
        block: &'static str,
        scheme: &str,
        key: &'static str,
    ) {
        if self.some(&store.at(&["destinationPath"])).is_some() {
            return;
        }
        let path = self.values.get(&store.at(&[block, "path"])).map(|given| given.node);
        fields.put(
            "destinationPath",
            built(self.some(&store.at(&[block, key])), |bucket| {
                join(&[Piece::Text(scheme), bucket, Piece::Value(path.as_ref())], self.at)
            }),
        );
    }

    /// How the store is signed in to; `None`: that is not known.
    fn access(&self, store: Store) -> Option<Access> {
        let provider = self.block(store)?;
        let truth = |key| self.truth(&store.at(&[provider, key]));
        match provider {
            "s3" => choose(truth("inheritFromIAMRole"), Access::Inherited("inheritFromIAMRole"), S3),
            "google" => choose(truth("gkeEnvironment"), Access::Inherited("gkeEnvironment"), GOOGLE),
            _ => match (truth("inheritFromAzureAD"), truth("connectionString"), truth("storageKey")) {
                (Truth::Yes, ..) => Some(Access::Inherited("inheritFromAzureAD")),
                (Truth::No, Truth::Yes, _) => Some(Access::Keys(AZURE_CONNECTION)),
                (Truth::No, Truth::No, Truth::Yes) => Some(Access::Keys(AZURE_KEY)),
                (Truth::No, Truth::No, Truth::No) => Some(Access::Keys(AZURE_TOKEN)),
                _ => None,
            },
        }
    }

    /// The provider's block of the values.
    fn block(&self, store: Store) -> Option<&'static str> {
        let provider = self.str(&store.at(&["provider"]))?;
        ["s3", "azure", "google"].into_iter().find(|known| *known == provider)
    }

    fn credentials(&self, store: Store, credentials: &mut Fields) {
        let Some(block) = self.block(store) else { return };
        match self.access(store) {
            None => credentials.open(self.reason()),
            Some(Access::Inherited("gkeEnvironment")) => {}
            Some(Access::Inherited(switch)) => {
                credentials.put(switch, self.values.get(&store.at(&[block, switch])));
            }
            Some(Access::Keys(keys)) => {
                let name = self.secret_name(store, block);
                for (field, key, _) in keys {
                    let mut reference = Fields::new(name.origin);
                    reference.node("name", name.clone());
                    reference.node("key", self.text(key));
                    credentials.map(field, reference);
                }
            }
        }
    }

    fn secret_name(&self, store: Store, block: &str) -> Node {
        let own = [
            Piece::Text("-"),
            Piece::Text(store.prefix),
            Piece::Text("-"),
            Piece::Text(block),
            Piece::Text("-creds"),
        ];
        self.some(&store.at(&["secret", "name"]))
            .map_or_else(|| self.named(&own, self.values.origin(store.path)), |given| given.node)
    }

    /// The Secret that the chart makes for a store, if it makes one.
    pub(super) fn store_secret(&self, store: Store) -> Option<Node> {
        let block = self.block(store)?;
        let Some(Access::Keys(keys)) = self.access(store) else { return None };
        if self.truth(&store.at(&["secret", "create"])) == Truth::No {
            return None;
        }
        let mut data = self.fields(&store.at(&[block]));
        for (_, key, value) in keys {
            data.put(key, self.some(&store.at(&[block, value])));
        }
        data.open(self.reason());
        let name = self.secret_name(store, block);
        Some(self.object("v1", "Secret", self.metadata(name), data.finish()))
    }
}

fn choose(inherits: Truth, inherited: Access, keys: &'static [Key]) -> Option<Access> {
    match inherits {
        Truth::Yes => Some(inherited),
        Truth::No => Some(Access::Keys(keys)),
        Truth::Perhaps => None,
    }
}

/// A text around a value, in the place of the value.
fn built(given: Option<Given>, build: impl Fn(Piece<'_>) -> Node) -> Option<Given> {
    let given = given?;
    let node = Node { origin: given.node.origin, ..build(Piece::Value(Some(&given.node))) };
    Some(Given { node, ..given })
}
