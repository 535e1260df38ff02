//! Lengths of time as Go writes them: `1h30m`, `12h`, `1.5s`.

/// Nanoseconds in a unit.
fn unit(name: &str) -> Option<i128> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The whole seconds of a length, at least one; the error is the library's own sentence.
pub(super) fn every(text: &str) -> Result<i64, String> {
    let nanoseconds = nanoseconds(text)?;
    Ok(i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX).max(1))
}

/// As `time.ParseDuration` does.
fn nanoseconds(text: &str) -> Result<i128, String> {
    let invalid = || Err(format!("time: invalid duration {}", quoted(text)));
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return invalid();
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let Some((amount, behind)) = amount(rest) else { return invalid() };
        let end = behind.find(|char: char| char == '.' || char.is_ascii_digit()).unwrap_or(behind.len());
        let (name, after) = behind.split_at(end);
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", quoted(text)));
        }
        let Some(unit) = unit(name) else {
            return Err(format!("time: unknown unit {} in duration {}", quoted(name), quoted(text)));
        };
        let Some(sum) = amount.times(unit).and_then(|length| total.checked_add(length)) else {
            return invalid();
        };
        total = sum;
        rest = after;
    }
    // The greatest length is that of 63 bits; its negative may be one longer.
    let bound = i128::from(i64::MAX) + i128::from(sign < 0);
    if total > bound { invalid() } else { Ok(sign * total) }
}

/// `12`, `1.5`, `.5`: what stands before a unit.
struct Amount {
    whole: i128,
    fraction: i128,
    scale: i128,
}

impl Amount {
    fn times(&self, unit: i128) -> Option<i128> {
        let fraction = self.fraction.checked_mul(unit)? / self.scale;
        self.whole.checked_mul(unit)?.checked_add(fraction)
    }
}

fn amount(text: &str) -> Option<(Amount, &str)> {
    let (whole, rest) = digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // More digits than these are less than a nanosecond of any unit.
    let fraction = fraction.get(..fraction.len().min(16)).unwrap_or_default();
    let number =
        |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i64>().ok().map(i128::from) };
    let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some((Amount { whole: number(whole)?, fraction: number(fraction)?, scale }, rest))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()))
}

/// In quotes as Go writes them.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
