//! What looks like a credential: names of keys and variables, connection strings, placeholders.

use crate::read::HOLE;

/// The words of a name in any case: `DB_PASSWORD`, `dbPassword`, `db-password` are `db`, `password`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars() {
        let starts = letter.is_ascii_uppercase() && before.is_ascii_lowercase();
        if !letter.is_ascii_alphanumeric() || starts || words.is_empty() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a key, given with those above it (nearest first), holds a database's password: it
/// ends with a word for a password, and it or one above speaks of a database.
pub(crate) fn is_password_name(keys: &[&str]) -> bool {
    let Some((key, above)) = keys.split_first() else { return false };
    let own = words(key);
    let Some(last) = own.last().map(String::as_str) else { return false };
    if matches!(last, "pgpassword" | "pgpass") {
        return true;
    }
    let is_password = matches!(last, "password" | "pass" | "passwd" | "pwd" | "dbpassword" | "dbpass");
    let above = above.iter().flat_map(|key| words(key));
    is_password && (own.into_iter().chain(above)).any(|word| speaks_of_databases(&word))
}

/// Whether a key alone says that it holds a password of PostgreSQL, or a connection string with one.
pub(crate) fn is_postgres_password(key: &str) -> bool {
    let words = words(key);
    let is_postgres = |word: &String| word == "pg" || word.starts_with("postgres");
    let last = words.last().map_or("", String::as_str);
    match last {
        "pgpassword" | "pgpass" => true,
        "password" | "pass" | "passwd" | "pwd" => words.iter().any(is_postgres),
        "url" | "uri" | "dsn" => words.iter().any(|word| is_postgres(word) || word == "database"),
        _ => false,
    }
}

fn speaks_of_databases(word: &str) -> bool {
    matches!(word, "db" | "database" | "pg" | "dbpassword" | "dbpass" | "externaldatabase")
        || word.contains("postgres")
}

/// Whether a text stands for something that is filled in later: a variable of Kubernetes or of
/// a shell, a template, an angle-bracketed hint.
pub(crate) fn is_placeholder(text: &str) -> bool {
    const OPENS: [&str; 4] = ["$(", "${", "{{", "ENC["];
    let hint = text.starts_with('<') && text.ends_with('>');
    // `$PGPASSWORD`, `$$PGPASSWORD`
    let shell = text.starts_with('$')
        && text.chars().skip(1).all(|it| it.is_ascii_alphanumeric() || "_$".contains(it));
    hint || shell || OPENS.iter().any(|open| text.contains(open)) || text.chars().all(|it| it == '*')
}

/// Whether a password is a verifier from which it cannot be read (PostgreSQL, "Password Authentication").
pub(crate) fn is_hash(text: &str) -> bool {
    text.starts_with("SCRAM-SHA-256$")
}

/// Whether a text has a connection string of PostgreSQL with a literal password:
/// `postgres://user:password@host`, `jdbc:postgresql://host?password=…`.
pub(crate) fn password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let scheme = text.get(..at).unwrap_or_default();
        let start =
            scheme.rfind(|it: char| !(it.is_ascii_alphanumeric() || it == '+')).map_or(0, |end| end + 1);
        let scheme = scheme.get(start..).unwrap_or_default();
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        (scheme.starts_with("postgres") || scheme.starts_with("pg")) && (in_authority(rest) || in_query(rest))
    })
}

/// The part before `@` ends a URL's credentials; a URL ends at white space, a quote or a slash.
fn in_authority(rest: &str) -> bool {
    let end = rest.find(['/', '?', '"', '\'', '\n', ' ', '`']).unwrap_or(rest.len());
    let credentials = rest.get(..end).and_then(|authority| authority.rsplit_once('@'));
    let password = credentials.and_then(|(credentials, _)| credentials.split_once(':'));
    password.is_some_and(|(_, password)| is_literal(password))
}

fn in_query(rest: &str) -> bool {
    let end = rest.find(['"', '\'', '\n', ' ', '`']).unwrap_or(rest.len());
    let query = rest.get(..end).and_then(|url| url.split_once('?'));
    let mut pairs = query.into_iter().flat_map(|(_, query)| query.split('&'));
    pairs.any(|pair| pair.strip_prefix("password=").is_some_and(is_literal))
}

/// Whether a text of `key=value` pairs (PostgreSQL, "Connection Strings") has a literal password.
pub(crate) fn password_in_settings(text: &str) -> bool {
    let pairs = text.split_whitespace();
    let mut passwords = pairs.filter_map(|pair| pair.strip_prefix("password="));
    passwords.any(|password| is_literal(password.trim_matches('\'')))
}

/// The text behind standard base64 (RFC 4648, §4), line breaks allowed; `None` where it is not
/// that, or no UTF-8.
pub(crate) fn decode_base64(text: &str) -> Option<String> {
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for digit in digits.take_while(|digit| *digit != b'=') {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
        bits &= (1 << count) - 1;
    }
    String::from_utf8(bytes).ok()
}

fn is_literal(password: &str) -> bool {
    !password.is_empty() && !password.contains(HOLE) && !is_placeholder(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_say_that_it_is_of_postgresql() {
        for key in ["POSTGRES_PASSWORD", "PGPASSWORD", "INIT_POSTGRES_SUPER_PASS", "DATABASE_URL", "pg-uri"] {
            assert!(is_postgres_password(key), "{key}");
        }
        for key in ["DB_PASSWORD", "SMTP_PASSWORD", "password", "POSTGRES_USER", "BASE_URL", "page-url"] {
            assert!(!is_postgres_password(key), "{key}");
        }
    }

    #[test]
    fn names_of_database_passwords() {
        for name in [
            "PGPASSWORD",
            "DB_PASSWORD",
            "dbPassword",
            "POSTGRES_PASSWORD",
            "APP__DATABASE__PASS",
            "N8N_POSTGRESDB_PASSWORD",
        ] {
            assert!(is_password_name(&[name]), "{name}");
        }
        for name in [
            "PASSWORD",
            "SMTP_PASSWORD",
            "DB_PASSWORD_FILE",
            "DB_USER",
            "passwordKey",
            "DB_PASSWORD_SECRET_NAME",
        ] {
            assert!(!is_password_name(&[name]), "{name}");
        }
        assert!(is_password_name(&["password", "externalDatabase"]));
        assert!(!is_password_name(&["password", "redis"]));
    }

    #[test]
    fn connection_strings_with_a_password() {
        for text in [
            "postgres://app:hunter2@web-rw:5432/app",
            "url = \"postgresql+asyncpg://app:hunter2@web-rw/app\"",
            "jdbc:postgresql://web-rw:5432/app?user=app&password=hunter2",
            "postgres://app:hunter2@\0/app",
        ] {
            assert!(password_in_url(text), "{text}");
        }
    }

    #[test]
    fn settings_with_a_password() {
        assert!(password_in_settings("host=web-rw user=app password=hunter2 dbname=app"));
        for text in ["host=web-rw user=app", "host=web-rw password=''", "host=web-rw password=$(PGPASSWORD)"]
        {
            assert!(!password_in_settings(text), "{text}");
        }
    }

    #[test]
    fn base64_is_decoded() {
        assert_eq!(decode_base64("aHVudGVyMg==").as_deref(), Some("hunter2"));
        assert_eq!(decode_base64("aHVu\ndGVyMg==\n").as_deref(), Some("hunter2"));
        assert_eq!(decode_base64("").as_deref(), Some(""));
        assert_eq!(decode_base64("/+8="), None);
        assert_eq!(decode_base64("not base64!"), None);
    }

    #[test]
    fn connection_strings_without_one() {
        for text in [
            "postgres://$(PGUSER):$(PGPASSWORD)@web-rw/app",
            "postgres://{{ .user }}:{{ .password }}@web-rw/app",
            "postgres://app@web-rw/app",
            "postgres://app:@web-rw/app",
            "postgres://app:\0@web-rw/app",
            "postgresql://web-rw:5432/app",
            "https://app:hunter2@web/",
        ] {
            assert!(!password_in_url(text), "{text}");
        }
    }
}
