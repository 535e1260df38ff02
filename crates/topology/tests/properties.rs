//! What is said of a partly known text holds whatever stands in its place.

#![allow(clippy::unwrap_used)] // a field that is declared is there

use manifest::{Part, Partial, UnknownReason};
use proptest::prelude::*;
use topology::hba::PgHba;
use topology::image::Images;
use topology::view::{Field, View, ViewLookup};

/// A text of which the bytes from `start` to `end` are a variable.
fn partial(text: &str, start: usize, end: usize) -> Partial {
    let known = |part: &str| (!part.is_empty()).then(|| Part::Text(part.to_owned()));
    let parts = [known(&text[..start]), Some(Part::Hole), known(&text[end..])];
    let reason = UnknownReason::Variable("${X}".to_owned());
    Partial {
        raw: format!("{}${{X}}{}", &text[..start], &text[end..]),
        parts: parts.into_iter().flatten().collect(),
        reason,
    }
}

/// Every field that is known of the one is the same in the other.
fn agrees(partly: &dyn View, wholly: &dyn View) -> Result<(), TestCaseError> {
    for field in wholly.schema().fields {
        let one = partly.get(field.name).unwrap();
        if !matches!(one, Field::Unknown(_)) {
            let other = wholly.get(field.name).unwrap();
            prop_assert_eq!(format!("{one:?}"), format!("{other:?}"), "{}", field.name);
        }
    }
    Ok(())
}

fn image() -> impl Strategy<Value = String> {
    let repository = "([a-z]{1,4}\\.[a-z]{2}(:[0-9]{2,4})?/)?([a-z]{1,5}/)?[a-z]{1,6}(-[a-z]{1,3})?";
    let tag = prop_oneof![
        Just(":latest".to_owned()),
        Just(":17-bookworm".to_owned()),
        "(:(v|pg)?[0-9]{1,2}(\\.[0-9]{1,2})?(-[0-9a-z.]{1,5})?)?",
    ];
    (repository, tag, "(@sha256:[0-9a-f]{64})?")
        .prop_map(|(repository, tag, digest)| repository + &tag + &digest)
}

fn line() -> impl Strategy<Value = String> {
    let address = prop_oneof![
        Just("all".to_owned()),
        Just("0.0.0.0/0".to_owned()),
        Just("10.0.0.0 255.0.0.0".to_owned()),
        Just("::/0".to_owned()),
        Just("samenet".to_owned()),
    ];
    let method = prop_oneof![Just("trust"), Just("md5"), Just("scram-sha-256"), Just("reject")];
    ("(host|hostssl|hostnossl)", "[a-z]{1,3}(,[a-z]{1,3})?", "[a-z]{1,3}", address, method).prop_map(
        |(kind, database, user, address, method)| format!("{kind} {database} {user} {address} {method}"),
    )
}

proptest! {
    #[test]
    fn images(text in image(), a in 0.0..1.0, b in 0.0..1.0) {
        let (start, end) = range(&text, a, b);
        let partly = Images.find_partial(&partial(&text, start, end)).unwrap();
        agrees(partly.as_ref(), Images.find(&text).as_ref())?;
    }

    #[test]
    fn lines_of_pg_hba(text in line(), a in 0.0..1.0, b in 0.0..1.0) {
        let (start, end) = range(&text, a, b);
        // A variable is a word or a part of one.
        let end = text[start..end].find(' ').map_or(end, |space| start + space);
        let partly = PgHba.find_partial(&partial(&text, start, end)).unwrap();
        agrees(partly.as_ref(), PgHba.find(&text).as_ref())?;
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // small and positive
fn range(text: &str, a: f64, b: f64) -> (usize, usize) {
    let at = |part: f64| (part * (text.len() + 1) as f64) as usize;
    (at(a).min(at(b)), at(a).max(at(b)))
}
