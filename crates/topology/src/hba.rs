//! Lines of `pg_hba.conf`: who may connect from where, and how they prove who they are.

use crate::read::{HOLE, parts_with_holes};
use crate::view::{Known, View, ViewLookup};
use manifest::Partial;
use std::net::IpAddr;

crate::view! {
    /// A line of `pg_hba.conf`.
    pub struct PgHbaView {
        /// A comment or an empty line.
        pub is_comment: bool,
        /// `local`, `host`, `hostssl`, `hostnossl`, `hostgssenc` or `hostnogssenc`; null in a comment.
        pub kind: Known<Option<String>>,
        /// The databases it is for.
        pub databases: Known<Vec<String>>,
        /// The roles it is for.
        pub users: Known<Vec<String>>,
        /// Where from: an address range, a host name, `samenet`, `all`, …; null for `local`.
        pub address: Known<Option<String>>,
        /// How a client proves who it is: `scram-sha-256`, `trust`, …; null where the line has none.
        pub method: Known<Option<String>>,
        /// Whether it is for every address: `all`, `0.0.0.0/0`, `::/0`.
        pub is_everywhere: Known<bool>,
        /// Whether it is for the Pod itself only: `127.0.0.0/8`, `::1`.
        pub is_loopback: Known<bool>,
        /// Whether a client must show a certificate for its own name too: `clientcert=verify-full`.
        pub wants_certificate: Known<bool>,
        /// Whether its method proves nothing or sends what can be replayed: `trust`, `password`, `md5`.
        pub is_weak: Known<bool>,
    }
}

/// `hba[line]`: what a line of `pg_hba.conf` says.
#[derive(Debug, Clone, Copy)]
pub struct PgHba;

impl ViewLookup for PgHba {
    fn find(&self, name: &str) -> Box<dyn View + '_> {
        Box::new(parse(name, ""))
    }

    fn find_partial(&self, name: &Partial) -> Option<Box<dyn View + '_>> {
        Some(Box::new(parse(&parts_with_holes(&name.parts), &name.reason.to_string())))
    }
}

/// How a client proves who it is by a line of which all is known; `None` in a comment.
pub(crate) fn method(line: &str) -> Known<Option<String>> {
    parse(line, "").method
}

/// Reads a line in which [`HOLE`] stands for what is not known for `reason`; what is not known
/// is taken to be a word or a part of one, never several.
fn parse(line: &str, reason: &str) -> PgHbaView {
    let words = words(line);
    let word = |index: usize| match words.get(index) {
        Some(word) if word.contains(HOLE) => Known::Unknown(reason.to_owned()),
        word => Known::Known(word.cloned()),
    };
    let names = |index: usize| {
        word(index).map(|word| word.iter().flat_map(|word| word.split(',')).map(str::to_owned).collect())
    };
    // `local DATABASE USER METHOD`, `host DATABASE USER ADDRESS METHOD`,
    // `host DATABASE USER ADDRESS MASK METHOD` (PostgreSQL, "The pg_hba.conf File").
    let is_local = words.first().is_some_and(|kind| kind == "local");
    let has_mask = !is_local && words.get(4).is_some_and(|mask| mask.parse::<IpAddr>().is_ok());
    let address = if is_local { Known::Known(None) } else { word(3) };
    let method_at = if is_local { 3 } else { 4 + usize::from(has_mask) };
    let method = word(method_at);
    let options = (method_at + 1..words.len()).map(word);
    let wants_certificate = options
        .map(|option| option.map(|option| option.as_deref() == Some("clientcert=verify-full")))
        .fold(Known::Known(false), Known::or);
    let mask = words.get(4).filter(|_| has_mask).map(String::as_str);
    PgHbaView {
        is_comment: words.is_empty(),
        kind: word(0),
        databases: names(1),
        users: names(2),
        is_everywhere: address
            .as_ref()
            .map(|address| address.as_deref().is_some_and(|address| is_everywhere(address, mask))),
        is_loopback: is_loopback(words.get(3).filter(|_| !is_local), reason),
        wants_certificate,
        is_weak: method
            .as_ref()
            .map(|method| matches!(method.as_deref(), Some("trust" | "password" | "md5"))),
        address,
        method,
        place: None,
    }
}

/// Decided by the text before what is not known, where that is enough.
fn is_loopback(address: Option<&String>, reason: &str) -> Known<bool> {
    const STARTS: [&str; 2] = ["127.", "::1"];
    let Some(address) = address else { return Known::Known(false) };
    let known = address.split(HOLE).next().unwrap_or_default();
    if STARTS.iter().any(|start| known.starts_with(start)) {
        return Known::Known(true);
    }
    let could_be = known.len() < address.len() && STARTS.iter().any(|start| start.starts_with(known));
    if could_be { Known::Unknown(reason.to_owned()) } else { Known::Known(false) }
}

fn is_everywhere(address: &str, mask: Option<&str>) -> bool {
    let unspecified = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    match (address.split_once('/'), mask) {
        _ if address == "all" => true,
        (Some((_, bits)), _) => bits == "0",
        (None, Some(mask)) => unspecified(mask),
        (None, None) => false,
    }
}

/// The words of a line up to a comment; quotes group and are taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' if !quoted => break,
            letter if letter.is_whitespace() && !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use Known::Known as Is;

    fn text(word: &str) -> Known<Option<String>> {
        Is(Some(word.to_owned()))
    }

    #[test]
    fn a_line_has_its_fields() {
        let line = parse("hostssl app,web \"my role\" 10.0.0.0/8 scram-sha-256 clientcert=verify-ca", "");
        assert_eq!(line.kind, text("hostssl"));
        assert_eq!(line.databases, Is(vec!["app".to_owned(), "web".to_owned()]));
        assert_eq!(line.users, Is(vec!["my role".to_owned()]));
        assert_eq!(line.address, text("10.0.0.0/8"));
        assert_eq!(line.method, text("scram-sha-256"));
        assert_eq!((line.is_everywhere, line.is_weak), (Is(false), Is(false)));
    }

    #[test]
    fn a_local_line_has_no_address() {
        let line = parse("local all all trust", "");
        assert_eq!((line.address, line.method), (Is(None), text("trust")));
        assert_eq!((line.is_everywhere, line.is_weak), (Is(false), Is(true)));
    }

    #[test]
    fn everywhere_has_many_names() {
        for address in ["all", "0.0.0.0/0", "::/0", "0.0.0.0 0.0.0.0", ":: ::"] {
            let line = parse(&format!("host all all {address} md5"), "");
            assert_eq!((line.is_everywhere, line.is_weak), (Is(true), Is(true)), "{address}");
        }
        for address in ["samenet", "10.0.0.0/8", "10.0.0.0 255.0.0.0", "db.lan"] {
            let line = parse(&format!("host all all {address} scram-sha-256"), "");
            assert_eq!((line.is_everywhere, line.is_weak), (Is(false), Is(false)), "{address}");
        }
    }

    #[test]
    fn the_pod_itself_and_certificates() {
        let loopback = |line: &str| parse(line, "${X}").is_loopback;
        assert_eq!(loopback("host all all 127.0.0.1/32 trust"), Is(true));
        assert_eq!(loopback("host all all ::1/128 trust"), Is(true));
        assert_eq!(loopback("host all all 10.\0 trust"), Is(false));
        assert_eq!(loopback("host all all 1\0 trust"), Known::Unknown("${X}".to_owned()));
        assert_eq!(loopback("local all all trust"), Is(false));
        let certificate = |line: &str| parse(line, "${X}").wants_certificate;
        assert_eq!(certificate("hostssl all all all trust clientcert=verify-full"), Is(true));
        assert_eq!(certificate("hostssl \0 all all trust"), Is(false));
        assert_eq!(certificate("hostssl all all all trust \0"), Known::Unknown("${X}".to_owned()));
    }

    #[test]
    fn comments_and_empty_lines_say_nothing() {
        for line in ["", "   ", "# host all all all trust"] {
            let line = parse(line, "");
            assert!(line.is_comment);
            assert_eq!((line.kind, line.is_weak), (Is(None), Is(false)));
        }
        assert_eq!(parse("host all all all md5 # legacy", "").method, text("md5"));
    }

    #[test]
    fn a_variable_hides_its_own_word_only() {
        let line = parse("host all all \0 trust", "${PODS}");
        assert_eq!(line.is_everywhere, Known::Unknown("${PODS}".to_owned()));
        assert_eq!(line.is_weak, Is(true));
    }
}
