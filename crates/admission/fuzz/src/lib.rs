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

/// Reviews a body in a cluster that holds nothing else; panics where the reply is not what an API server takes.
pub fn check(body: &[u8], cache: &Cache) -> Reply {
    let now = jiff::civil::date(2026, 3, 1).at(12, 0, 0, 0);
    let reply = engine().review(cache, body, now);
    if reply.status != 200 {
        assert_eq!(reply.status, 400);
        assert_eq!(Engine::uid(body), None);
        return reply;
    }
    let uid = Engine::uid(body).expect("what is answered has a uid");
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
