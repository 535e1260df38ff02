//! What is logged, and that logging keeps nobody waiting.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use serve::{Level, Log};

use crate::support::{Authority, Client, Echo, Speaks, connector, options, start};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_review_is_one_line_without_its_body() {
    let authority = Authority::new();
    let written = Written::default();
    let mut options = options(&authority);
    options.log = Log::to(Level::Info, written.clone()).unwrap();
    let server = start(options, Echo).await;
    let (listen, health_listen) = (server.addr, server.health);
    let mut client = Client::connect(server.addr, &connector(&authority, Speaks::default())).await.unwrap();
    client.post(br#"{"password": "hunter2"}"#).await.unwrap();
    client.post(b"panic").await.unwrap();
    drop(client);
    server.end().await;
    let mut lines = written.lines();
    for line in &mut lines {
        let line = line.as_object_mut().unwrap();
        line.remove("time").unwrap().as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        if let Some(micros) = line.get_mut("micros") {
            assert!(micros.as_u64().is_some());
            *micros = json!("measured");
        }
    }
    // How many connections the end finds open depends on how soon it saw the caller go.
    let connections = |line: &mut Value| line.as_object_mut().unwrap().remove("connections");
    let told: Vec<_> = lines.drain(3..).map(|mut line| (connections(&mut line).is_some(), line)).collect();
    assert_eq!(
        told,
        ["closing", "stopping", "stopped"]
            .map(|message| (true, json!({"level": "info", "message": message})))
    );
    assert_eq!(
        lines,
        [
            json!({"level": "info", "message": "serving", "listen": listen, "health_listen": health_listen}),
            json!({
                "level": "info", "message": "review", "uid": "u-1", "user": "anna", "operation": "CREATE",
                "kind": "", "resource": "clusters", "namespace": "", "name": "", "dry_run": false,
                "decision": "allow", "findings": [], "exemptions": [], "failures": [], "undecided": 0, "config": "",
                "status": 200, "peer": null, "micros": "measured"
            }),
            json!({"level": "error", "message": "a review panicked", "uid": "of-the-panic"}),
        ]
    );
}

/// A reader of the log that reads nothing until it is told to.
struct Stuck(Receiver<()>);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Goes on when the sender is gone.
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_log_that_nobody_reads_drops_lines_and_says_how_many() {
    let (read, stuck) = mpsc::channel();
    let log = Log::to(Level::Info, Stuck(stuck)).unwrap();
    let padding = json!({"padding": "x".repeat(10_000)});
    for _ in 0..500 {
        log.line(Level::Info, "line", &padding);
    }
    assert!((100..500).contains(&log.dropped()), "{}", log.dropped());
    log.line(Level::Debug, "not asked for", &padding);
    drop(read);
    log.flush();
}

#[test]
fn what_was_logged_is_written_when_the_log_ends() {
    let written = Written::default();
    let log = Log::to(Level::Warn, written.clone()).unwrap();
    log.line(Level::Warn, "first", &json!({}));
    log.line(Level::Info, "not asked for", &json!({}));
    log.line(Level::Error, "last", &json!({"a": "\n\""}));
    log.flush();
    let messages: Vec<_> = written.lines().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(messages, ["first", "last"]);
}

#[test]
fn a_panic_is_told_by_its_place_alone() {
    let written = Written::default();
    let log = Log::to(Level::Info, written.clone()).unwrap();
    log.take_panics();
    let panicked = std::panic::catch_unwind(|| panic!("hunter2"));
    drop(std::panic::take_hook());
    assert!(panicked.is_err());
    log.flush();
    let lines = written.lines();
    let line = lines.iter().find(|line| line["place"].as_str().unwrap().contains("logs.rs")).unwrap();
    assert_eq!((&line["level"], &line["message"]), (&json!("error"), &json!("panic")));
    assert!(!line.to_string().contains("hunter2"));
}
