//! Promotion tokens: what a primary gave when it was demoted, as the operator reads it.

use crate::credential::decode_base64;
use serde_json::Value;

/// What a token holds, all of it as text and none of it empty (CloudNativePG, pkg/utils/parser.go:
/// `PgControldataTokenContent`).
const FIELDS: [&str; 6] = [
    "latestCheckpointTimelineID",
    "redoWalFile",
    "databaseSystemIdentifier",
    "latestCheckpointREDOLocation",
    "timeOfLatestCheckpoint",
    "operatorVersion",
];

/// Base64 of a JSON object with these fields. The error reads after "the token is".
pub(super) fn promotion_token(text: &str) -> Result<(), String> {
    let decoded = decode_base64(text).filter(|_| is_padded(text)).ok_or("not base64")?;
    let value: Value = serde_json::from_str(&decoded).map_err(|error| format!("not JSON ({error})"))?;
    let fields = match value {
        Value::Object(fields) => fields,
        Value::Null => serde_json::Map::new(),
        _ => return Err("not an object".to_owned()),
    };
    // Go takes the names of fields in any case.
    let field =
        |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    for name in FIELDS {
        match field(name) {
            Some(Value::String(text)) if !text.is_empty() => {}
            None | Some(Value::Null | Value::String(_)) => return Err(format!("without `{name}`")),
            Some(_) => return Err(format!("wrong: `{name}` is no text")),
        }
    }
    Ok(())
}

/// Whether base64 is filled up to whole groups of four; line breaks do not count.
fn is_padded(text: &str) -> bool {
    let text: String = text.chars().filter(|digit| !matches!(digit, '\r' | '\n')).collect();
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4) && text.len() - digits.len() <= 2 && !digits.contains('=')
}

#[cfg(test)]
mod tests {
    use super::promotion_token;

    /// All six fields, as a primary writes them.
    const TOKEN: &str = "eyJsYXRlc3RDaGVja3BvaW50VGltZWxpbmVJRCI6IjEiLCJyZWRvV2FsRmlsZSI6IjAwMDAwMDAxMDAwMDAwMDAwMDAwMDAwNSIsImRhdGFiYXNlU3lzdGVtSWRlbnRpZmllciI6Ijc0IiwibGF0ZXN0Q2hlY2twb2ludFJFRE9Mb2NhdGlvbiI6IjAvNTAwMDA2MCIsInRpbWVPZkxhdGVzdENoZWNrcG9pbnQiOiJUdWUiLCJvcGVyYXRvclZlcnNpb24iOiIxLjMwLjAifQ==";

    #[test]
    fn a_token_has_all_its_fields() {
        assert_eq!(promotion_token(TOKEN), Ok(()));
        for (wrong, why) in [
            ("secret token", "not base64"),
            (TOKEN.trim_end_matches('='), "not base64"),
            ("e30=", "without `latestCheckpointTimelineID`"),
            ("bnVsbA==", "without `latestCheckpointTimelineID`"),
            ("W10=", "not an object"),
            (
                "eyJsYXRlc3RDaGVja3BvaW50VGltZWxpbmVJRCI6MX0=",
                "wrong: `latestCheckpointTimelineID` is no text",
            ),
        ] {
            assert_eq!(promotion_token(wrong), Err(why.to_owned()), "{wrong}");
        }
        assert!(promotion_token("e3s=").is_err_and(|error| error.starts_with("not JSON")));
    }
}
