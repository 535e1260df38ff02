//! What both targets ask: an engine that enforces, and what must hold of each reply.

use admission::{Cache, Engine, Reply};
use dispatcher::verify_reply;
use rules::RuleSet;
use rules::config::Config;
use std::sync::OnceLock;
use topology::Settings;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let rules = RuleSet::new(rulebook::rules()).expect("built-in rules");
        let text = "admission: {mode: enforce}";
        let config = Config::load(text, &rules.table()).expect("a configuration");
        Engine::new(rules, config, Settings::default(), text)
    })
}

/// The uid of an answer to what is no JSON as a whole: an object that nobody reads is passed over unchecked, so the
/// uid must be one that the body gives.
fn unchecked(body: &[u8], reply: &Reply) -> String {
    assert!(serde_json::from_slice::<serde_json::Value>(body).is_err(), "what is answered has a uid");
    let answer: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
    let uid = answer["response"]["uid"].as_str().expect("a uid");
    let written = serde_json::to_string(uid).expect("a text");
    let inside = written.trim_matches('"').as_bytes();
    let is_given = body.windows(inside.len()).any(|part| part == inside);
    assert!(is_given || body.contains(&b'\\'), "a uid that the body does not give");
    uid.to_owned()
}

/// Reviews a body in a cluster that holds nothing else; panics where the reply is not what an API server takes.
pub fn check(body: &[u8], cache: &Cache) -> Reply {
    let now = jiff::civil::date(2026, 3, 1).at(12, 0, 0, 0);
    let reply = engine().review(cache, body, now);
    if reply.status != 200 {
        assert_eq!(reply.status, 400);
        assert_eq!(Engine::uid(body), None);
        return reply;
    }
    let uid = Engine::uid(body).unwrap_or_else(|| unchecked(body, &reply));
    let response = verify_reply(&uid, &reply.body).expect("a reply that an API server takes");
    let mut runes = 0;
    for warning in &response.warnings {
        assert!(!warning.is_empty() && !warning.chars().any(char::is_control), "{warning:?}");
        assert!(warning.chars().count() <= 256, "{warning:?}");
        runes += warning.chars().count();
    }
    assert!(runes <= 4096);
    if let Some(status) = response.status.filter(|_| !response.allowed) {
        let text = status.message.to_lowercase();
        assert!(!text.contains("immutable"), "{text}");
        let is_rule = (status.code, status.reason.as_str()) == (403, "Forbidden");
        assert!(is_rule || (status.code, status.reason.as_str()) == (400, "BadRequest"));
    }
    reply
}
