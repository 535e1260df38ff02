//! `configMapGenerator` and `secretGenerator`.

use crate::paths;
use crate::tree;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use manifest::{Entry, Map, Node, Origin, Span, Unknown, UnknownReason, Value};

/// What a file that a generator names holds.
pub(crate) enum Content {
    /// Its bytes and where they stand.
    Known(Vec<u8>, Span),
    /// It exists, and was not read.
    Unread,
    /// It cannot be had, which is told elsewhere.
    Missing,
}

/// A generated object.
pub(crate) struct Generated {
    pub(crate) node: Node,
    pub(crate) hashed: bool,
    pub(crate) behavior: Behavior,
    /// Not all it is made of is known.
    pub(crate) unread: bool,
}

/// What is done with an object of the same name that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behavior {
    Create,
    Merge,
    Replace,
}

/// A problem of a generator.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) span: Span,
}

/// One key of the data.
struct Pair {
    key: String,
    origin: Origin,
    content: Content,
}

/// Makes the object of one entry. `load` gives the content of the file that a node names.
pub(crate) fn generate(
    kind: &str,
    args: &Node,
    global: Option<&Node>,
    load: &mut dyn FnMut(&Node, &str) -> Content,
) -> Result<Generated, Refused> {
    let refuse = |message: &str, node: &Node| Refused { message: message.to_owned(), span: node.origin.span };
    let name = args.get("name").filter(|name| tree::text(name).is_some_and(|name| !name.is_empty()));
    let name = name.ok_or_else(|| refuse("a generator needs a `name`", args))?;
    let behavior = match args.get("behavior").and_then(tree::text).as_deref() {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    };
    let pairs = pairs(args, load)?;
    let unread = pairs.iter().any(|pair| !matches!(pair.content, Content::Known(..)));
    let mut object = Map::default();
    let word = |text: &str| tree::string(text, args.origin);
    tree::set(&mut object, "apiVersion", args.origin, word("v1"));
    tree::set(&mut object, "kind", args.origin, word(kind));
    tree::set(&mut object, "metadata", args.origin, metadata(args, name, global));
    if kind == "Secret" {
        let written = args.get("type").filter(|node| tree::text(node).is_some_and(|text| !text.is_empty()));
        tree::set(&mut object, "type", args.origin, written.cloned().unwrap_or_else(|| word("Opaque")));
    }
    data(&mut object, kind, args, pairs)?;
    let options = [args.get("options"), global];
    let says = |key: &str| {
        options.iter().flatten().find_map(|one| one.get(key)).filter(|node| node.as_bool() == Some(true))
    };
    // What stands for all wins here, other than for labels.
    let disabled = options
        .iter()
        .flatten()
        .any(|one| one.get("disableNameSuffixHash").and_then(Node::as_bool) == Some(true));
    if let Some(immutable) = says("immutable") {
        tree::set(&mut object, "immutable", immutable.origin, immutable.clone());
    }
    let node = Node { value: Value::Map(object), origin: args.origin };
    Ok(Generated { node, hashed: !disabled, behavior, unread })
}

fn metadata(args: &Node, name: &Node, global: Option<&Node>) -> Node {
    let mut meta = Map::default();
    tree::set(&mut meta, "name", name.origin, name.clone());
    if let Some(namespace) =
        args.get("namespace").filter(|node| tree::text(node).is_some_and(|text| !text.is_empty()))
    {
        tree::set(&mut meta, "namespace", namespace.origin, namespace.clone());
    }
    for key in ["labels", "annotations"] {
        let mut merged = Map::default();
        for options in [global, args.get("options")].into_iter().flatten() {
            let pairs = options.get(key).map(tree::entries).unwrap_or_default();
            for pair in pairs {
                tree::put(&mut merged, as_text(pair));
            }
        }
        if let Some(first) = merged.entries.first() {
            let origin = first.key_origin;
            tree::set(&mut meta, key, origin, Node { value: Value::Map(merged), origin });
        }
    }
    Node { value: Value::Map(meta), origin: name.origin }
}

fn as_text(pair: &Entry) -> Entry {
    let text = tree::text(&pair.value).unwrap_or_default().into_owned();
    Entry { value: tree::string(text, pair.value.origin), ..pair.clone() }
}

fn pairs(args: &Node, load: &mut dyn FnMut(&Node, &str) -> Content) -> Result<Vec<Pair>, Refused> {
    let mut pairs = Vec::new();
    for env in tree::items(args, "envs").iter().chain(args.get("env")) {
        let path = tree::text(env).unwrap_or_default();
        match load(env, &path) {
            Content::Known(bytes, span) => lines(&bytes, span, env, &mut pairs),
            content => pairs.push(Pair { key: String::new(), origin: env.origin, content }),
        }
    }
    for literal in tree::items(args, "literals") {
        let text = tree::text(literal).unwrap_or_default();
        let split = text.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = split.ok_or_else(|| Refused {
            message: "a literal is written `key=value`".to_owned(),
            span: literal.origin.span,
        })?;
        let content = Content::Known(unquoted(value).as_bytes().to_vec(), literal.origin.span);
        pairs.push(Pair { key: key.to_owned(), origin: literal.origin, content });
    }
    for file in tree::items(args, "files") {
        let text = tree::text(file).unwrap_or_default();
        let (key, path) = text.split_once('=').unwrap_or((paths::file_name(&text), &text));
        if key.is_empty() || path.is_empty() || path.contains('=') {
            let message = "a file is written `path` or `key=path`".to_owned();
            return Err(Refused { message, span: file.origin.span });
        }
        pairs.push(Pair { key: key.to_owned(), origin: file.origin, content: load(file, path) });
    }
    Ok(pairs)
}

/// The lines `KEY=value` of an environment file.
fn lines(bytes: &[u8], span: Span, env: &Node, pairs: &mut Vec<Pair>) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map_or((bytes, 0), |rest| (rest, 3));
    let (bytes, mut at) = (bytes.0, span.start.saturating_add(bytes.1));
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        let place = Span { source: span.source, start: at, end: at.saturating_add(length) };
        at = at.saturating_add(length);
        let text = String::from_utf8_lossy(line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text).trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let origin = Origin { span: place, used_at: Some(env.origin.span) };
        let content = Content::Known(value.as_bytes().to_vec(), place);
        pairs.push(Pair { key: key.to_owned(), origin, content });
    }
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn data(object: &mut Map, kind: &str, args: &Node, mut pairs: Vec<Pair>) -> Result<(), Refused> {
    pairs.sort_by(|one, other| one.key.cmp(&other.key));
    if kind == "Secret" {
        tree::set(object, "data", args.origin, tree::empty_map(args.origin));
    }
    for pair in pairs {
        let (field, node) = value(kind, &pair);
        if object.entry(field).is_none() {
            tree::set(object, field, args.origin, tree::empty_map(args.origin));
        }
        let Some(map) = tree::entry_mut(object, field).and_then(|entry| tree::map_mut(&mut entry.value))
        else {
            continue;
        };
        if pair.key.is_empty() {
            map.open = Some(UnknownReason::Unread);
            continue;
        }
        if map.entry(&pair.key).is_some() {
            let message = format!("the key {} is there twice", pair.key);
            return Err(Refused { message, span: pair.origin.span });
        }
        map.entries.push(Entry { key: pair.key, key_origin: pair.origin, value: node });
    }
    Ok(())
}

/// The field a pair goes to, and its value.
fn value(kind: &str, pair: &Pair) -> (&'static str, Node) {
    let Content::Known(bytes, span) = &pair.content else {
        let unknown = Unknown { raw: String::new(), reason: UnknownReason::Unread, value: None };
        return ("data", Node { value: Value::Unknown(unknown), origin: pair.origin });
    };
    let used_at = pair.origin.used_at.or_else(|| (*span != pair.origin.span).then_some(pair.origin.span));
    let origin = Origin { span: *span, used_at };
    match std::str::from_utf8(bytes) {
        Ok(text) if kind != "Secret" => ("data", tree::string(text, origin)),
        Err(_) if kind != "Secret" => ("binaryData", tree::string(encoded(bytes), origin)),
        _ => ("data", tree::string(encoded(bytes), origin)),
    }
}

/// Base64 in lines of 70 characters, where it is longer than that.
fn encoded(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let text = BASE64_STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    for (at, char) in text.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(char);
    }
    lines.push('\n');
    lines
}
