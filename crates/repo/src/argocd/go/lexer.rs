//! An action (`{{ … }}`) to its words.

/// A word of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// `.`
    Dot,
    /// `.name`; `glued` to a bracket or name before it, it is looked up in that.
    Field {
        name: String,
        glued: bool,
    },
    /// `$` or `$name`
    Variable(String),
    /// `name`
    Name(String),
    /// A text in quotes.
    Text(String),
    /// A number.
    Number(f64),
    Open,
    Close,
    Pipe,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

/// The words; `None` for what Go would refuse.
pub(super) fn words(action: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = action;
    let mut spaced = true;
    while let Some(char) = rest.chars().next() {
        let (word, length) = match char {
            _ if char.is_whitespace() => {
                spaced = true;
                rest = rest.get(char.len_utf8()..)?;
                continue;
            }
            '"' => quoted(rest)?,
            '`' => {
                let inner = rest.get(1..)?.split_once('`')?.0;
                (Word::Text(inner.to_owned()), inner.len() + 2)
            }
            '\'' => {
                let char = rest.chars().nth(1).filter(|char| *char != '\\')?;
                let length = char.len_utf8();
                rest.get(length + 1..)?.strip_prefix('\'')?;
                (Word::Number(f64::from(u32::from(char))), length + 2)
            }
            '(' => (Word::Open, 1),
            ')' => (Word::Close, 1),
            '|' => (Word::Pipe, 1),
            ',' => (Word::Comma, 1),
            ':' if rest.starts_with(":=") => (Word::Declare, 2),
            '=' => (Word::Assign, 1),
            '$' => {
                let length = name(rest.get(1..)?);
                (Word::Variable(rest.get(1..=length)?.to_owned()), length + 1)
            }
            '.' => match name(rest.get(1..)?) {
                0 => (Word::Dot, 1),
                length => {
                    let name = rest.get(1..=length)?.to_owned();
                    (
                        Word::Field {
                            name,
                            glued: !spaced && !matches!(words.last(), None | Some(Word::Open)),
                        },
                        length + 1,
                    )
                }
            },
            '-' | '+' | '0'..='9' => {
                let end = rest.find(|char: char| !(char.is_ascii_alphanumeric() || "+-._".contains(char)));
                let text = rest.get(..end.unwrap_or(rest.len()))?;
                (Word::Number(text.parse().ok()?), text.len())
            }
            _ => match name(rest) {
                0 => return None,
                length => (Word::Name(rest.get(..length)?.to_owned()), length),
            },
        };
        words.push(word);
        spaced = false;
        rest = rest.get(length..)?;
    }
    Some(words)
}

/// How long a name is that starts there.
fn name(text: &str) -> usize {
    text.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(text.len())
}

/// A text in double quotes, and its length with them.
fn quoted(text: &str) -> Option<(Word, usize)> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '"') => return Some((Word::Text(inner), at + 1)),
            (_, '\\') => inner.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                same @ ('"' | '\\' | '\'') => same,
                _ => return None,
            }),
            (_, char) => inner.push(char),
        }
    }
}
