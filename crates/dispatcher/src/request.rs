//! What a client asks of the API server, and the `AdmissionReview` that it becomes.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A new object.
    Create,
    /// A changed object, or one of its subresources.
    Update,
    /// A deleted object.
    Delete,
    /// A connection, such as to the shell of a Pod.
    Connect,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// One request to the API server, past authorization.
#[derive(Debug, Clone)]
pub struct Request {
    operation: Operation,
    object: Value,
    old_object: Value,
    /// Group, version and kind of what is under `object`: for a scale that of `Scale`.
    kind: [String; 3],
    /// Group, version and plural of the resource, which for a subresource is the parent's.
    resource: [String; 3],
    subresource: String,
    name: String,
    namespace: String,
    user: String,
    groups: Vec<String>,
    dry_run: bool,
}

impl Request {
    /// An object is created.
    pub fn create(object: Value) -> Self {
        Self::of(Operation::Create, object, Value::Null)
    }

    /// An object is changed.
    pub fn update(old: Value, new: Value) -> Self {
        Self::of(Operation::Update, new, old)
    }

    /// An object is deleted.
    pub fn delete(old: Value) -> Self {
        Self::of(Operation::Delete, Value::Null, old)
    }

    /// An object is scaled by its subresource `scale`, from what `spec.instances` says.
    pub fn scale(parent: &Value, replicas: i64) -> Self {
        let request = Self::of(Operation::Update, Value::Null, parent.clone());
        let scale = |replicas: &Value| {
            json!({
                "apiVersion": "autoscaling/v1", "kind": "Scale",
                "metadata": {"name": request.name, "namespace": request.namespace},
                "spec": {"replicas": replicas}, "status": {"replicas": 0},
            })
        };
        let before = parent.pointer("/spec/instances").cloned().unwrap_or(json!(0));
        Self {
            object: scale(&json!(replicas)),
            old_object: scale(&before),
            kind: ["autoscaling", "v1", "Scale"].map(str::to_owned),
            subresource: "scale".to_owned(),
            ..request.clone()
        }
    }

    /// A subresource with the object's own kind, such as `status`, is changed.
    pub fn subresource(subresource: &str, old: Value, new: Value) -> Self {
        Self { subresource: subresource.to_owned(), ..Self::update(old, new) }
    }

    fn of(operation: Operation, object: Value, old_object: Value) -> Self {
        let is_there = if object.is_null() { &old_object } else { &object };
        let text =
            |pointer: &str| is_there.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let api_version = text("/apiVersion");
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", &api_version));
        let (group, version, kind) = (group.to_owned(), version.to_owned(), text("/kind"));
        Self {
            operation,
            resource: [group.clone(), version.clone(), plural(&kind)],
            kind: [group, version, kind],
            subresource: String::new(),
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
            user: "kubernetes-admin".to_owned(),
            groups: ["system:masters", "system:authenticated"].map(str::to_owned).to_vec(),
            dry_run: false,
            object,
            old_object,
        }
    }

    /// The same as a dry run.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// The same by another user.
    #[must_use]
    pub fn by(mut self, user: &str, groups: &[&str]) -> Self {
        user.clone_into(&mut self.user);
        self.groups = groups.iter().map(|&group| group.to_owned()).collect();
        self
    }

    /// The same with another operation: for what only a wrong registration would send.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// The same with another plural of the resource.
    #[must_use]
    pub fn resource(mut self, plural: &str) -> Self {
        let [_, _, own] = &mut self.resource;
        plural.clone_into(own);
        self
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The `AdmissionReview` with a uid of its own: the uid, and the bytes that are posted.
    pub fn review(&self) -> (String, Vec<u8>) {
        let uid = uid();
        let [group, version, kind] = &self.kind;
        let [resource_group, resource_version, resource] = &self.resource;
        let kind = json!({"group": group, "version": version, "kind": kind});
        let resource = json!({"group": resource_group, "version": resource_version, "resource": resource});
        let mut request = json!({
            "uid": uid,
            "kind": kind, "resource": resource,
            "requestKind": kind, "requestResource": resource,
            "operation": self.operation.name(),
            "userInfo": {"username": self.user, "groups": self.groups},
            "object": self.object, "oldObject": self.old_object,
            "dryRun": self.dry_run,
            "options": self.options(),
        });
        // What is empty is left out, as Go does; `object` and `oldObject` are sent as null.
        for (name, text) in [("name", &self.name), ("namespace", &self.namespace)] {
            if !text.is_empty() {
                insert(&mut request, name, text);
            }
        }
        if !self.subresource.is_empty() {
            insert(&mut request, "subResource", &self.subresource);
            insert(&mut request, "requestSubResource", &self.subresource);
        }
        let review =
            json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request});
        (uid, review.to_string().into_bytes())
    }

    fn options(&self) -> Value {
        let kind = match self.operation {
            Operation::Create => "CreateOptions",
            Operation::Update => "UpdateOptions",
            Operation::Delete => "DeleteOptions",
            Operation::Connect => return Value::Null,
        };
        let mut options = json!({"kind": kind, "apiVersion": "meta.k8s.io/v1"});
        if let (true, Value::Object(options)) = (self.dry_run, &mut options) {
            options.insert("dryRun".to_owned(), json!(["All"]));
        }
        options
    }
}

fn insert(object: &mut Value, name: &str, text: &str) {
    if let Value::Object(object) = object {
        object.insert(name.to_owned(), text.into());
    }
}

/// An object alone is one that is created.
impl From<Value> for Request {
    fn from(object: Value) -> Self {
        Self::create(object)
    }
}

impl From<&Request> for Request {
    fn from(request: &Request) -> Self {
        request.clone()
    }
}

/// The plural of a kind, by the rule that generators of CRDs follow.
fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if lower.ends_with(['s', 'x']) || lower.ends_with("ch") => format!("{lower}es"),
        _ => format!("{lower}s"),
    }
}

/// Unique in this process, in the shape of a UUID.
fn uid() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request_of(request: &Request) -> Value {
        let (_, review) = request.review();
        serde_json::from_slice::<Value>(&review).expect("a review is JSON")["request"].clone()
    }

    fn cluster(instances: i64) -> Value {
        json!({
            "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
            "metadata": {"name": "db", "namespace": "app"}, "spec": {"instances": instances},
        })
    }

    #[test]
    fn plurals_are_those_of_the_kinds_judged() {
        for (kind, expected) in [
            ("Cluster", "clusters"),
            ("ScheduledBackup", "scheduledbackups"),
            ("NetworkPolicy", "networkpolicies"),
            ("Ingress", "ingresses"),
            ("ImageCatalog", "imagecatalogs"),
            ("Gateway", "gateways"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }

    #[test]
    fn a_scale_is_an_update_of_a_scale_of_the_parent() {
        let request = request_of(&Request::scale(&cluster(3), 1));
        assert_eq!(request["resource"]["resource"], "clusters");
        assert_eq!(request["subResource"], "scale");
        assert_eq!(request["kind"]["kind"], "Scale");
        assert_eq!(request["operation"], "UPDATE");
        assert_eq!(request["object"]["spec"]["replicas"], 1);
        assert_eq!(request["oldObject"]["spec"]["replicas"], 3);
        assert_eq!(request["namespace"], "app");
    }

    #[test]
    fn a_delete_has_only_the_old_object() {
        let request = request_of(&Request::delete(cluster(3)).dry_run());
        assert_eq!(request["object"], Value::Null);
        assert_eq!(request["oldObject"]["metadata"]["name"], "db");
        assert_eq!(request["options"]["kind"], "DeleteOptions");
        assert_eq!(request["options"]["dryRun"], json!(["All"]));
        assert_eq!(request["dryRun"], true);
    }

    #[test]
    fn every_review_has_a_uid_of_its_own() {
        let request = Request::create(cluster(1));
        assert_ne!(request.review().0, request.review().0);
    }
}
