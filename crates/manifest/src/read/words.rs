//! What the YAML parser says, in words for people.

/// A sentence for a problem of the parser, and whether the place to show is that of its
/// context (where the thing started) instead of where the parser gave up.
pub(super) fn sentence(problem: &str, context: Option<&str>) -> (String, bool) {
    let at_context = matches!(
        problem,
        "could not find expected ':'"
            | "found unexpected end of stream"
            | "found unexpected document indicator"
    ) || matches!(
        context,
        Some("while scanning a tag" | "while scanning an anchor" | "while scanning an alias")
    );
    let sentence = match problem {
        "did not find expected key" => {
            "this is neither a key of the map above nor the end of it; is the indentation right, \
             and is a text with special characters quoted?"
        }
        "did not find expected '-' indicator" => {
            "this is neither an item of the list above nor the end of it; is the indentation right?"
        }
        "did not find expected ',' or ']'" => "expected `,` or `]` in this list in brackets",
        "did not find expected ',' or '}'" => "expected `,` or `}` in this map in braces",
        "did not find expected node content" => "expected a value here",
        "could not find expected ':'" => "expected `:` behind this key",
        "mapping values are not allowed in this context" => {
            "a `:` is not allowed here; a text that contains `: ` must be quoted"
        }
        "block sequence entries are not allowed in this context" => "a list item is not allowed here",
        "mapping keys are not allowed in this context" => "a `?` key is not allowed here",
        "found character that cannot start any token" => {
            "a value cannot start with this character; a text that does must be quoted, and a tab cannot indent"
        }
        "found unknown escape character" => "unknown escape in a text in double quotes",
        "found unexpected end of stream" => "this quoted text is never closed",
        "found unexpected document indicator" => "this quoted text is not closed before the document ends",
        "did not find expected <document start>" => {
            "expected `---` here; directives stand right before the `---` of their document"
        }
        "found undefined tag handle" => "no %TAG directive of this document defines this tag's handle",
        "did not find expected alphabetic or numeric character" => {
            "an alias `*` or anchor `&` needs a name; a text that starts with one of them must be quoted"
        }
        "did not find expected whitespace or line break" => "a tag ends at a space or a line break",
        "found a tab character that violates indentation"
        | "found a tab character where an indentation space is expected" => "a tab cannot indent",
        "found unexpected ':'" => "a `:` before this character must be quoted in brackets and braces",
        "did not find expected comment or line break" => "only a comment may follow here",
        "found invalid Unicode character escape code" | "did not find expected hexdecimal number" => {
            "this escape is no character"
        }
        _ => {
            let context = context.map(|context| format!(" {context}")).unwrap_or_default();
            return (format!("{problem}{context}"), at_context);
        }
    };
    (sentence.to_owned(), at_context)
}
