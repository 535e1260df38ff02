//! Whether there is time left to judge.

/// Rules between two looks at the time, which costs as much as a small rule.
const RULES: usize = 16;
/// Steps of a rule after which it is looked at at once.
const STEPS: usize = 10_000;

/// Looks at the time now and then.
pub(super) struct Lateness<'a> {
    is_late: &'a dyn Fn() -> bool,
    rules: usize,
    late: bool,
}

impl<'a> Lateness<'a> {
    pub(super) fn new(is_late: &'a dyn Fn() -> bool) -> Self {
        Self { is_late, rules: 0, late: false }
    }

    /// Before the next rule; the last one took so many steps.
    pub(super) fn look(&mut self, steps: usize) {
        self.rules += 1;
        if !self.late && (steps > STEPS || self.rules.is_multiple_of(RULES)) {
            self.late = (self.is_late)();
        }
    }

    /// Why nothing more is judged.
    pub(super) fn reason(&self) -> Option<String> {
        self.late.then(|| "not judged in time".to_owned())
    }
}
