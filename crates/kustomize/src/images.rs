//! `images`: other names, tags and digests of containers' images.

use crate::fieldspec::{FieldSpec, Made};
use crate::pool::Pool;
use crate::specs::built_in;
use crate::tree;
use manifest::{Node, Span, Value};
use regex_lite::Regex;

/// An entry of `images`.
struct Image<'n> {
    pattern: Regex,
    name: Option<&'n Node>,
    tag: Option<&'n Node>,
    digest: Option<&'n Node>,
    suffix: Option<&'n Node>,
    span: Span,
}

/// Applies an entry of `images`; `false` where its name cannot be read.
pub(crate) fn images(pool: &mut Pool, entry: &Node) -> bool {
    let Some(image) = Image::read(entry) else { return false };
    let more = pool.config.images.clone();
    for item in pool.contents_mut() {
        let id = item.id();
        if id.kind == "CustomResourceDefinition" {
            continue;
        }
        let specs: Vec<&FieldSpec> =
            built_in().images.iter().chain(&more).filter(|spec| spec.selects(&id)).collect();
        let mut changed = walk(&mut item.node, &image);
        for spec in specs {
            spec.visit(&mut item.node, Made::Nothing, entry.origin, &mut |node| changed |= image.apply(node));
        }
        if changed {
            item.changed(image.span);
        }
    }
    true
}

/// Containers anywhere in an object, of custom resources too.
fn walk(node: &mut Node, image: &Image<'_>) -> bool {
    let mut changed = false;
    match &mut node.value {
        Value::List(items) => {
            for item in items {
                changed |= walk(item, image);
            }
        }
        Value::Map(map) => {
            for entry in &mut map.entries {
                changed |= walk(&mut entry.value, image);
                if matches!(entry.key.as_str(), "containers" | "initContainers")
                    && let Value::List(items) = &mut entry.value.value
                {
                    for container in items {
                        changed |= tree::get_mut(container, "image").is_some_and(|node| image.apply(node));
                    }
                }
            }
        }
        _ => {}
    }
    changed
}

impl<'n> Image<'n> {
    fn read(entry: &'n Node) -> Option<Self> {
        let field = |key| entry.get(key).filter(|node| tree::text(node).is_some_and(|text| !text.is_empty()));
        let name = entry.get("name").and_then(tree::text).unwrap_or_default();
        // The name is a pattern: a `.` fits any letter.
        let part = "[a-zA-Z0-9_.{}-]*";
        let pattern = Regex::new(&format!("^{name}(:{part})?(@sha256:{part})?$")).ok()?;
        Some(Self {
            pattern,
            name: field("newName"),
            tag: field("newTag"),
            digest: field("digest"),
            suffix: field("tagSuffix"),
            span: entry.origin.span,
        })
    }

    fn apply(&self, node: &mut Node) -> bool {
        let Some(text) = node.raw_text().filter(|text| self.pattern.is_match(text)) else { return false };
        let (name, tag, digest) = split(text);
        let own = |node: Option<&Node>| node.and_then(tree::text).unwrap_or_default().into_owned();
        let name = if self.name.is_some() { own(self.name) } else { name.to_owned() };
        let (tag, digest) = match (self.tag, self.digest, self.suffix) {
            (None, None, None) => (tag.to_owned(), digest.to_owned()),
            (None, None, suffix) => (format!("{tag}{}", own(suffix)), String::new()),
            (tag, digest, _) => (own(tag), own(digest)),
        };
        let mut image = name;
        if !tag.is_empty() {
            image = format!("{image}:{tag}");
        }
        if !digest.is_empty() {
            image = format!("{image}@{digest}");
        }
        let by = [self.tag, self.digest, self.suffix, self.name].into_iter().flatten().next();
        if let Some(by) = by.filter(|_| image != text) {
            *node = tree::string(image, by.origin);
            return true;
        }
        false
    }
}

/// Name, tag and digest of an image.
fn split(image: &str) -> (&str, &str, &str) {
    let host = image.find('/').unwrap_or(0);
    let rest = image.get(host..).unwrap_or_default();
    let at = |sign| rest.find(sign).map(|at| at + host);
    let cut = |from: usize, to: usize| image.get(from..to).unwrap_or_default();
    match (at(':'), at('@')) {
        (None, None) => (image, "", ""),
        (Some(colon), None) => (cut(0, colon), cut(colon + 1, image.len()), ""),
        (Some(colon), Some(sign)) if colon < sign => {
            (cut(0, colon), cut(colon + 1, sign), cut(sign + 1, image.len()))
        }
        (_, Some(sign)) => (cut(0, sign), "", cut(sign + 1, image.len())),
    }
}
