//! Quantities as Kubernetes reads them: `10Gi`, `500m`, `1e3`.

/// A quantity, exact to a thousand-millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    nanos: i128,
}

const NANO: i128 = 1_000_000_000;

/// Suffixes and what they multiply by, in thousand-millionths.
const SUFFIXES: [(&str, i128); 16] = [
    ("", NANO),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", NANO * 1_000),
    ("M", NANO * 1_000_000),
    ("G", NANO * 1_000_000_000),
    ("T", NANO * 1_000_000_000_000),
    ("P", NANO * 1_000_000_000_000_000),
    ("E", NANO * 1_000_000_000_000_000_000),
    ("Ki", NANO << 10),
    ("Mi", NANO << 20),
    ("Gi", NANO << 30),
    ("Ti", NANO << 40),
    ("Pi", NANO << 50),
    ("Ei", NANO << 60),
];

impl Quantity {
    /// Reads a quantity; `None` if it is none. What is finer than a thousand-millionth is rounded
    /// up, what is too great to be held counts as the greatest.
    pub fn read(text: &str) -> Option<Self> {
        let (sign, unsigned) = match text.as_bytes().first()? {
            b'-' => (-1, text.get(1..)?),
            b'+' => (1, text.get(1..)?),
            _ => (1, text),
        };
        let length = unsigned.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (number, suffix) = unsigned.split_at(length.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') || whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let magnitude = if let Some(exponent) = suffix.strip_prefix(['e', 'E']).and_then(exponent) {
            decimal(whole, fraction, exponent)
        } else {
            let (_, factor) = SUFFIXES.iter().find(|(name, _)| *name == suffix)?;
            times(whole, fraction, *factor)
        };
        Some(Self { nanos: magnitude.saturating_mul(sign) })
    }

    /// Whether it is nothing; Kubernetes takes that for "not said" in many places.
    pub fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The whole number of it, rounded up.
    pub fn units(self) -> i64 {
        self.in_parts(NANO)
    }

    /// The number of thousandths, rounded up: `500m` is 500.
    pub fn thousandths(self) -> i64 {
        self.in_parts(NANO / 1_000)
    }

    fn in_parts(self, part: i128) -> i64 {
        let rounded = self.nanos.div_euclid(part) + i128::from(self.nanos.rem_euclid(part) != 0);
        i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
    }
}

/// The number behind `e`.
fn exponent(digits: &str) -> Option<i32> {
    digits.parse().ok().filter(|exponent: &i32| exponent.abs() <= 1_000)
}

/// `whole.fraction` times a factor.
fn times(whole: &str, fraction: &str, factor: i128) -> i128 {
    let mut sum = digits(whole).saturating_mul(factor);
    let mut rest = factor;
    let mut finer = false;
    for digit in fraction.bytes().map(|byte| i128::from(byte - b'0')) {
        // What the division drops is made up for by rounding up.
        finer |= digit != 0 && rest % 10 != 0;
        sum = sum.saturating_add(digit.saturating_mul(rest) / 10);
        rest /= 10;
    }
    sum.saturating_add(i128::from(finer))
}

/// `whole.fraction` times ten to a power.
fn decimal(whole: &str, fraction: &str, exponent: i32) -> i128 {
    let places = i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    let shift = exponent.saturating_sub(places).saturating_add(9);
    let number = digits(&[whole, fraction].concat());
    if number == 0 {
        return 0;
    }
    let power = 10i128.checked_pow(shift.unsigned_abs());
    match (shift >= 0, power) {
        (true, Some(power)) => number.saturating_mul(power),
        (true, None) => i128::MAX,
        (false, Some(power)) => number / power + i128::from(number % power != 0),
        (false, None) => 1,
    }
}

fn digits(text: &str) -> i128 {
    text.bytes().fold(0i128, |sum, byte| sum.saturating_mul(10).saturating_add(i128::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Option<i64> {
        Quantity::read(text).map(Quantity::units)
    }

    #[test]
    fn suffixes_and_exponents() {
        assert_eq!(units("10Gi"), Some(10 << 30));
        assert_eq!(units("1.5Gi"), Some(3 << 29));
        assert_eq!(units("10G"), Some(10_000_000_000));
        assert_eq!(units("1e3"), Some(1_000));
        assert_eq!(units("1E3"), Some(1_000));
        assert_eq!(units("1E"), Some(1_000_000_000_000_000_000));
        assert_eq!(units("500m"), Some(1));
        assert_eq!(units(".5"), Some(1));
        assert_eq!(units("5."), Some(5));
        assert_eq!(units("-1"), Some(-1));
        assert_eq!(units("0.1Ki"), Some(103));
        assert_eq!(units("1000000000000000000000Gi"), Some(i64::MAX));
    }

    #[test]
    fn what_is_none() {
        for text in ["", "Gi", "10GB", "10 Gi", "10gi", "1.2.3", "ten", "1Gi-", "K", "10K", "1e", "+"] {
            assert_eq!(Quantity::read(text), None, "{text}");
        }
    }

    #[test]
    fn they_compare_across_suffixes() {
        assert!(Quantity::read("1Gi") > Quantity::read("1G"));
        assert_eq!(Quantity::read("1000m"), Quantity::read("1"));
        assert!(Quantity::read("0").is_some_and(Quantity::is_zero));
    }
}
