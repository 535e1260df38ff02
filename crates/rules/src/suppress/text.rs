//! The grammar of suppressions in comments and annotations.
//!
//! ```text
//! # cnpg-lint: ignore[rule-id, other-rule] until=2026-12-31 why it is so
//! cnpg-lint.dev/ignore: "rule-id, other-rule: until=2026-12-31 why it is so; third: why"
//! ```
//!
//! `until=` may be left out; it stands anywhere in front of, in or behind the reason. Entries of
//! an annotation are separated by `;` or a new line. Places are bytes of the text.

use crate::config::{RuleTable, did_you_mean, parse_date};
use jiff::civil::Date;
use std::ops::Range;

/// For so many unknown rules of one text the nearest is looked for: it costs more than all else, and a
/// request may hold thousands.
const MOST_SUGGESTED: usize = 20;

/// A suppression that can be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    /// Rules that exist, each with its place; never empty.
    pub(super) rules: Vec<(String, Range<usize>)>,
    /// The last day on which it counts.
    pub(super) until: Option<(Date, Range<usize>)>,
    /// Why; never empty.
    pub(super) reason: String,
}

/// A part of a suppression that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: String,
}

/// What a text says; what is wrong with a part of it does not hide the rest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) directives: Vec<Directive>,
    pub(super) malformed: Vec<Malformed>,
}

/// What a word that says the last day starts with.
const UNTIL: &str = "until=";
const COMMENT_FORM: &str = "write `# cnpg-lint: ignore[rule-id] reason`";
const ANNOTATION_FORM: &str =
    "write `rule-id: reason`; several entries stand on lines of their own, or between `;`";

/// Reads a comment, from its `#` on. A comment that is not meant for this tool says nothing.
pub(super) fn comment(text: &str, table: &RuleTable) -> Parsed {
    let mut parsed = Parsed::default();
    let body = text.trim_start_matches(['#', ' ', '\t']);
    let Some(rest) = body.strip_prefix("cnpg-lint") else { return parsed };
    // `cnpg-lint.dev/ignore` and `cnpg-linter` are other words; prose is no directive.
    let Some(rest) = rest.trim_start().strip_prefix(':') else {
        if rest.trim_start_matches(['-', '_', ' ']).starts_with("ignore") {
            parsed.add(part(text, body), "a suppression needs a colon behind `cnpg-lint`", COMMENT_FORM);
        }
        return parsed;
    };
    let rest = rest.trim();
    let word = rest.split(|char: char| !char.is_alphanumeric()).next().unwrap_or_default();
    if word != "ignore" {
        let at = part(text, if word.is_empty() { body } else { word });
        let help = did_you_mean(word, ["ignore"], || COMMENT_FORM.to_owned());
        parsed.add(at, format!("`cnpg-lint:` is not followed by `ignore` but by `{word}`"), help);
        return parsed;
    }
    let Some(list) = rest.get(word.len()..).unwrap_or_default().trim_start().strip_prefix('[') else {
        parsed.add(part(text, rest), "the suppression names no rules in `[` `]`", COMMENT_FORM);
        return parsed;
    };
    let Some((ids, tail)) = list.split_once(']') else {
        parsed.add(part(text, rest), "the list of rules is not closed by `]`", COMMENT_FORM);
        return parsed;
    };
    parsed.entry(text, (ids, tail), part(text, rest), table, COMMENT_FORM);
    parsed
}

/// Reads the value of the annotation.
pub(super) fn annotation(text: &str, table: &RuleTable) -> Parsed {
    let mut parsed = Parsed::default();
    for entry in text.split(['\n', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
        match entry.split_once(':') {
            Some(halves) => parsed.entry(text, halves, part(text, entry), table, ANNOTATION_FORM),
            None => parsed.add(part(text, entry), format!("`{entry}` has no reason"), ANNOTATION_FORM),
        }
    }
    if parsed == Parsed::default() {
        parsed.add(0..text.len(), "the suppression is empty", ANNOTATION_FORM);
    }
    parsed
}

impl Parsed {
    fn add(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.malformed.push(Malformed { at, message: message.into(), help: help.into() });
    }

    /// Rules and what follows them; both are slices of `text`.
    fn entry(&mut self, text: &str, halves: (&str, &str), at: Range<usize>, table: &RuleTable, form: &str) {
        let (ids, tail) = halves;
        let rules = self.rules(text, ids, &at, table, form);
        let Ok(until) = self.until(text, tail) else { return };
        let words: Vec<_> = tail.split_whitespace().filter(|word| !word.starts_with(UNTIL)).collect();
        let reason = words.join(" ");
        let reason = reason.trim_start_matches([':', '-', '–', '—', ',', ' ']);
        if !reason.chars().any(char::is_alphanumeric) {
            self.add(at, "the suppression gives no reason", form);
        } else if !rules.is_empty() {
            self.directives.push(Directive { rules, until, reason: reason.to_owned() });
        }
    }

    /// The rules that exist.
    fn rules(
        &mut self,
        text: &str,
        ids: &str,
        at: &Range<usize>,
        table: &RuleTable,
        form: &str,
    ) -> Vec<(String, Range<usize>)> {
        let mut rules: Vec<(String, Range<usize>)> = Vec::new();
        if ids.trim().is_empty() {
            self.add(at.clone(), "the suppression names no rules", form);
            return rules;
        }
        for id in ids.split(',').map(str::trim).filter(|id| !id.is_empty()) {
            let place = part(text, id);
            match table.get(id) {
                Some(rule) if rule.category.as_ref() == super::CATEGORY => {
                    let help = format!("turn it off in the configuration: `rules: {{{id}: off}}`");
                    self.add(place, format!("`{id}` is about suppressions and cannot be suppressed"), help);
                }
                Some(_) if rules.iter().any(|(known, _)| known == id) => {}
                Some(_) => rules.push((id.to_owned(), place)),
                None if id.contains(UNTIL) => {
                    self.add(place, format!("`{id}` is not a rule"), "write `until=` in front of the reason");
                }
                None => {
                    let all = || "`cnpg-lint rules` lists them".to_owned();
                    let is_worth_it = self.malformed.len() < MOST_SUGGESTED;
                    let help = if is_worth_it { did_you_mean(id, table.ids(), all) } else { all() };
                    self.add(place, format!("there is no rule `{id}`"), help);
                }
            }
        }
        rules
    }

    /// The last day; an error if one was meant and cannot be read. A suppression that was meant
    /// to end must not last for ever because of a typing error.
    fn until(&mut self, text: &str, tail: &str) -> Result<Option<(Date, Range<usize>)>, ()> {
        let mut until = None;
        let mut before = "";
        for word in tail.split_whitespace() {
            let place = part(text, word);
            if let Some(day) = word.strip_prefix(UNTIL) {
                let Some(date) = parse_date(day) else {
                    self.add(place, format!("`{day}` is not a day"), "write it as `until=2027-01-31`");
                    return Err(());
                };
                if until.replace((date, place.clone())).is_some() {
                    self.add(place, "the suppression has two last days", "keep one `until=`");
                    return Err(());
                }
            } else if before.trim_end_matches([':', '=']) == "until" && parse_date(word).is_some() {
                self.add(place, "the last day is not understood", format!("write it as `until={word}`"));
                return Err(());
            }
            before = word;
        }
        Ok(until)
    }
}

/// Where `part`, a slice of `whole`, stands in it.
fn part(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr()).min(whole.len());
    start..(start + part.len()).min(whole.len())
}

#[cfg(test)]
mod tests {
    use super::{Parsed, annotation, comment};
    use crate::config::tests::table;
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn show(text: &str, parsed: &Parsed) -> String {
        let mut out = format!("{text}\n");
        for directive in &parsed.directives {
            let rules: Vec<_> = directive.rules.iter().map(|(_, at)| text.get(at.clone()).unwrap()).collect();
            let until = directive.until.as_ref().map(|(date, _)| format!(" until {date}"));
            let _ =
                writeln!(out, "  {}{}: {}", rules.join(" + "), until.unwrap_or_default(), directive.reason);
        }
        for bad in &parsed.malformed {
            let _ = writeln!(out, "  `{}`: {}\n    {}", &text[bad.at.clone()], bad.message, bad.help);
        }
        out
    }

    #[test]
    fn comments() {
        let texts = [
            "# cnpg-lint: ignore[backup-missing] restored from the dump",
            "#cnpg-lint:ignore [ backup-missing,instances-min-2, ]: until=2026-12-31 two reasons — or more",
            "## cnpg-lint: ignore[backup-missing] - later until=2026-12-31",
            "# cnpg-lint: ignore[backup-mising, instances-min-2] one of two",
            "# cnpg-lint: ignore[backup-missing]",
            "# cnpg-lint: ignore[backup-missing] until=2026-12-31",
            "# cnpg-lint: ignore[backup-missing] until=2026-02-30 x",
            "# cnpg-lint: ignore[backup-missing] until=2026-02-20 until=2026-02-21 x",
            "# cnpg-lint: ignore[backup-missing] until 2026-12-31 x",
            "# cnpg-lint: ignore[backup-missing until=2026-12-31] x",
            "# cnpg-lint: ignore[backup-missing, until=2026-12-31] x",
            "# cnpg-lint: ignore[] x",
            "# cnpg-lint: ignore backup-missing x",
            "# cnpg-lint: ignore[backup-missing x",
            "# cnpg-lint: ignroe[backup-missing] x",
            "# cnpg-lint: [backup-missing] x",
            "# cnpg-lint ignore[backup-missing] x",
            "# cnpg-lint-ignore: backup-missing",
            "# cnpg-lint: ignore[suppression-unused] x",
        ];
        let told: Vec<_> = texts.iter().map(|text| show(text, &comment(text, &table()))).collect();
        assert_snapshot!(told.join("\n"), @r#"
        # cnpg-lint: ignore[backup-missing] restored from the dump
          backup-missing: restored from the dump

        #cnpg-lint:ignore [ backup-missing,instances-min-2, ]: until=2026-12-31 two reasons — or more
          backup-missing + instances-min-2 until 2026-12-31: two reasons — or more

        ## cnpg-lint: ignore[backup-missing] - later until=2026-12-31
          backup-missing until 2026-12-31: later

        # cnpg-lint: ignore[backup-mising, instances-min-2] one of two
          instances-min-2: one of two
          `backup-mising`: there is no rule `backup-mising`
            did you mean `backup-missing`?

        # cnpg-lint: ignore[backup-missing]
          `ignore[backup-missing]`: the suppression gives no reason
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignore[backup-missing] until=2026-12-31
          `ignore[backup-missing] until=2026-12-31`: the suppression gives no reason
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignore[backup-missing] until=2026-02-30 x
          `until=2026-02-30`: `2026-02-30` is not a day
            write it as `until=2027-01-31`

        # cnpg-lint: ignore[backup-missing] until=2026-02-20 until=2026-02-21 x
          `until=2026-02-21`: the suppression has two last days
            keep one `until=`

        # cnpg-lint: ignore[backup-missing] until 2026-12-31 x
          `2026-12-31`: the last day is not understood
            write it as `until=2026-12-31`

        # cnpg-lint: ignore[backup-missing until=2026-12-31] x
          `backup-missing until=2026-12-31`: `backup-missing until=2026-12-31` is not a rule
            write `until=` in front of the reason

        # cnpg-lint: ignore[backup-missing, until=2026-12-31] x
          backup-missing: x
          `until=2026-12-31`: `until=2026-12-31` is not a rule
            write `until=` in front of the reason

        # cnpg-lint: ignore[] x
          `ignore[] x`: the suppression names no rules
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignore backup-missing x
          `ignore backup-missing x`: the suppression names no rules in `[` `]`
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignore[backup-missing x
          `ignore[backup-missing x`: the list of rules is not closed by `]`
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignroe[backup-missing] x
          `ignroe`: `cnpg-lint:` is not followed by `ignore` but by `ignroe`
            did you mean `ignore`?

        # cnpg-lint: [backup-missing] x
          `cnpg-lint: [backup-missing] x`: `cnpg-lint:` is not followed by `ignore` but by ``
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint ignore[backup-missing] x
          `cnpg-lint ignore[backup-missing] x`: a suppression needs a colon behind `cnpg-lint`
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint-ignore: backup-missing
          `cnpg-lint-ignore: backup-missing`: a suppression needs a colon behind `cnpg-lint`
            write `# cnpg-lint: ignore[rule-id] reason`

        # cnpg-lint: ignore[suppression-unused] x
          `suppression-unused`: `suppression-unused` is about suppressions and cannot be suppressed
            turn it off in the configuration: `rules: {suppression-unused: off}`
        "#);
    }

    #[test]
    fn other_comments_say_nothing() {
        for text in [
            "# cnpg-lint is nice",
            "# ignore[backup-missing]",
            "# cnpg-lint.dev/ignore: x",
            "#",
            "# cnpg-linter: x",
        ] {
            assert_eq!(comment(text, &table()), Parsed::default(), "{text}");
        }
    }

    #[test]
    fn the_nearest_is_looked_for_a_few_times() {
        let text = vec!["backup-mising"; 2 * super::MOST_SUGGESTED].join(", ") + ": x";
        let malformed = annotation(&text, &table()).malformed;
        let near = malformed.iter().filter(|one| one.help.contains("backup-missing")).count();
        assert_eq!((near, malformed.len()), (super::MOST_SUGGESTED, 2 * super::MOST_SUGGESTED));
    }

    #[test]
    fn annotations() {
        let texts = [
            "backup-missing: restored from the dump",
            "backup-missing, instances-min-2: until=2026-12-31 small; secret-in-git: see: the wiki",
            "backup-missing: one\n\ninstances-min-2: two\n",
            "backup-missing",
            "backup-missing:",
            "backup-missing: x; and more",
            "backup-missing until=2026-12-31: x",
            "*: x",
            "",
            " ; ",
        ];
        let told: Vec<_> = texts.iter().map(|text| show(text, &annotation(text, &table()))).collect();
        assert_snapshot!(told.join("\n"), @r#"
        backup-missing: restored from the dump
          backup-missing: restored from the dump

        backup-missing, instances-min-2: until=2026-12-31 small; secret-in-git: see: the wiki
          backup-missing + instances-min-2 until 2026-12-31: small
          secret-in-git: see: the wiki

        backup-missing: one

        instances-min-2: two

          backup-missing: one
          instances-min-2: two

        backup-missing
          `backup-missing`: `backup-missing` has no reason
            write `rule-id: reason`; several entries stand on lines of their own, or between `;`

        backup-missing:
          `backup-missing:`: the suppression gives no reason
            write `rule-id: reason`; several entries stand on lines of their own, or between `;`

        backup-missing: x; and more
          backup-missing: x
          `and more`: `and more` has no reason
            write `rule-id: reason`; several entries stand on lines of their own, or between `;`

        backup-missing until=2026-12-31: x
          `backup-missing until=2026-12-31`: `backup-missing until=2026-12-31` is not a rule
            write `until=` in front of the reason

        *: x
          `*`: there is no rule `*`
            `cnpg-lint rules` lists them


          ``: the suppression is empty
            write `rule-id: reason`; several entries stand on lines of their own, or between `;`

         ; 
          ` ; `: the suppression is empty
            write `rule-id: reason`; several entries stand on lines of their own, or between `;`
        "#);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_places_are_within(
            text in "#? ?(cnpg-lint)?:? ?(ignore)?\\[?(backup-missing|[é,;: ])*\\]?:? ?(until=)?[0-9é-]{0,11} ?[\\PC;\n]{0,9}",
        ) {
            for parsed in [comment(&text, &table()), annotation(&text, &table())] {
                for bad in parsed.malformed {
                    prop_assert!(text.get(bad.at).is_some());
                }
                for directive in parsed.directives {
                    prop_assert!(!directive.reason.is_empty());
                    for (id, at) in directive.rules {
                        prop_assert_eq!(text.get(at), Some(id.as_str()));
                    }
                }
            }
        }
    }
}
