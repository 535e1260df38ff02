//! The patterns of `${x#pattern}` and `${x%pattern}`.

/// A pattern: `*`, `?`, `[a-c]`, `[^a]`, `\` before a character that is meant as it is.
pub(crate) struct Glob(Vec<Token>);

enum Token {
    Star,
    Any,
    Class { negated: bool, ranges: Vec<(u32, u32)> },
    Byte(u8),
}

impl Glob {
    /// `None` for a malformed one, which matches nothing.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(char) = chars.next() {
            match char {
                '*' => tokens.push(Token::Star),
                '?' => tokens.push(Token::Any),
                '[' => tokens.push(class(&mut chars)?),
                '\\' => push(&mut tokens, chars.next()?),
                _ => push(&mut tokens, char),
            }
        }
        Some(Self(tokens))
    }

    /// Whether it matches all of a text, which may end within a character.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        // Where to go on when what follows the last star does not match.
        let mut star: Option<(usize, usize)> = None;
        loop {
            let step = match self.0.get(token) {
                None if at == text.len() => return true,
                None => None,
                Some(Token::Star) => {
                    star = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(token) => text.get(at..).and_then(|rest| token.width(rest)),
            };
            match (step, star) {
                (Some(width), _) => (token, at) = (token + 1, at + width),
                (None, Some((after, from))) if from < text.len() => {
                    star = Some((after, from + 1));
                    (token, at) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    /// How many bytes it takes at the start of a text, if it matches there.
    fn width(&self, text: &[u8]) -> Option<usize> {
        let (char, width) = rune(text)?;
        match self {
            Self::Star => Some(0),
            Self::Any => Some(width),
            Self::Byte(byte) => (text.first() == Some(byte)).then_some(1),
            Self::Class { negated, ranges } => {
                let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&char));
                (inside != *negated).then_some(width)
            }
        }
    }
}

fn push(tokens: &mut Vec<Token>, char: char) {
    tokens.extend(char.encode_utf8(&mut [0; 4]).bytes().map(Token::Byte));
}

/// What follows a `[`.
fn class(chars: &mut std::str::Chars) -> Option<Token> {
    let negated = chars.as_str().starts_with('^');
    if negated {
        chars.next();
    }
    let mut ranges = Vec::new();
    loop {
        if chars.as_str().starts_with(']') && !ranges.is_empty() {
            chars.next();
            return Some(Token::Class { negated, ranges });
        }
        let low = member(chars)?;
        let mut high = low;
        if chars.as_str().starts_with('-') {
            chars.next();
            high = member(chars)?;
        }
        ranges.push((u32::from(low), u32::from(high)));
    }
}

fn member(chars: &mut std::str::Chars) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        char => Some(char),
    }
}

/// The first character and its bytes; a lone byte of one is a character of its own.
fn rune(text: &[u8]) -> Option<(u32, usize)> {
    let chunk = text.utf8_chunks().next()?;
    let char = chunk.valid().chars().next();
    Some(char.map_or((u32::from(char::REPLACEMENT_CHARACTER), 1), |char| (u32::from(char), char.len_utf8())))
}
