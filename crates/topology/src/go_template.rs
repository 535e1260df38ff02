//! Go templates: which names one reads.

/// The fields of the root that a template reads: `{{ .user }}`, `{{ .a | upper }}`, `{{ index . "b" }}`.
/// `None` where the root changes (`range`, `with`) or the text is no template that can be followed.
pub(crate) fn fields(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let (action, behind) = after.split_once("}}")?;
        rest = behind;
        let action = action.trim_matches(['-', ' ', '\n', '\t']);
        if action.starts_with("/*") {
            continue;
        }
        let first = action.split_whitespace().next().unwrap_or_default();
        if matches!(first, "range" | "with" | "define" | "block" | "template") {
            return None;
        }
        found.extend(of_action(action)?);
    }
    Some(found)
}

fn of_action(action: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut before = ' ';
    let mut quoted = None;
    for (at, char) in action.char_indices() {
        match (quoted, char) {
            (Some(quote), char) if char == quote && before != '\\' => quoted = None,
            (None, '"' | '`' | '\'') => quoted = Some(char),
            (None, '.') if before == ' ' || before == '(' || before == '\t' => {
                let rest = action.get(at + 1..).unwrap_or_default();
                let end =
                    rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
                let name = rest.get(..end).unwrap_or_default();
                // A dot alone is the whole of what was fetched.
                if name.is_empty() {
                    return None;
                }
                found.push(name.to_owned());
            }
            _ => {}
        }
        before = char;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn names_that_a_template_reads() {
        let names = |text: &str| fields(text).map(|names| names.join(" "));
        assert_eq!(names("{{ .user }}:{{.password | b64enc}}").as_deref(), Some("user password"));
        assert_eq!(names("{{ printf \"%s.x\" .user }}").as_deref(), Some("user"));
        assert_eq!(names("{{- if (eq .a \"b\") -}}x{{ end }}").as_deref(), Some("a"));
        assert_eq!(names("plain").as_deref(), Some(""));
        assert_eq!(names("{{ range . }}{{ .x }}{{ end }}"), None);
        assert_eq!(names("{{ index . \"a\" }}"), None);
        assert_eq!(names("{{ .open"), None);
    }
}
