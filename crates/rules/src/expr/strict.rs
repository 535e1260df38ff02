//! Makes every read of a value that is not known an error.
//!
//! Each maximal chain of names and indices (`object.spec.plugins[0].name`) in the place of a
//! value is wrapped in a call that fails if its value is not known. Comparing for equality
//! looks at the whole depth of its operands, since lists and maps compare by a boolean that
//! could not say "unknown". Functions that can answer for partly known text get it as it is.
//!
//! `has(a.b.c)` becomes `has(a.b) && has(a.b.c)`: a field of something absent is absent.

use cel::common::ast::operators::{EQUALS, IN, INDEX, LOGICAL_AND, NOT_EQUALS};
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use cel::common::types::CelString;

/// Fails if its argument is not known.
pub(super) const KNOWN: &str = "@known";
/// Fails if its argument, or anything below it, is not known.
pub(super) const SETTLED: &str = "@settled";
/// Fails if nothing of its argument is known.
pub(super) const TEXT: &str = "@text";
/// The text as written of an argument that is not known whole; any other as it is.
pub(super) const SHOWN: &str = "@shown";

/// Stands for what a person would call `self`, which the expression does not know.
const SUBJECT: &str = "\u{1}";

/// `matches`, as it is evaluated.
pub(super) const MATCHES: &str = "@matches";

/// Functions of a string that answer for partly known text where they can.
pub(super) const PARTIAL_AWARE: [&str; 3] = ["startsWith", "endsWith", "contains"];

/// Puts what a person calls `self` into a phrase made here.
pub(super) fn with_subject(phrase: &str, subject: &str) -> String {
    phrase.replace(SUBJECT, subject)
}

/// The strict form of an expression; `lookups` are names that are indexed by text.
pub(super) fn strict(expr: IdedExpr, lookups: &[&str]) -> IdedExpr {
    Rewriter { lookups, is_strict: true }.value(expr, KNOWN)
}

/// The form for texts and places: `has` as in the strict form, and what is not known is shown
/// as it is written.
pub(super) fn plain(expr: IdedExpr, lookups: &[&str]) -> IdedExpr {
    Rewriter { lookups, is_strict: false }.value(expr, KNOWN)
}

struct Rewriter<'l> {
    lookups: &'l [&'l str],
    is_strict: bool,
}

impl Rewriter<'_> {
    /// An expression in the place of a value, its chain wrapped in `guard`.
    fn value(&self, expr: IdedExpr, guard: &str) -> IdedExpr {
        if is_chain(&expr.expr) {
            let phrase = phrase(&expr.expr);
            let chain = self.chain(expr);
            return match guard {
                _ if is_internal(&chain.expr) => chain,
                // What is looked up by partly known text may still answer.
                TEXT if !self.is_strict => chain,
                _ if !self.is_strict => wrap(SHOWN, chain, &phrase),
                guard => wrap(guard, chain, &phrase),
            };
        }
        let id = expr.id;
        let expr = match expr.expr {
            Expr::Call(call) => Expr::Call(self.call(call)),
            Expr::Select(select) => self.presence(select),
            Expr::Comprehension(mut it) => {
                it.iter_range = self.value(it.iter_range, KNOWN);
                it.accu_init = self.value(it.accu_init, KNOWN);
                it.loop_cond = self.value(it.loop_cond, KNOWN);
                it.loop_step = self.value(it.loop_step, KNOWN);
                it.result = self.value(it.result, KNOWN);
                Expr::Comprehension(it)
            }
            Expr::List(mut list) => {
                list.elements = self.values(list.elements, guard);
                Expr::List(list)
            }
            Expr::Map(mut map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        entry.value = self.value(std::mem::take(&mut entry.value), guard);
                    }
                }
                Expr::Map(map)
            }
            other => other,
        };
        IdedExpr { id, expr }
    }

    fn values(&self, exprs: Vec<IdedExpr>, guard: &str) -> Vec<IdedExpr> {
        exprs.into_iter().map(|expr| self.value(expr, guard)).collect()
    }

    /// Names and indices themselves: only their keys are values.
    fn chain(&self, expr: IdedExpr) -> IdedExpr {
        let id = expr.id;
        let expr = match expr.expr {
            Expr::Select(mut select) => {
                *select.operand = self.operand(std::mem::take(select.operand.as_mut()));
                Expr::Select(select)
            }
            Expr::Call(mut call) => {
                let key = call.args.pop().unwrap_or_default();
                let of = call.args.pop().unwrap_or_default();
                let by_text = matches!(&of.expr, Expr::Ident(name) if self.lookups.contains(&name.as_str()));
                let key = self.value(key, if by_text { TEXT } else { KNOWN });
                call.args = vec![self.operand(of), key];
                Expr::Call(call)
            }
            other => other,
        };
        IdedExpr { id, expr }
    }

    /// What a field is taken of: a chain, or a value.
    fn operand(&self, expr: IdedExpr) -> IdedExpr {
        if is_chain(&expr.expr) { self.chain(expr) } else { self.value(expr, KNOWN) }
    }

    fn call(&self, mut call: CallExpr) -> CallExpr {
        if call.func_name == IN && call.args.len() == 2 {
            let list = call.args.pop().unwrap_or_default();
            let item = call.args.pop().unwrap_or_default();
            call.args = vec![self.value(item, SETTLED), self.value(list, KNOWN)];
            return call;
        }
        let guard = if matches!(call.func_name.as_str(), EQUALS | NOT_EQUALS) { SETTLED } else { KNOWN };
        let of_text = PARTIAL_AWARE.contains(&call.func_name.as_str());
        let target = call.target.take();
        call.target = target.map(|target| Box::new(self.value(*target, if of_text { TEXT } else { KNOWN })));
        call.args = self.values(std::mem::take(&mut call.args), guard);
        if call.func_name == "matches" && call.target.is_some() {
            MATCHES.clone_into(&mut call.func_name);
        }
        call
    }

    /// `has(a.b.c)`, for each field on the way.
    fn presence(&self, select: SelectExpr) -> Expr {
        let mut tests = Vec::new();
        let mut operand = select.operand.as_ref();
        while let Expr::Select(inner) = &operand.expr {
            tests.push(SelectExpr { test: true, ..inner.clone() });
            operand = &inner.operand;
        }
        tests.reverse();
        tests.push(select);
        let test = |mut select: SelectExpr| {
            *select.operand = self.operand(std::mem::take(select.operand.as_mut()));
            IdedExpr { id: 0, expr: Expr::Select(select) }
        };
        let all = tests.into_iter().map(test).reduce(|left, right| {
            let call = CallExpr { func_name: LOGICAL_AND.to_owned(), target: None, args: vec![left, right] };
            IdedExpr { id: 0, expr: Expr::Call(call) }
        });
        all.unwrap_or_default().expr
    }
}

/// Names, fields and indices: what stands for a value of the object or a view.
fn is_chain(expr: &Expr) -> bool {
    match expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test,
        Expr::Call(call) => call.func_name == INDEX && call.args.len() == 2,
        _ => false,
    }
}

/// Variables that a macro makes for itself.
fn is_internal(expr: &Expr) -> bool {
    matches!(expr, Expr::Ident(name) if name.starts_with('@'))
}

fn wrap(function: &str, expr: IdedExpr, phrase: &str) -> IdedExpr {
    let phrase = LiteralValue::String(CelString::from(phrase.to_owned()));
    let phrase = IdedExpr { id: 0, expr: Expr::Literal(phrase) };
    let call = CallExpr { func_name: function.to_owned(), target: None, args: vec![expr, phrase] };
    IdedExpr { id: 0, expr: Expr::Call(call) }
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
