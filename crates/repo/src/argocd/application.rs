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
#[allow(dead_code, reason = "what renders sources reads all of them")]
pub(crate) struct Source {
    /// The Git or Helm repository.
    pub(crate) repo_url: Option<Node>,
    /// The directory in the Git repository.
    pub(crate) path: Option<Node>,
    /// The chart of the Helm repository.
    pub(crate) chart: Option<Node>,
    /// The branch, tag, commit or version.
    pub(crate) target_revision: Option<Node>,
    /// The name (`$name/…`) under which other sources use its files. Without a path it deploys
    /// nothing itself.
    pub(crate) reference: Option<Node>,
    /// How plain files are taken.
    pub(crate) directory: Directory,
    /// What is done to a kustomization.
    pub(crate) kustomize: Option<Kustomize>,
    /// What a chart is rendered with.
    pub(crate) helm: Option<Helm>,
    /// A plugin renders it, so what is deployed is not known.
    pub(crate) plugin: Option<Node>,
}

/// `directory`
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(dead_code, reason = "what renders sources reads all of them")]
pub(crate) struct Directory {
    /// Directories below count too.
    pub(crate) recurse: bool,
    /// Globs of the files that count, by their path below the directory.
    pub(crate) include: Option<Node>,
    /// And of those that do not.
    pub(crate) exclude: Option<Node>,
    /// Variables and libraries of Jsonnet files.
    pub(crate) jsonnet: Option<Node>,
}

/// `kustomize`: laid over the kustomization of the directory.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(dead_code, reason = "what renders sources reads all of them")]
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
    /// `name=new:tag`, …
    pub(crate) images: Vec<Node>,
    /// `{name, count}`
    pub(crate) replicas: Vec<Node>,
    /// As in a kustomization.
    pub(crate) patches: Vec<Node>,
    /// Paths of components, from the source's directory.
    pub(crate) components: Vec<Node>,
    /// Components that are not there are passed over.
    pub(crate) ignore_missing_components: bool,
}

/// `helm`
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(dead_code, reason = "what renders charts reads all of them")]
pub(crate) struct Helm {
    /// The release, where it is not named as the `Application`.
    pub(crate) release_name: Option<Node>,
    /// The namespace that templates see, where it is not the destination's.
    pub(crate) namespace: Option<Node>,
    /// Paths from the source's directory, or `$ref/…`; later ones win.
    pub(crate) value_files: Vec<Node>,
    /// Files of values that are not there are passed over.
    pub(crate) ignore_missing_value_files: bool,
    /// A YAML text; wins over the files.
    pub(crate) values: Option<Node>,
    /// The same as a map; where it is given, `values` does not count.
    pub(crate) values_object: Option<Node>,
    /// Win over all values.
    pub(crate) parameters: Vec<Parameter>,
    /// `{name, path}`
    pub(crate) file_parameters: Vec<Node>,
    /// CRDs of the chart are left out.
    pub(crate) skip_crds: bool,
}

/// One `--set`.
#[derive(Debug, Clone, PartialEq)]
#[allow(dead_code, reason = "what renders charts reads all of them")]
pub(crate) struct Parameter {
    /// The path in the values (`a.b[0]`).
    pub(crate) name: Node,
    /// What is set; a number or boolean by its text, unless a string is forced.
    pub(crate) value: Option<Node>,
    /// It stays a string.
    pub(crate) force_string: bool,
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
            chart: own.value("chart"),
            target_revision: own.value("targetRevision"),
            reference: own.value("ref"),
            directory: Directory {
                recurse: directory.switch("recurse"),
                include: directory.value("include"),
                exclude: directory.value("exclude"),
                jsonnet: directory.value("jsonnet"),
            },
            kustomize: node.get("kustomize").map(Kustomize::read),
            helm: node.get("helm").map(Helm::read),
            plugin: own.value("plugin"),
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
            images: own.list("images"),
            replicas: own.list("replicas"),
            patches: own.list("patches"),
            components: own.list("components"),
            ignore_missing_components: own.switch("ignoreMissingComponents"),
        }
    }
}

impl Helm {
    fn read(node: &Node) -> Self {
        let own = Fields(Some(node));
        let parameter = |node: &Node| {
            let fields = Fields(Some(node));
            let name = fields.value("name")?;
            Some(Parameter { name, value: fields.value("value"), force_string: fields.switch("forceString") })
        };
        Self {
            release_name: own.value("releaseName"),
            namespace: own.value("namespace"),
            value_files: own.list("valueFiles"),
            ignore_missing_value_files: own.switch("ignoreMissingValueFiles"),
            values: own.value("values"),
            values_object: own.value("valuesObject"),
            parameters: own.list("parameters").iter().filter_map(parameter).collect(),
            file_parameters: own.list("fileParameters"),
            skip_crds: own.switch("skipCrds"),
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
