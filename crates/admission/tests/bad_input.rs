//! Whatever is sent, what comes back is a reply that an API server takes, or an HTTP error that says nothing of
//! the body. `cargo test --test bad_input -- --nocapture --test-threads 1` prints the table.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic, in its helpers too")]

mod support;

use admission::Decision;
use dispatcher::{AdmissionResponse, verify_reply};
use serde_json::{Value, json};
use support::{Door, ENFORCE, UID, cluster, envelope, store, with};

/// In one that enforces; what is not a review is told so, and nothing more.
fn refused(row: &str, body: &[u8], text: &str) {
    let reply = Door::enforcing(&[]).reply(body);
    let said = String::from_utf8(reply.body).expect("a text");
    println!("| {row} | {} `{said}` |", reply.status);
    assert_eq!((reply.status, reply.record.decision), (400, Decision::Error), "{row}");
    assert!(said.contains(text), "{row}: {said}");
}

/// What the API server is told of a body, with that uid, by a webhook under a configuration.
fn told(row: &str, config: &str, body: &[u8], uid: &str) -> AdmissionResponse {
    let reply = Door::new(config, &[]).reply(body);
    assert_eq!(reply.status, 200, "{row}: {}", String::from_utf8_lossy(&reply.body));
    let response = verify_reply(uid, &reply.body).expect(row);
    assert!(response.warnings.iter().all(|warning| !warning.chars().any(char::is_control)), "{row}");
    let code = response.status.as_ref().map_or(200, |status| status.code);
    let short: String = String::from_utf8_lossy(&reply.body).chars().take(300).collect();
    println!("| {row} | 200, allowed: {}, code {code} `{short}` |", response.allowed);
    response
}

fn answered(row: &str, review: &Value) -> AdmissionResponse {
    told(row, ENFORCE, review.to_string().as_bytes(), UID)
}

/// The envelope with other values at some pointers of the request.
fn request(changes: &[(&str, Value)]) -> Value {
    let mut review = envelope();
    review["request"] = with(review["request"].take(), changes);
    review
}

/// The body whose object is this text.
fn with_object(text: &str) -> Vec<u8> {
    let mut review = envelope();
    review["request"]["object"] = json!("PLACE");
    review.to_string().replace("\"PLACE\"", text).into_bytes()
}

fn code(response: &AdmissionResponse) -> i32 {
    response.status.as_ref().map_or(200, |status| status.code)
}

fn undecided(response: &AdmissionResponse) -> &str {
    response.audit_annotations.get("undecided").map_or("", String::as_str)
}

#[test]
fn the_envelope_itself_is_accepted() {
    let response = answered("the envelope", &envelope());
    assert!(response.allowed, "{response:#?}");
}

#[test]
fn empty_body() {
    refused("empty body", b"", "empty");
    refused("blank body", b" \n\t", "empty");
}

#[test]
fn not_json() {
    refused("not JSON", b"kind: AdmissionReview", "not JSON");
    refused("a number", b"1", "not JSON");
    refused("a list", b"[]", "not JSON");
}

#[test]
fn cut_off() {
    let body = envelope().to_string();
    for end in (1..body.len()).step_by(7) {
        let reply = Door::enforcing(&[]).reply(&body.as_bytes()[..end]);
        assert_eq!(reply.status, 400, "cut at {end}");
    }
    refused("cut off", &body.as_bytes()[..body.len() - 1], "not JSON");
}

#[test]
fn trailing_bytes() {
    refused("trailing bytes", format!("{} x", envelope()).as_bytes(), "not JSON");
    refused("two reviews", format!("{0}{0}", envelope()).as_bytes(), "not JSON");
}

#[test]
fn bad_utf8() {
    let mut body = envelope().to_string().into_bytes();
    let at = body.windows(6).position(|part| part == b"orders").expect("the name");
    body[at] = 0xFF;
    refused("bad UTF-8", &body, "not JSON");
}

#[test]
fn nul() {
    let mut body = envelope().to_string().into_bytes();
    body.push(0);
    refused("NUL behind the review", &body, "not JSON");
    refused("NUL in a string", envelope().to_string().replace("orders", "or\0ders").as_bytes(), "not");
}

#[test]
fn other_versions_and_kinds() {
    for version in ["admission.k8s.io/v1beta1", "admission.k8s.io/v9", "v1", ""] {
        let body = with(envelope(), &[("/apiVersion", json!(version))]).to_string();
        refused(&format!("apiVersion {version:?}"), body.as_bytes(), "admission.k8s.io/v1");
    }
    refused("no apiVersion", with(envelope(), &[("/apiVersion", Value::Null)]).to_string().as_bytes(), "v1");
    refused(
        "kind Pod",
        with(envelope(), &[("/kind", json!("Pod"))]).to_string().as_bytes(),
        "AdmissionReview",
    );
    refused("no kind", with(envelope(), &[("/kind", Value::Null)]).to_string().as_bytes(), "AdmissionReview");
}

#[test]
fn no_request() {
    let body = |request: &str| {
        format!(r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"{request}}}"#)
    };
    refused("request missing", body("").as_bytes(), "no request");
    refused("request null", body(r#","request":null"#).as_bytes(), "no request");
    refused("response instead", body(r#","response":{"uid":"1","allowed":true}"#).as_bytes(), "no request");
    refused("request a list", body(r#","request":[]"#).as_bytes(), "form");
}

#[test]
fn bad_uids() {
    refused("uid missing", request(&[("/uid", Value::Null)]).to_string().as_bytes(), "uid");
    refused("uid empty", request(&[("/uid", json!(""))]).to_string().as_bytes(), "uid");
    refused("uid of 257 bytes", request(&[("/uid", json!("x".repeat(257)))]).to_string().as_bytes(), "uid");
    refused("uid a number", request(&[("/uid", json!(5))]).to_string().as_bytes(), "form");
    let body = request(&[("/uid", json!("PLACE"))]).to_string().replace("PLACE", r"\ud800");
    refused("uid half a surrogate pair", body.as_bytes(), "form");
}

#[test]
fn odd_uids_are_echoed() {
    for uid in ["\"quoted\" \\ back", "ünï☃💥", "new\nline\t\u{7}", "</script>\u{2028}", &"x".repeat(256)]
    {
        let body = request(&[("/uid", json!(uid))]).to_string();
        let row = format!("uid {:?}", uid.chars().take(20).collect::<String>());
        assert!(told(&row, ENFORCE, body.as_bytes(), uid).allowed);
    }
}

#[test]
fn unknown_operation() {
    let response = answered("operation PATCH", &request(&[("/operation", json!("PATCH"))]));
    assert!(response.allowed && response.audit_annotations["not-judged"].contains("not known"));
    let response = answered("operation missing", &request(&[("/operation", Value::Null)]));
    assert!(response.allowed && response.audit_annotations["not-judged"].contains("not known"));
}

#[test]
fn object_null() {
    for operation in ["CREATE", "UPDATE"] {
        let changes = [("/operation", json!(operation)), ("/object", Value::Null)];
        let response = answered(&format!("{operation} without an object"), &request(&changes));
        assert_eq!((response.allowed, code(&response)), (false, 400));
    }
}

#[test]
fn delete_reads_the_old_object() {
    let changes = [("/operation", json!("DELETE")), ("/object", Value::Null), ("/oldObject", cluster())];
    let response = answered("DELETE with oldObject", &request(&changes));
    assert_eq!((response.allowed, code(&response)), (false, 403));
    assert!(response.audit_annotations["denied"].contains("cluster-delete-unconfirmed"));
}

#[test]
fn delete_without_any_object() {
    let changes = [("/operation", json!("DELETE")), ("/object", Value::Null)];
    let response = answered("DELETE with both null", &request(&changes));
    assert!(response.allowed && response.warnings.len() == 1);
}

#[test]
fn what_is_not_judged() {
    let not_judged = |row: &str, changes: &[(&str, Value)]| {
        let review = request(changes);
        let door = Door::enforcing(&[]);
        let reply = door.reply(review.to_string().as_bytes());
        assert!(reply.record.is_unexpected, "{row}");
        let response = answered(row, &review);
        assert!(response.allowed && response.warnings.is_empty(), "{row}");
        assert!(response.audit_annotations.contains_key("not-judged"), "{row}");
    };
    not_judged(
        "CONNECT",
        &[("/operation", json!("CONNECT")), ("/object", json!({"kind": "PodExecOptions"}))],
    );
    let single = with(cluster(), &[("/spec/instances", json!(1))]);
    not_judged(
        "status subresource",
        &[("/operation", json!("UPDATE")), ("/subResource", json!("status")), ("/object", single)],
    );
    not_judged(
        "scale of a Deployment",
        &[
            ("/operation", json!("UPDATE")),
            ("/subResource", json!("scale")),
            ("/kind", json!({"group": "autoscaling", "version": "v1", "kind": "Scale"})),
            ("/resource", json!({"group": "apps", "version": "v1", "resource": "deployments"})),
        ],
    );
    not_judged(
        "a Pod",
        &[
            ("/kind", json!({"group": "", "version": "v1", "kind": "Pod"})),
            ("/object", json!({"kind": "Pod"})),
        ],
    );
    not_judged(
        "a Cluster of another group",
        &[("/kind", json!({"group": "cluster.x-k8s.io", "version": "v1", "kind": "Cluster"}))],
    );
    not_judged(
        "a Secret, not opted in",
        &[("/kind", json!({"group": "", "version": "v1", "kind": "Secret"}))],
    );
}

#[test]
fn scale_with_and_without_a_known_parent() {
    let scale = |name: &str, replicas: Value| {
        request(&[
            ("/operation", json!("UPDATE")),
            ("/subResource", json!("scale")),
            ("/name", json!(name)),
            ("/kind", json!({"group": "autoscaling", "version": "v1", "kind": "Scale"})),
            (
                "/object",
                json!({"apiVersion": "autoscaling/v1", "kind": "Scale",
                "metadata": {"name": name, "namespace": "shop"}, "spec": replicas}),
            ),
        ])
    };
    let door = Door::enforcing(&[cluster(), store()]);
    let ask = |review: &Value| {
        let reply = door.reply(review.to_string().as_bytes());
        verify_reply(UID, &reply.body).expect("a reply")
    };
    let response = ask(&scale("orders", json!({"replicas": 1})));
    assert!(
        !response.allowed && response.audit_annotations["denied"].contains("instances-min-2"),
        "{response:#?}"
    );
    assert!(ask(&scale("orders", json!({"replicas": 4}))).allowed);
    // Zero is left out.
    assert!(!ask(&scale("orders", json!({}))).allowed);
    for (name, replicas) in [("nobody", json!({"replicas": 1})), ("orders", json!({"replicas": "one"}))] {
        let response = ask(&scale(name, replicas));
        assert!(response.allowed && undecided(&response).contains("scaled"), "{response:#?}");
    }
}

#[test]
fn a_dry_run_is_decided_alike() {
    for spec in [json!(1), json!(3)] {
        let object = with(cluster(), &[("/spec/instances", spec)]);
        let [wet, dry] = [false, true]
            .map(|dry| answered("dryRun", &request(&[("/object", object.clone()), ("/dryRun", json!(dry))])));
        assert_eq!(wet, dry);
    }
}

/// Where nothing can be judged, that is refused or said, as the mode is.
fn not_evaluable(row: &str, text: &str) {
    let body = with_object(text);
    let response = told(row, ENFORCE, &body, UID);
    assert_eq!((response.allowed, code(&response)), (false, 403), "{row}");
    let response = told(row, "admission: {mode: warn}\n", &body, UID);
    assert!(response.allowed && response.warnings.len() == 1, "{row}: {response:#?}");
    let response = told(row, "admission: {mode: audit}\n", &body, UID);
    assert!(response.allowed && response.audit_annotations.contains_key("audited"), "{row}: {response:#?}");
}

fn nested(levels: usize) -> String {
    let text = cluster().to_string();
    let deep = ["[".repeat(levels), "]".repeat(levels)].concat();
    text.replace("\"10Gi\"", &deep)
}

#[test]
fn nesting() {
    assert!(told("nested 150 levels", "admission: {mode: warn}\n", &with_object(&nested(150)), UID).allowed);
    not_evaluable("nested 250 levels", &nested(250));
    not_evaluable("nested 1,000,000 levels in 2 MB", &nested(1_000_000));
    not_evaluable("nested 3,000,000 levels in 6 MB", &nested(3_000_000));
    let maps = [r#"{"a":"#.repeat(1_000_000), "1".to_owned(), "}".repeat(1_000_000)].concat();
    not_evaluable("1,000,000 maps in 6 MB", &cluster().to_string().replace("\"10Gi\"", &maps));
}

#[test]
fn more_values_than_can_be_judged_in_time() {
    let lines = |count: usize| {
        let lines: Vec<_> =
            (0..count).map(|line| format!("hostssl app{line} app 10.0.0.0/8 scram-sha-256")).collect();
        with(cluster(), &[("/spec/postgresql/pg_hba", json!(lines))]).to_string()
    };
    assert!(told("5,000 lines of pg_hba", ENFORCE, &with_object(&lines(5000)), UID).allowed);
    not_evaluable("30,000 lines of pg_hba", &lines(30_000));
}

#[test]
fn nesting_that_no_rule_reads_is_passed_over() {
    let deep = ["[".repeat(1_000_000), "]".repeat(1_000_000)].concat();
    let object = with(cluster(), &[("/metadata/managedFields", json!("DEEP"))]).to_string();
    let body = with_object(&object.replace("\"DEEP\"", &deep));
    assert!(told("managedFields nested 1,000,000 levels", ENFORCE, &body, UID).allowed);
}

#[test]
fn numbers_that_nothing_holds() {
    let text =
        |number: &str| cluster().to_string().replace("\"instances\":3", &format!("\"instances\":{number}"));
    not_evaluable("1e999", &text("1e999"));
    for number in
        ["99999999999999999999", "-99999999999999999999", "18446744073709551615", "1e3", "-0", "3.0"]
    {
        let body = with_object(&text(number));
        told(&format!("instances {number}"), ENFORCE, &body, UID);
    }
}

#[test]
fn duplicate_keys() {
    let text = |first: i64, last: i64| {
        let twice = format!("\"instances\":{first},\"instances\":{last}");
        with_object(&cluster().to_string().replace("\"instances\":3", &twice))
    };
    // As the API server reads it: the last one counts.
    assert!(!told("duplicate key, the last is bad", ENFORCE, &text(3, 1), UID).allowed);
    assert!(told("duplicate key, the last is good", ENFORCE, &text(1, 3), UID).allowed);
    let twice = envelope().to_string().replace("\"uid\":", "\"uid\":\"other\",\"uid\":");
    refused("uid twice", twice.as_bytes(), "form");
}

#[test]
fn lone_surrogates() {
    let object = cluster().to_string().replace("10Gi", r"\ud83d");
    told("half a surrogate pair in the object", ENFORCE, &with_object(&object), UID);
}

#[test]
fn fields_that_no_model_knows() {
    let object =
        with(cluster(), &[("/spec/newFeature", json!({"mode": "on"})), ("/spec/instances", json!(1))]);
    let response = answered("a field of a later version", &request(&[("/object", object)]));
    assert!(response.audit_annotations["denied"].contains("instances-min-2"), "the rest is judged");
    assert!(!response.audit_annotations.contains_key("failed"));
    let object = with(cluster(), &[("/spec/newFeature", json!({"mode": "on"}))]);
    assert!(answered("a field of a later version", &request(&[("/object", object)])).allowed);
}

/// Every value of an object, one after the other, is replaced by others of every type: all is answered.
#[test]
fn wrong_types_everywhere() {
    let door = Door::enforcing(&[]);
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!([1, null]),
        json!({}),
        json!({"a": [1]}),
    ];
    let mut pointers = Vec::new();
    walk(&cluster(), String::new(), &mut pointers);
    for pointer in &pointers {
        for value in &values {
            let mut object = cluster();
            *object.pointer_mut(pointer).expect("a place") = value.clone();
            let review = request(&[]);
            let mut review = review;
            review["request"]["object"] = object;
            let reply = door.reply(review.to_string().as_bytes());
            assert_eq!(reply.status, 200);
            let response = verify_reply(UID, &reply.body).expect("a reply");
            let failed = response.audit_annotations.get("failed");
            assert_eq!(failed, None, "{pointer} {value}");
        }
    }
    println!("| wrong types everywhere | {} replies, all valid |", pointers.len() * values.len());
}

fn walk(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| walk(value, format!("{pointer}/{key}"), pointers));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| walk(value, format!("{pointer}/{at}"), pointers));
        }
        _ => {}
    }
    pointers.push(pointer);
}

#[test]
fn an_object_of_another_kind_than_the_request_says() {
    not_evaluable(
        "kind differs from the request",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}"#,
    );
    not_evaluable("object a string", r#""text""#);
    not_evaluable("object a list", "[]");
    not_evaluable("object without a kind", r#"{"metadata":{"name":"x"}}"#);
}

/// What could not be read before is not refused for that, and what goes is never stopped by it.
#[test]
fn what_is_unreadable_already_is_not_blocked() {
    let deep = nested(250);
    let body = |operation: &str, object: &str, old: &str| {
        let mut review = envelope();
        review["request"]["operation"] = json!(operation);
        review["request"]["object"] = json!("NEW");
        review["request"]["oldObject"] = json!("OLD");
        review.to_string().replace("\"NEW\"", object).replace("\"OLD\"", old).into_bytes()
    };
    let warned = |row: &str, body: &[u8], by: &str| {
        let response = told(row, ENFORCE, body, UID);
        assert!(response.allowed && response.warnings.iter().any(|one| one.contains(by)), "{response:#?}");
    };
    warned("DELETE of what cannot be read", &body("DELETE", "null", &deep), "limit-exceeded");
    warned("UPDATE, neither can be read", &body("UPDATE", &deep, &deep), "limit-exceeded");
    let mended = with(cluster(), &[("/spec/instances", json!(1))]).to_string();
    warned("UPDATE, only the new one can be read", &body("UPDATE", &mended, &deep), "instances-min-2");
    let response = told(
        "UPDATE, only the old one can be read",
        ENFORCE,
        &body("UPDATE", &deep, &cluster().to_string()),
        UID,
    );
    assert!(!response.allowed);
}

/// The mode of the namespace counts for it too.
#[test]
fn an_unreadable_object_is_refused_where_its_namespace_enforces() {
    let config = "admission: {mode: warn, overrides: [{namespaces: [shop], mode: enforce}]}\n";
    assert!(!told("unreadable, its namespace enforces", config, &with_object(&nested(250)), UID).allowed);
    let config = "admission: {mode: enforce, overrides: [{namespaces: [shop], mode: warn}]}\n";
    assert!(told("unreadable, its namespace warns", config, &with_object(&nested(250)), UID).allowed);
}
