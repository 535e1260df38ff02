//! One field: which values count.

/// The values of a field that count, and whether it was written with a star.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits {
    set: u64,
    /// A star or a question mark stands in it; a step behind it changes nothing about that.
    pub(super) is_star: bool,
}

/// What a field can hold.
#[derive(Debug)]
pub(super) struct Bounds {
    least: u64,
    most: u64,
    /// Names of values from `least` on.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Bounds {
    pub(super) const SECOND: Self = Self { least: 0, most: 59, names: &[] };
    pub(super) const MINUTE: Self = Self { least: 0, most: 59, names: &[] };
    pub(super) const HOUR: Self = Self { least: 0, most: 23, names: &[] };
    pub(super) const DAY: Self = Self { least: 1, most: 31, names: &[] };
    pub(super) const MONTH: Self = Self { least: 1, most: 12, names: MONTHS };
    pub(super) const WEEKDAY: Self = Self { least: 0, most: 6, names: WEEKDAYS };

    fn value(&self, text: &str) -> Result<u64, String> {
        let lower = text.to_lowercase();
        match self.names.iter().position(|name| *name == lower) {
            Some(index) => Ok(self.least + u64::try_from(index).unwrap_or_default()),
            None => number(text),
        }
    }
}

impl Bits {
    /// Items between commas; empty ones are skipped.
    pub(super) fn read(field: &str, bounds: &Bounds) -> Result<Self, String> {
        let mut bits = Self { set: 0, is_star: false };
        for item in field.split(',').filter(|item| !item.is_empty()) {
            bits.add(item, bounds)?;
        }
        Ok(bits)
    }

    /// `*`, `?`, `a`, `a-b`, each perhaps with `/step`; `a/step` goes up to the greatest value.
    fn add(&mut self, item: &str, bounds: &Bounds) -> Result<(), String> {
        let parts: Vec<&str> = item.split('/').collect();
        let ends: Vec<&str> = parts.first().copied().unwrap_or_default().split('-').collect();
        let mut range = match ends.as_slice() {
            ["*" | "?", ..] => {
                self.is_star = true;
                (bounds.least, bounds.most)
            }
            [one] => {
                let one = bounds.value(one)?;
                (one, one)
            }
            [first, last] => (bounds.value(first)?, bounds.value(last)?),
            [first, ..] => {
                bounds.value(first)?;
                return Err(format!("Too many hyphens: {item}"));
            }
            [] => return Ok(()),
        };
        let step = match parts.as_slice() {
            [_] => 1,
            [_, step] => {
                let step = number(step)?;
                if ends.len() == 1 {
                    range.1 = bounds.most;
                }
                step
            }
            _ => return Err(format!("Too many slashes: {item}")),
        };
        self.add_range(range, step, item, bounds)
    }

    fn add_range(&mut self, range: (u64, u64), step: u64, item: &str, bounds: &Bounds) -> Result<(), String> {
        let ((first, last), Bounds { least, most, .. }) = (range, bounds);
        if first < *least {
            return Err(format!("Beginning of range ({first}) below minimum ({least}): {item}"));
        }
        if last > *most {
            return Err(format!("End of range ({last}) above maximum ({most}): {item}"));
        }
        if first > last {
            return Err(format!("Beginning of range ({first}) beyond end of range ({last}): {item}"));
        }
        if step == 0 {
            return Err(format!("Step of range should be a positive number: {item}"));
        }
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        for value in (first..=last).step_by(step) {
            self.set |= 1 << value;
        }
        Ok(())
    }

    /// Whether a value counts.
    pub(super) fn holds(self, value: i8) -> bool {
        u32::try_from(value).is_ok_and(|value| value < 64 && self.set & (1 << value) != 0)
    }

    /// The values that count, in order.
    pub(super) fn values(self) -> Vec<i8> {
        (0..60).filter(|value| self.holds(*value)).collect()
    }
}

/// A whole number as Go reads it (`strconv.Atoi`), with its sentence where it is none.
fn number(text: &str) -> Result<u64, String> {
    let failed = |why: &str| {
        Err(format!(
            "Failed to parse int from {text}: strconv.Atoi: parsing {}: {why}",
            super::duration::quoted(text)
        ))
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return failed("invalid syntax");
    }
    match text.parse::<i64>() {
        Ok(number) => {
            u64::try_from(number).map_err(|_| format!("Negative number ({number}) not allowed: {text}"))
        }
        Err(_) => failed("value out of range"),
    }
}
