//! An `Application`: what it deploys from where, typed.

use manifest::{Node, Value};

/// What is read of an `Application`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Application {
    /// The namespace of objects that name none.
    pub(crate) destination: Option<Node>,
    /// What it deploys.
    pub(crate) sources: Vec<Source>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Source {
    /// The Git or Helm repository.
    pub(crate) repo_url: Option<Node>,
    /// The directory in the Git repository. A source without one deploys nothing that lies there: it is a
    /// chart, or lends its files to others.
    pub(crate) path: Option<Node>,
    /// How plain files are taken.
    pub(crate) directory: Directory,
    /// What is done to a kustomization.
    pub(crate) kustomize: Option<Kustomize>,
}

/// `directory`
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Directory {
    /// Directories below count too.
    pub(crate) recurse: bool,
    /// Globs of the files that count, by their path below the directory.
    pub(crate) include: Option<Node>,
    /// And of those that do not.
    pub(crate) exclude: Option<Node>,
}

/// `kustomize`: laid over the kustomization of the directory.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Kustomize {
    /// As in a kustomization.
    pub(crate) name_prefix: Option<Node>,
    /// As in a kustomization.
    pub(crate) name_suffix: Option<Node>,
    /// As in a kustomization.
    pub(crate) namespace: Option<Node>,
    /// Labels for all objects.
    pub(crate) common_labels: Option<Node>,
    /// Labels are not put on selectors.
    pub(crate) label_without_selector: bool,
    /// Labels are put on templates too, though not on selectors.
    pub(crate) label_include_templates: bool,
    /// Annotations for all objects.
    pub(crate) common_annotations: Option<Node>,
    /// `{name, count}`
    pub(crate) replicas: Vec<Node>,
    /// As in a kustomization.
    pub(crate) patches: Vec<Node>,
    /// Paths of components, from the source's directory.
    pub(crate) components: Vec<Node>,
}

impl Application {
    /// Reads one. Where there are several sources, the single one does not count.
    pub(crate) fn read(node: &Node) -> Self {
        let at = |keys: &[&str]| node.at(keys).filter(|node| node.value != Value::Null);
        let several = items(node.at(&["spec", "sources"]));
        let single = || at(&["spec", "source"]).map(Source::read).into_iter().collect();
        let sources = if several.is_empty() { single() } else { several.iter().map(Source::read).collect() };
        Self { destination: at(&["spec", "destination", "namespace"]).cloned(), sources }
    }
}

impl Source {
    fn read(node: &Node) -> Self {
        let directory = Fields(node.get("directory"));
        let own = Fields(Some(node));
        Self {
            repo_url: own.value("repoURL"),
            path: own.value("path"),
            directory: Directory {
                recurse: directory.switch("recurse"),
                include: directory.value("include"),
                exclude: directory.value("exclude"),
            },
            kustomize: node.get("kustomize").map(Kustomize::read),
        }
    }
}

impl Kustomize {
    fn read(node: &Node) -> Self {
        let own = Fields(Some(node));
        Self {
            name_prefix: own.value("namePrefix"),
            name_suffix: own.value("nameSuffix"),
            namespace: own.value("namespace"),
            common_labels: own.value("commonLabels"),
            label_without_selector: own.switch("labelWithoutSelector"),
            label_include_templates: own.switch("labelIncludeTemplates"),
            common_annotations: own.value("commonAnnotations"),
            replicas: own.list("replicas"),
            patches: own.list("patches"),
            components: own.list("components"),
        }
    }
}

/// The fields of a map that may be absent.
struct Fields<'n>(Option<&'n Node>);

impl Fields<'_> {
    fn value(&self, key: &str) -> Option<Node> {
        self.0?.get(key).filter(|node| node.value != Value::Null).cloned()
    }

    fn switch(&self, key: &str) -> bool {
        self.0.and_then(|node| node.get(key)?.as_bool()) == Some(true)
    }

    fn list(&self, key: &str) -> Vec<Node> {
        items(self.0.and_then(|node| node.get(key))).to_vec()
    }
}

fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}
