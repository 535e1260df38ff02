//! A template to its parts.

use super::lexer::{Word, words};

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    Text(String),
    /// A value that is printed, as it is written.
    Print(Pipe, String),
    /// `{{ $x := … }}`, `{{ $x = … }}`
    Set(Pipe),
    If(Branch),
    With(Branch),
    /// The names of key and value, as far as they are given.
    Range(Vec<String>, Branch),
}

/// What stands between `if`, `with` or `range` and its `end`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) body: Vec<Item>,
    pub(super) otherwise: Vec<Item>,
}

/// Commands of which each gets the last one's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pipe {
    /// The variable that is set.
    pub(super) variable: Option<String>,
    pub(super) commands: Vec<Vec<Term>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Text(String),
    Number(f64),
    Bool(bool),
    Nil,
    Function(String),
    Path(Root, Vec<String>),
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Root {
    Dot,
    Variable(String),
    Inner(Box<Pipe>),
}

/// Why a template is not parsed.
#[derive(Debug)]
pub(super) enum Stop {
    /// Go refuses it.
    Refused(String),
    /// It uses what is not read here.
    Beyond,
}

/// The parts of a template.
pub(super) fn parse(template: &str) -> Result<Vec<Item>, Stop> {
    let mut parser = Parser { pieces: pieces(template)?, at: 0, depth: 0 };
    let (items, end) = parser.items()?;
    match end {
        None => Ok(items),
        Some(_) => Err(refused("`end` or `else` without a beginning")),
    }
}

fn refused(reason: &str) -> Stop {
    Stop::Refused(format!("a template cannot be read: {reason}"))
}

/// Text, or an action with its words.
enum Piece {
    Text(String),
    Action(Vec<Word>, String),
}

/// Splits a template; white space that `{{-` and `-}}` take away is gone.
fn pieces(template: &str) -> Result<Vec<Piece>, Stop> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut trim = false;
    loop {
        let (before, after) =
            rest.split_once("{{").map_or((rest, None), |(before, after)| (before, Some(after)));
        let mut text = if trim { before.trim_start() } else { before };
        let Some(after) = after else {
            pieces.push(Piece::Text(text.to_owned()));
            return Ok(pieces);
        };
        let trims = |rest: &str| rest.starts_with(char::is_whitespace);
        let inside = after.strip_prefix('-').filter(|rest| trims(rest));
        if inside.is_some() {
            text = text.trim_end();
        }
        pieces.push(Piece::Text(text.to_owned()));
        let inside = inside.unwrap_or(after);
        let end = end_of(inside).ok_or_else(|| refused("`}}` is missing"))?;
        let action = inside.get(..end).unwrap_or_default();
        rest = inside.get(end + 2..).unwrap_or_default();
        let trimmed = action.strip_suffix('-').filter(|action| action.ends_with(char::is_whitespace));
        trim = trimmed.is_some();
        let action = trimmed.unwrap_or(action);
        // A comment follows the braces, or the one space behind their dash.
        let comment = if inside.len() < after.len() { action.get(1..).unwrap_or_default() } else { action };
        if !comment.starts_with("/*") {
            let action = action.trim();
            let words = words(action).ok_or_else(|| refused(&format!("`{action}`")))?;
            pieces.push(Piece::Action(words, format!("{{{{{}}}}}", inside.get(..end).unwrap_or_default())));
        }
    }
}

/// Where the `}}` stands that ends an action, texts in quotes passed over.
fn end_of(inside: &str) -> Option<usize> {
    if let Some(comment) = inside.trim_start().strip_prefix("/*") {
        let end = inside.len() - comment.len() + comment.find("*/")?;
        return inside.get(end..)?.find("}}").map(|at| end + at);
    }
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in inside.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if char == '\\' => escaped = true,
            Some(open) if char == open => quote = None,
            None if matches!(char, '"' | '`') => quote = Some(char),
            None if inside.get(at..).is_some_and(|rest| rest.starts_with("}}")) => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

/// How deep brackets and blocks may stand in each other.
const DEPTH: usize = 50;

struct Parser {
    pieces: Vec<Piece>,
    at: usize,
    depth: usize,
}

impl Parser {
    /// Items up to an `end` or `else`, and the words of that.
    fn items(&mut self) -> Result<(Vec<Item>, Option<Vec<Word>>), Stop> {
        let mut items = Vec::new();
        while let Some(piece) = self.pieces.get(self.at) {
            self.at += 1;
            let (words, written) = match piece {
                Piece::Text(text) => {
                    items.push(Item::Text(text.clone()));
                    continue;
                }
                Piece::Action(words, written) => (words.clone(), written.clone()),
            };
            let first = match words.first() {
                Some(Word::Name(name)) => name.as_str(),
                _ => "",
            };
            let rest = words.get(1..).unwrap_or_default();
            match first {
                "end" | "else" => return Ok((items, Some(words))),
                "if" => items.push(Item::If(self.branch(rest)?)),
                "with" => items.push(Item::With(self.branch(rest)?)),
                "range" => {
                    let (names, rest) = range_names(rest);
                    items.push(Item::Range(names, self.branch(rest)?));
                }
                "define" | "template" | "block" | "break" | "continue" => return Err(Stop::Beyond),
                _ => items.push(print(&words, written)?),
            }
        }
        Ok((items, None))
    }

    fn branch(&mut self, words: &[Word]) -> Result<Branch, Stop> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Beyond);
        }
        let pipe = pipe(words)?;
        let (body, end) = self.items()?;
        let Some(end) = end else { return Err(refused("`end` is missing")) };
        let otherwise = match (end.first(), end.get(1)) {
            (Some(Word::Name(name)), None) if name == "end" => Vec::new(),
            (Some(Word::Name(name)), None) if name == "else" => match self.items()? {
                (items, Some(end)) if end == [Word::Name("end".to_owned())] => items,
                _ => return Err(refused("`end` is missing")),
            },
            (Some(Word::Name(name)), Some(Word::Name(again))) if name == "else" && again == "if" => {
                vec![Item::If(self.branch(end.get(2..).unwrap_or_default())?)]
            }
            _ => return Err(Stop::Beyond),
        };
        self.depth -= 1;
        Ok(Branch { pipe, body, otherwise })
    }
}

/// `$value :=` or `$key, $value :=`
fn range_names(words: &[Word]) -> (Vec<String>, &[Word]) {
    match words {
        [Word::Variable(key), Word::Comma, Word::Variable(value), Word::Declare, rest @ ..] => {
            (vec![key.clone(), value.clone()], rest)
        }
        [Word::Variable(value), Word::Declare, rest @ ..] => (vec![value.clone()], rest),
        _ => (Vec::new(), words),
    }
}

fn print(words: &[Word], written: String) -> Result<Item, Stop> {
    let pipe = pipe(words)?;
    Ok(if pipe.variable.is_some() { Item::Set(pipe) } else { Item::Print(pipe, written) })
}

fn pipe(words: &[Word]) -> Result<Pipe, Stop> {
    let mut words = words;
    let mut variable = None;
    if let [Word::Variable(name), Word::Declare | Word::Assign, rest @ ..] = words {
        variable = Some(name.clone());
        words = rest;
    }
    let mut reader = Reader { words, at: 0, depth: 0 };
    let commands = reader.commands()?;
    if reader.at < words.len() {
        return Err(refused("a bracket is closed that was not opened"));
    }
    Ok(Pipe { variable, commands })
}

struct Reader<'w> {
    words: &'w [Word],
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    /// Commands up to a closing bracket or the end.
    fn commands(&mut self) -> Result<Vec<Vec<Term>>, Stop> {
        let mut commands = vec![Vec::new()];
        while let Some(word) = self.words.get(self.at) {
            match word {
                Word::Close => break,
                Word::Pipe => {
                    self.at += 1;
                    commands.push(Vec::new());
                }
                _ => {
                    let term = self.term()?;
                    commands.last_mut().ok_or(Stop::Beyond)?.push(term);
                }
            }
        }
        // Go passes over a last pipe without a command.
        if commands.len() > 1 && commands.last().is_some_and(Vec::is_empty) {
            commands.pop();
        }
        if commands.iter().any(Vec::is_empty) {
            return Err(refused("a command is missing"));
        }
        Ok(commands)
    }

    fn term(&mut self) -> Result<Term, Stop> {
        let word = self.words.get(self.at).cloned().ok_or(Stop::Beyond)?;
        self.at += 1;
        Ok(match word {
            Word::Text(text) => Term::Text(text),
            Word::Number(number) => Term::Number(number),
            Word::Name(name) => match name.as_str() {
                "true" | "false" => Term::Bool(name == "true"),
                "nil" => Term::Nil,
                _ => Term::Function(name),
            },
            Word::Dot => Term::Path(Root::Dot, Vec::new()),
            Word::Field { name, .. } => Term::Path(Root::Dot, self.keys(Some(name))),
            Word::Variable(name) => Term::Path(Root::Variable(name), self.keys(None)),
            Word::Open => {
                let inner = self.inner()?;
                Term::Path(Root::Inner(Box::new(inner)), self.keys(None))
            }
            Word::Close | Word::Pipe | Word::Comma | Word::Declare | Word::Assign => {
                return Err(Stop::Beyond);
            }
        })
    }

    fn inner(&mut self) -> Result<Pipe, Stop> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Stop::Beyond);
        }
        let commands = self.commands()?;
        self.depth -= 1;
        if self.words.get(self.at) != Some(&Word::Close) {
            return Err(refused("`)` is missing"));
        }
        self.at += 1;
        Ok(Pipe { variable: None, commands })
    }

    /// The fields that are glued to what stands before them.
    fn keys(&mut self, first: Option<String>) -> Vec<String> {
        let mut keys: Vec<String> = first.into_iter().collect();
        while let Some(Word::Field { name, glued: true }) = self.words.get(self.at) {
            keys.push(name.clone());
            self.at += 1;
        }
        keys
    }
}
