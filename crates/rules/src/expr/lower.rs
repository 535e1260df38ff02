//! Compiles a parsed expression, whose names were checked before.
//!
//! Each maximal chain of names and indices (`object.spec.plugins[0].name`) in the place of a value
//! becomes a [`Read`]: from there on its value must be known. Comparing for equality looks at the
//! whole depth of its operands; functions that can answer for partly known text get it as it is.
//!
//! `has(a.b.c)` asks for each field on the way: a field of something absent is absent.

use super::code::{Code, Field, Fold, Guard, Has, Literal, Name, Operator, Read, Step};
use super::functions::{Function, Pattern};
use super::slots::Slot;
use super::{ExprError, Names, Scope};
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators,
};

/// Stands for what a person would call `self`, which the expression does not know.
const SUBJECT: &str = "\u{1}";

/// Puts what a person calls `self` into a phrase made here.
pub(super) fn with_subject(phrase: String, scope: &dyn Scope) -> String {
    if phrase.contains(SUBJECT) { phrase.replace(SUBJECT, &scope.subject()) } else { phrase }
}

/// Compiles an expression.
pub(super) fn lower(expr: &IdedExpr, names: &Names<'_>) -> Result<Code, ExprError> {
    Lowering { names, locals: Vec::new() }.value(expr, Guard::Known)
}

struct Lowering<'n> {
    names: &'n Names<'n>,
    /// Variables of macros around the place, innermost last.
    locals: Vec<String>,
}

type Lowered = Result<Code, ExprError>;

impl Lowering<'_> {
    /// An expression in the place of a value.
    fn value(&mut self, expr: &IdedExpr, guard: Guard) -> Lowered {
        if is_chain(&expr.expr) {
            let chain = self.chain(expr)?;
            return Ok(Code::Read(Box::new(Read { chain, guard, phrase: phrase(&expr.expr).into() })));
        }
        match &expr.expr {
            Expr::Call(call) => self.call(call),
            Expr::Select(select) => self.presence(select),
            Expr::Comprehension(it) => self.comprehension(it),
            Expr::List(list) => Ok(Code::List(self.values(&list.elements, guard)?.into())),
            Expr::Map(map) => {
                let mut pairs = Vec::new();
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        pairs.push((self.value(&entry.key, Guard::Known)?, self.value(&entry.value, guard)?));
                    }
                }
                Ok(Code::Map(pairs.into()))
            }
            Expr::Literal(value) => literal(value).map(Code::Literal),
            Expr::Ident(_) | Expr::Struct(_) | Expr::Unspecified => Err(not_offered("this")),
        }
    }

    fn values(&mut self, exprs: &[IdedExpr], guard: Guard) -> Result<Vec<Code>, ExprError> {
        exprs.iter().map(|expr| self.value(expr, guard)).collect()
    }

    /// Names and indices themselves: only their keys are values.
    fn chain(&mut self, expr: &IdedExpr) -> Lowered {
        match &expr.expr {
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) if self.is_params(&select.operand) => {
                Ok(Code::Param(select.field.as_str().into()))
            }
            Expr::Select(select) => {
                let name = Name::new(&select.field);
                Ok(Code::Field(match self.operand(&select.operand)? {
                    Code::Field(mut field) => {
                        field.names.push(name);
                        field
                    }
                    of => Box::new(Field { of, names: vec![name] }),
                }))
            }
            Expr::Call(CallExpr { args, .. }) => match args.as_slice() {
                [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(name)), .. }]
                    if self.is_params(of) =>
                {
                    Ok(Code::Param(name.inner().into()))
                }
                [of, key] => {
                    let guard = if self.is_lookup(of) { Guard::Text } else { Guard::Known };
                    Ok(Code::Index(Box::new([self.operand(of)?, self.value(key, guard)?])))
                }
                _ => Err(not_offered("this")),
            },
            _ => self.value(expr, Guard::Known),
        }
    }

    /// What a field is taken of: a chain, or a value.
    fn operand(&mut self, expr: &IdedExpr) -> Lowered {
        if is_chain(&expr.expr) { self.chain(expr) } else { self.value(expr, Guard::Known) }
    }

    fn local(&self, name: &str) -> Option<usize> {
        self.locals.iter().rev().position(|local| local == name)
    }

    fn is_params(&self, expr: &IdedExpr) -> bool {
        matches!(&expr.expr, Expr::Ident(name) if name == "params" && self.local(name).is_none())
    }

    fn is_lookup(&self, expr: &IdedExpr) -> bool {
        let Expr::Ident(name) = &expr.expr else { return false };
        self.names.lookups().contains(&name.as_str()) && self.local(name).is_none()
    }

    fn name(&self, name: &str) -> Lowered {
        if let Some(depth) = self.local(name) {
            return Ok(Code::Local(depth));
        }
        match name {
            "self" => Ok(Code::This),
            "object" => Ok(Code::Object),
            "old" => Ok(Code::Old),
            "was" => Ok(Code::Was),
            "params" => Err(not_offered("`params` as a whole")),
            name => Slot::of(name).map(Code::Variable).ok_or_else(|| not_offered(&format!("`{name}`"))),
        }
    }

    fn call(&mut self, call: &CallExpr) -> Lowered {
        if let ([one], None) = (call.args.as_slice(), &call.target) {
            match call.func_name.as_str() {
                operators::LOGICAL_NOT => return Ok(Code::Not(Box::new(self.value(one, Guard::Known)?))),
                operators::NEGATE => return Ok(Code::Negate(Box::new(self.value(one, Guard::Known)?))),
                _ => {}
            }
        }
        if let ([condition, yes, no], operators::CONDITIONAL) =
            (call.args.as_slice(), call.func_name.as_str())
        {
            let mut part = |expr| self.value(expr, Guard::Known);
            return Ok(Code::If(Box::new([part(condition)?, part(yes)?, part(no)?])));
        }
        match call.args.as_slice() {
            [left, right] if call.target.is_none() => match self.operator(&call.func_name, left, right)? {
                Some(code) => Ok(code),
                None => self.function(call),
            },
            _ => self.function(call),
        }
    }

    /// An operator of two sides; `None` for a function.
    fn operator(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Result<Option<Code>, ExprError> {
        let operator = match name {
            operators::LOGICAL_AND | operators::LOGICAL_OR => {
                let sides = Box::new([self.value(left, Guard::Known)?, self.value(right, Guard::Known)?]);
                return Ok(Some(if name == operators::LOGICAL_AND {
                    Code::And(sides)
                } else {
                    Code::Or(sides)
                }));
            }
            operators::EQUALS => Operator::Equals,
            operators::NOT_EQUALS => Operator::Differs,
            operators::LESS => Operator::Less,
            operators::LESS_EQUALS => Operator::LessEquals,
            operators::GREATER => Operator::Greater,
            operators::GREATER_EQUALS => Operator::GreaterEquals,
            operators::IN => Operator::In,
            operators::ADD => Operator::Add,
            operators::SUBSTRACT => Operator::Subtract,
            operators::MULTIPLY => Operator::Multiply,
            operators::DIVIDE => Operator::Divide,
            operators::MODULO => Operator::Modulo,
            _ => return Ok(None),
        };
        let (of_left, of_right) = match operator {
            Operator::Equals | Operator::Differs => (Guard::Settled, Guard::Settled),
            Operator::In => (Guard::Settled, Guard::Known),
            _ => (Guard::Known, Guard::Known),
        };
        let left = self.value(left, of_left)?;
        if let (Operator::In, Expr::List(list)) = (operator, &right.expr)
            && let Some(literals) = literals(&list.elements)
        {
            return Ok(Some(Code::Among(Box::new((left, literals)))));
        }
        Ok(Some(Code::Binary(operator, Box::new([left, self.value(right, of_right)?]))))
    }

    fn function(&mut self, call: &CallExpr) -> Lowered {
        let name = &call.func_name;
        let count = call.args.len() + usize::from(call.target.is_some());
        let function = Function::of(name, count).filter(|function| match &call.target {
            None => function.forms().0,
            Some(_) => function.forms().1,
        });
        let Some(function) = function else {
            return Err(ExprError {
                message: format!("`{name}`: not with these arguments"),
                at: None,
                help: None,
            });
        };
        let guard = if function.is_of_partial() { Guard::Text } else { Guard::Known };
        let target = call.target.as_ref().map(|target| self.value(target, guard)).transpose()?;
        if let (
            Function::Matches,
            Some(_),
            [IdedExpr { expr: Expr::Literal(LiteralValue::String(text)), .. }],
        ) = (function, &target, call.args.as_slice())
            && let Some(target) = target
        {
            return Ok(Code::Matches(Box::new((target, Pattern::new(text.inner())))));
        }
        let mut args: Vec<Code> = target.into_iter().collect();
        args.extend(self.values(&call.args, Guard::Known)?);
        Ok(Code::Call(function, args.into()))
    }

    /// `has(a.b.c)`, for each field on the way.
    fn presence(&mut self, select: &SelectExpr) -> Lowered {
        let mut fields = vec![Name::new(&select.field)];
        let mut operand = select.operand.as_ref();
        while let Expr::Select(inner) = &operand.expr
            && !inner.test
        {
            fields.push(Name::new(&inner.field));
            operand = &inner.operand;
        }
        fields.reverse();
        Ok(Code::Has(Box::new(Has { of: self.operand(operand)?, fields: fields.into() })))
    }

    /// A macro, known by the shape that the parser gives it.
    fn comprehension(&mut self, it: &ComprehensionExpr) -> Lowered {
        let range = self.value(&it.iter_range, Guard::Known)?;
        let Expr::Call(CallExpr { func_name, args, .. }) = &it.loop_step.expr else {
            return Err(not_offered("this macro"));
        };
        self.locals.push(it.iter_var.clone());
        let step = match (&it.accu_init.expr, func_name.as_str(), args.as_slice()) {
            (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_AND, [_, of]) => {
                Step::All(self.value(of, Guard::Known)?)
            }
            (Expr::Literal(LiteralValue::Boolean(_)), operators::LOGICAL_OR, [_, of]) => {
                Step::Exists(self.value(of, Guard::Known)?)
            }
            (Expr::Literal(LiteralValue::Int(_)), operators::CONDITIONAL, [of, ..]) => {
                Step::ExistsOne(self.value(of, Guard::Known)?)
            }
            (Expr::List(_), operators::ADD, [_, added]) => {
                Step::Collect(None, self.value(only_item(added)?, Guard::Known)?)
            }
            (
                Expr::List(_),
                operators::CONDITIONAL,
                [condition, IdedExpr { expr: Expr::Call(add), .. }, _],
            ) => {
                let added = add.args.get(1).ok_or_else(|| not_offered("this macro"))?;
                let condition = self.value(condition, Guard::Known)?;
                Step::Collect(Some(condition), self.value(only_item(added)?, Guard::Known)?)
            }
            _ => return Err(not_offered("this macro")),
        };
        self.locals.pop();
        Ok(Code::Fold(Box::new(Fold { range, step })))
    }
}

/// `x` of `[x]`.
fn only_item(list: &IdedExpr) -> Result<&IdedExpr, ExprError> {
    match &list.expr {
        Expr::List(list) => list.elements.first().ok_or_else(|| not_offered("this macro")),
        _ => Err(not_offered("this macro")),
    }
}

/// Names, fields and indices: what stands for a value of the object or a view.
fn is_chain(expr: &Expr) -> bool {
    match expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test,
        Expr::Call(call) => call.func_name == operators::INDEX && call.args.len() == 2,
        _ => false,
    }
}

fn literal(value: &LiteralValue) -> Result<Literal, ExprError> {
    Ok(match value {
        LiteralValue::Boolean(value) => Literal::Bool(*value.inner()),
        LiteralValue::Double(value) => Literal::Double(*value.inner()),
        LiteralValue::Int(value) => Literal::Int(*value.inner()),
        LiteralValue::Null => Literal::Null,
        LiteralValue::String(text) => Literal::Text(text.inner().into()),
        LiteralValue::UInt(value) => Literal::UInt(*value.inner()),
        LiteralValue::Bytes(_) => return Err(not_offered("a literal of bytes")),
    })
}

/// The elements of a list, where all of them are literals.
fn literals(elements: &[IdedExpr]) -> Option<Box<[Literal]>> {
    let literals = elements.iter().map(|element| match &element.expr {
        Expr::Literal(value) => literal(value).ok(),
        _ => None,
    });
    literals.collect()
}

fn not_offered(what: &str) -> ExprError {
    ExprError { message: format!("{what} is not offered to rules"), at: None, help: None }
}

/// What a person would call the value of a chain: `object.spec.x` is `spec.x`.
fn phrase(expr: &Expr) -> String {
    match expr {
        Expr::Ident(name) if name == "self" => SUBJECT.to_owned(),
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(name) if name == "object" => select.field.clone(),
            // A view's verdict on what it stands for: `spec.affinity`, not `spec.affinity.is_accepted`.
            Expr::Ident(name) if name == "self" && select.field.starts_with("is_") => SUBJECT.to_owned(),
            operand => format!("{}.{}", phrase(operand), select.field),
        },
        Expr::Call(call) => {
            let of = call.args.first().map_or_else(String::new, |of| phrase(&of.expr));
            let key = call.args.get(1).map_or_else(String::new, |key| phrase(&key.expr));
            format!("{of}[{key}]")
        }
        Expr::Literal(LiteralValue::String(text)) => format!("'{}'", text.inner()),
        Expr::Literal(LiteralValue::Int(number)) => number.inner().to_string(),
        _ => "…".to_owned(),
    }
}
