//! `replacements`: a value of one resource is put into fields of others.

use crate::fieldpath::{FieldPath, plain};
use crate::item::Item;
use crate::pool::Pool;
use crate::selector::Exact;
use crate::tree;
use manifest::{Node, Span, Value};

/// What is wrong with a replacement.
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) span: Span,
    /// It is only that resources are missing.
    pub(crate) not_found: bool,
}

/// Applies one replacement.
pub(crate) fn replace(pool: &mut Pool, replacement: &Node, budget: &mut usize) -> Result<(), Refused> {
    let targets = tree::items(replacement, "targets");
    if targets.is_empty() {
        return Err(refuse("a replacement needs `targets`", replacement));
    }
    let value = match (replacement.get("source"), replacement.get("sourceValue")) {
        (Some(source), None) => source_value(pool, source)?,
        (None, Some(value)) => value.clone(),
        (Some(_), Some(value)) => return Err(refuse("`source` and `sourceValue` exclude each other", value)),
        (None, None) => return Err(refuse("a replacement needs a `source`", replacement)),
    };
    targets.iter().try_for_each(|target| put(pool, target, &value, budget))
}

/// Which resources a replacement is aimed at, where they can be told.
pub(crate) fn aimed_at<'p>(pool: &'p mut Pool, replacement: &Node) -> Vec<&'p mut Item> {
    let targets = tree::items(replacement, "targets").iter();
    let selects: Vec<Exact> = targets.filter_map(|target| Exact::read(target.get("select")?)).collect();
    let meant =
        |item: &&mut Item| selects.iter().any(|one| one.matches_any(item) && one.matches_labels(item));
    pool.contents_mut().iter_mut().filter(meant).collect()
}

fn source_value(pool: &Pool, source: &Node) -> Result<Node, Refused> {
    let exact = Exact::read(source).ok_or_else(|| refuse("the selector cannot be read", source))?;
    let mut found = pool.items().iter().filter(|item| exact.matches_any(item));
    let Some(item) = found.next() else {
        return Err(Refused { not_found: true, ..refuse("no resource is the source", source) });
    };
    if found.next().is_some() {
        return Err(refuse("several resources are the source", source));
    }
    let written = source.get("fieldPath");
    let path = written.and_then(tree::text).filter(|path| !path.is_empty());
    let path = path.unwrap_or_else(|| "metadata.name".into());
    let value = FieldPath::read(&path).get(&item.node).filter(|node| !is_empty(node));
    let value = value.ok_or_else(|| {
        refuse(&format!("the source {} has no {path}", item.id().name), written.unwrap_or(source))
    })?;
    piece(value, source)
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::Map(map) => map.entries.is_empty(),
        Value::List(items) => items.is_empty(),
        _ => false,
    }
}

/// The part of a value that `options` mean.
fn piece(value: &Node, source: &Node) -> Result<Node, Refused> {
    let Some((delimiter, index)) = cut(source) else { return Ok(value.clone()) };
    let text = tree::text(value).ok_or_else(|| refuse("only a scalar can be cut by a delimiter", source))?;
    let part = usize::try_from(index).ok().and_then(|index| text.split(&delimiter).nth(index));
    let part = part.ok_or_else(|| refuse(&format!("`{text}` has no part {index}"), source))?;
    let origin = tree::brought(value.origin, source.origin);
    Ok(Node { value: like(value, part), origin })
}

/// Delimiter and index of `options`.
fn cut(node: &Node) -> Option<(String, i64)> {
    let options = node.get("options")?;
    let delimiter = options.get("delimiter").and_then(tree::text).filter(|text| !text.is_empty())?;
    Some((delimiter.into_owned(), options.get("index").and_then(Node::as_i64).unwrap_or(0)))
}

fn put(pool: &mut Pool, target: &Node, value: &Node, budget: &mut usize) -> Result<(), Refused> {
    let select = target.get("select").ok_or_else(|| refuse("the target has no `select`", target))?;
    let read = |node: &Node| Exact::read(node).ok_or_else(|| refuse("the selector cannot be read", node));
    let exact = read(select)?;
    let rejects = tree::items(target, "reject").iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let written: Vec<&Node> = tree::items(target, "fieldPaths").iter().collect();
    let name = tree::string("metadata.name", target.origin);
    let paths = if written.is_empty() { vec![&name] } else { written };
    let rejected = |item: &Item| {
        rejects.iter().any(|reject| {
            (reject.has_labels() && reject.matches_labels(item))
                || (reject.has_id() && reject.matches_any(item))
        })
    };
    let is_meant = |item: &Item| exact.matches_labels(item) && exact.matches_any(item) && !rejected(item);
    let meant: Vec<usize> =
        pool.items().iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(at, _)| at).collect();
    for at in meant {
        let Some(item) = pool.items_mut().get_mut(at) else { continue };
        for path in &paths {
            set_field(item, path, target, value, budget)?;
        }
        item.changed(value.origin.used_at.unwrap_or(target.origin.span));
        item.changed(target.origin.span);
    }
    Ok(())
}

fn set_field(
    item: &mut Item,
    path: &Node,
    target: &Node,
    value: &Node,
    budget: &mut usize,
) -> Result<(), Refused> {
    let options = target.get("options");
    let create = options.and_then(|options| options.get("create")).and_then(Node::as_bool) == Some(true);
    let cut = cut(target);
    let text = path.raw_text().unwrap_or_default();
    let weight = tree::weight(value);
    let set = &mut |field: &mut Node, made: bool| {
        *budget = budget.checked_sub(weight).ok_or("too much is copied")?;
        put_value(field, value, cut.as_ref(), made, target)
    };
    let found = FieldPath::read(text).visit(&mut item.node, create.then_some(target.origin), set);
    match found {
        Ok(0) => Err(refuse(&format!("the target {} has no {text}", item.id().name), path)),
        Ok(_) => Ok(()),
        Err(message) => Err(refuse(&message, path)),
    }
}

/// Puts a value in the place of a field. A scalar keeps its type: of the value only the text is taken.
fn put_value(
    field: &mut Node,
    value: &Node,
    cut: Option<&(String, i64)>,
    made: bool,
    target: &Node,
) -> Result<(), String> {
    let mut new = value.clone();
    if let Some((delimiter, index)) = cut {
        let old = tree::text(field).or_else(|| made.then(|| "".into()));
        let old = old.ok_or("only a scalar can be cut by a delimiter")?;
        let part = tree::text(value).unwrap_or_default();
        let mut parts: Vec<&str> = old.split(delimiter.as_str()).collect();
        match usize::try_from(*index) {
            Err(_) => parts.insert(0, &part),
            Ok(index) => match parts.get_mut(index) {
                Some(found) => *found = &part,
                None => parts.push(&part),
            },
        }
        new.value = Value::String(parts.join(delimiter));
    }
    new.origin = tree::brought(new.origin, target.origin);
    match (&field.value, tree::text(&new).map(std::borrow::Cow::into_owned)) {
        (Value::Map(_) | Value::List(_), _) => {}
        (Value::Null, Some(text)) if made => new.value = plain(&text),
        (_, Some(text)) => new.value = like(field, &text),
        (Value::Null, None) if made => {}
        (_, None) => new.value = Value::String(String::new()),
    }
    *field = new;
    Ok(())
}

/// A text as a scalar of the type of another: a string stays one.
fn like(field: &Node, text: &str) -> Value {
    match &field.value {
        Value::Bool(_) | Value::Number(_) | Value::Null => plain(text),
        _ => Value::String(text.to_owned()),
    }
}

fn refuse(message: &str, node: &Node) -> Refused {
    Refused { message: message.to_owned(), span: node.origin.span, not_found: false }
}
