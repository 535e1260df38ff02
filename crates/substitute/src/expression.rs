//! The language of `${…}`, parsed as Flux's parser does it, peculiarities included.

use crate::error::BadExpression;
use crate::scanner::{END, Run, Scanner, in_name};
use std::ops::Range;

/// How deep variables may stand in the defaults of others.
const DEPTH: usize = 100;

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Text as written, at this range.
    Text(Range<usize>),
    /// The `$` (or `\`) at this byte, which goes because it escapes what follows.
    Escape(usize),
    /// A variable.
    Use(Use),
}

/// One `${…}`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Use {
    /// From `$` to behind `}`.
    pub(crate) range: Range<usize>,
    /// The name of the variable.
    pub(crate) name: Range<usize>,
    pub(crate) operator: Operator,
    /// The default in its parts, each one operand; else one operand each.
    pub(crate) operands: Vec<Operand>,
}

/// Parts that make one operand: several only around escapes.
pub(crate) type Operand = Vec<Part>;

/// What is done with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `${x}`, and what is no operator after all (`${x,^}`).
    Plain,
    /// `${x:=y}`, `${x:-y}`, `${x=y}`; for Flux `:+` and `:?` mean the same.
    Default,
    /// `${#x}`
    Length,
    /// `${x,}`, `${x,,}`, `${x^}`, `${x^^}`
    LowerFirst,
    Lower,
    UpperFirst,
    Upper,
    /// `${x:1}`, `${x:1:2}`
    Substring,
    /// `${x#y}`, `${x##y}`, `${x%y}`, `${x%%y}`
    TrimPrefix {
        longest: bool,
    },
    TrimSuffix {
        longest: bool,
    },
    /// `${x/y/z}`, `${x//y/z}`, `${x/#y/z}`, `${x/%y/z}`
    ReplaceFirst,
    ReplaceAll,
    ReplacePrefix,
    ReplaceSuffix,
}

/// What cannot be parsed, and where its `${` stands.
pub(crate) type Failure = (BadExpression, usize);

/// The parts of a text.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>, Failure> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
    let mut parts = Vec::new();
    loop {
        parts.extend(parser.text(Run { variables: true, dollars: true, backslashes: false }, |_| true));
        if parser.scanner.peek() == END {
            return Ok(parts);
        }
        parts.push(Part::Use(parser.variable()?));
    }
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    /// Of the variable that is read.
    depth: usize,
}

impl Parser<'_> {
    /// A run with the escapes in it.
    fn text(&mut self, run: Run, accept: impl Fn(char) -> bool) -> Operand {
        let start = self.scanner.at;
        let mut parts = Vec::new();
        let mut known = start;
        for range in self.scanner.run(run, accept) {
            // Escapes leave one byte out between two ranges.
            if known < range.start {
                parts.push(Part::Escape(known));
            }
            known = range.end;
            parts.push(Part::Text(range));
        }
        parts
    }

    /// A `${…}`, which is next.
    fn variable(&mut self) -> Result<Use, Failure> {
        let start = self.scanner.at;
        if self.depth >= DEPTH {
            return Err((BadExpression::Depth, start));
        }
        self.depth += 1;
        self.scanner.take("${");
        let read = self.inside().map_err(|failure| match failure {
            Stop::Here(problem) => (problem, start),
            Stop::Within(failure) => failure,
        });
        self.depth -= 1;
        let (name, operator, operands) = read?;
        Ok(Use { range: start..self.scanner.at, name, operator, operands })
    }

    fn inside(&mut self) -> Result<Inside, Stop> {
        if self.scanner.take("#") {
            let name = self.name()?;
            return self.close((name, Operator::Length, Vec::new()));
        }
        let name = self.name()?;
        match (self.scanner.peek(), self.scanner.second()) {
            (':', '=' | '-' | '?' | '+') => {
                self.scanner.at += 2;
                self.default(name)
            }
            ('=', _) => {
                self.scanner.at += 1;
                self.default(name)
            }
            (':', _) => self.substring(name),
            (',' | '^', _) => self.casing(name),
            ('/', _) => self.replace(name),
            (mark @ ('#' | '%'), _) => self.trim(name, mark),
            _ => {
                let closed = self.scanner.take("}");
                if closed {
                    Ok((name, Operator::Plain, Vec::new()))
                } else {
                    Err(BadExpression::Brace.into())
                }
            }
        }
    }

    fn name(&mut self) -> Result<Range<usize>, Stop> {
        let start = self.scanner.at;
        self.scanner.take_while(usize::MAX, in_name);
        if self.scanner.at == start { Err(BadExpression::Name.into()) } else { Ok(start..self.scanner.at) }
    }

    fn close(&mut self, inside: Inside) -> Result<Inside, Stop> {
        if self.scanner.take("}") { Ok(inside) } else { Err(BadExpression::Operand.into()) }
    }

    /// A variable or a run of accepted characters; at least one.
    fn operand(&mut self, run: Run, accept: impl Fn(char) -> bool) -> Result<Operand, Stop> {
        if (self.scanner.peek(), self.scanner.second()) == ('$', '{') {
            return Ok(vec![Part::Use(self.variable()?)]);
        }
        let start = self.scanner.at;
        let parts = self.text(Run { variables: true, ..run }, accept);
        if self.scanner.at == start { Err(BadExpression::Operand.into()) } else { Ok(parts) }
    }

    fn default(&mut self, name: Range<usize>) -> Result<Inside, Stop> {
        let mut operands = Vec::new();
        while self.scanner.peek() != '}' {
            operands.push(self.operand(Run::default(), |char| char != '}')?);
        }
        self.close((name, Operator::Default, operands))
    }

    fn substring(&mut self, name: Range<usize>) -> Result<Inside, Stop> {
        self.scanner.take(":");
        let mut operands = vec![self.operand(Run::default(), |char| !matches!(char, ':' | '}'))?];
        if self.scanner.take_while(usize::MAX, |char| char == ':').is_empty() {
            return self.close((name, Operator::Substring, operands));
        }
        operands.push(self.operand(Run::default(), |char| char != '}')?);
        self.close((name, Operator::Substring, operands))
    }

    fn casing(&mut self, name: Range<usize>) -> Result<Inside, Stop> {
        let operator = match self.scanner.take_while(2, |char| matches!(char, ',' | '^')) {
            "," => Operator::LowerFirst,
            ",," => Operator::Lower,
            "^" => Operator::UpperFirst,
            "^^" => Operator::Upper,
            _ => Operator::Plain,
        };
        self.close((name, operator, Vec::new()))
    }

    fn trim(&mut self, name: Range<usize>, mark: char) -> Result<Inside, Stop> {
        let longest = self.scanner.take_while(2, |char| char == mark).len() == 2;
        let operator =
            if mark == '#' { Operator::TrimPrefix { longest } } else { Operator::TrimSuffix { longest } };
        let operand = self.operand(Run::default(), |char| char != '}')?;
        self.close((name, operator, vec![operand]))
    }

    fn replace(&mut self, name: Range<usize>) -> Result<Inside, Stop> {
        self.scanner.take("/");
        let operator = match self.scanner.take_while(1, |char| matches!(char, '/' | '#' | '%')) {
            "/" => Operator::ReplaceAll,
            "#" => Operator::ReplacePrefix,
            "%" => Operator::ReplaceSuffix,
            _ => Operator::ReplaceFirst,
        };
        let run = Run { variables: true, dollars: true, backslashes: true };
        let mut operands = vec![self.operand(run, |char| char != '/')?];
        if self.scanner.take_while(usize::MAX, |char| char == '/').is_empty() {
            return Err(BadExpression::Operand.into());
        }
        if self.scanner.peek() != '}' {
            operands.push(self.operand(run, |char| char != '}')?);
        }
        self.close((name, operator, operands))
    }
}

/// Name, operator, operands.
type Inside = (Range<usize>, Operator, Vec<Operand>);

/// Why a variable cannot be parsed: itself, or one within it.
enum Stop {
    Here(BadExpression),
    Within(Failure),
}

impl From<BadExpression> for Stop {
    fn from(problem: BadExpression) -> Self {
        Self::Here(problem)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Within(failure)
    }
}
