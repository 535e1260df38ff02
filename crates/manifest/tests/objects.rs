//! Documents to objects.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

use manifest::{Limits, Manifest, Reading, Source, SourceId, manifests, read, to_json};

fn reading(text: &str) -> Reading {
    read(&Source::new("text.yaml", text.as_bytes().to_vec()), SourceId(0), &Limits::default())
}

fn objects(text: &str) -> Vec<Manifest> {
    reading(text).documents.iter().flat_map(manifests).collect()
}

/// `document base kind/name` of every object.
fn shown(text: &str) -> Vec<String> {
    let shown = |object: &Manifest| {
        let (kind, name) = (object.kind().unwrap_or("?"), object.name().unwrap_or("?"));
        format!("{} {:?} {kind}/{name}", object.document, object.base)
    };
    let copied: Vec<_> = objects(text).iter().map(shown).collect();
    let moved = reading(text).documents.into_iter().flat_map(manifest::Document::into_manifests);
    assert_eq!(copied, moved.map(|object| shown(&object)).collect::<Vec<_>>());
    copied
}

#[test]
fn a_document_is_an_object_if_it_has_a_kind() {
    assert_eq!(
        shown(
            "kind: A\nmetadata: {name: a}\n---\n# c\n---\nfoo: 1\n---\nkind: B\n---\n[1]\n---\nkind:\n---\nb: [\n"
        ),
        ["0 \"\" A/a", "2 \"\" B/?"]
    );
}

#[test]
fn lists_are_their_items() {
    let text = "kind: List\nitems:\n- {kind: A, metadata: {name: a}}\n- kind: BList\n  items:\n  - {kind: B, metadata: {name: b}}\n  - {kind: List, items: [{kind: C}]}\n- {kind: D}\n- x\n---\nkind: E\n";
    assert_eq!(
        shown(text),
        [
            "0 \"/items/0\" A/a",
            "0 \"/items/1/items/0\" B/b",
            "0 \"/items/1/items/1/items/0\" C/?",
            "0 \"/items/2\" D/?",
            "1 \"\" E/?"
        ]
    );
    let base = &objects(text)[1].base;
    let document = reading(text).documents.remove(0).content.unwrap();
    assert_eq!(document.pointer(base).map(to_json).unwrap(), r#"{"kind":"B","metadata":{"name":"b"}}"#);
}

#[test]
fn a_list_without_items_is_an_object() {
    assert_eq!(
        shown("kind: List\n---\nkind: AllowList\nitems: x\n"),
        ["0 \"\" List/?", "1 \"\" AllowList/?"]
    );
    assert_eq!(shown("kind: List\nitems: []\n"), [""; 0]);
    assert_eq!(shown("kind: A\nitems: [{kind: B}]\n"), ["0 \"\" A/?"]);
}

#[test]
fn items_of_a_typed_list_have_its_kind() {
    let objects = objects("apiVersion: v1\nkind: ConfigMapList\nitems:\n- data: {a: b}\n- kind: X\n");
    assert_eq!(to_json(&objects[0].node), r#"{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"b"}}"#);
    assert_eq!(to_json(&objects[1].node), r#"{"kind":"X"}"#);
    assert_eq!(shown("kind: List\nitems: [{data: 1}]\n"), [""; 0]);
}

#[test]
fn an_object_knows_whether_kubectl_reaches_it() {
    let reached: Vec<_> = objects("kind: A\n...\nkind: B\n").iter().map(|object| object.kubectl).collect();
    assert_eq!(reached, [true, false]);
}
