//! What Go's YAML reader takes for a timestamp; it matters only under `!!timestamp`.

/// Whether the text has one of the forms `2006-1-2`, `2006-1-2 15:4:5` and
/// `2006-1-2T15:4:5Z`, the latter two with a fraction if wanted.
pub(super) fn is_timestamp(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(text: &str) -> Option<()> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.digits(4, 4)?;
    rest.byte(b'-')?;
    let month = rest.number(1, 12)?;
    rest.byte(b'-')?;
    rest.number(1, days(year, month))?;
    match rest.0.first() {
        None => return Some(()),
        Some(b'T' | b't') => {
            rest.skip(1);
            rest.clock()?;
            rest.zone()?;
        }
        Some(b' ') => {
            rest.spaces();
            rest.clock()?;
        }
        Some(_) => return None,
    }
    if rest.0.is_empty() { Some(()) } else { None }
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What is left to parse.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn skip(&mut self, bytes: usize) {
        self.0 = self.0.get(bytes..).unwrap_or_default();
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        if self.0.first() != Some(&wanted) {
            return None;
        }
        self.skip(1);
        Some(())
    }

    fn spaces(&mut self) {
        let spaces = self.0.iter().take_while(|byte| **byte == b' ').count();
        self.skip(spaces);
    }

    /// As many digits as there are, up to `most`, if at least `least`.
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let value =
            self.0.iter().take(count).fold(0, |value: u32, digit| value * 10 + u32::from(digit - b'0'));
        self.skip(count);
        Some(value)
    }

    /// One or two digits with a value from `low` to `high`.
    fn number(&mut self, low: u32, high: u32) -> Option<u32> {
        self.digits(1, 2).filter(|value| (low..=high).contains(value))
    }

    fn clock(&mut self) -> Option<()> {
        self.number(0, 23)?;
        self.byte(b':')?;
        self.number(0, 59)?;
        self.byte(b':')?;
        self.number(0, 59)?;
        if let [b'.' | b',', b'0'..=b'9', ..] = self.0 {
            self.skip(1);
            let fraction = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.skip(fraction);
        }
        Some(())
    }

    fn zone(&mut self) -> Option<()> {
        if self.byte(b'Z').is_some() {
            return Some(());
        }
        self.byte(b'+').or_else(|| self.byte(b'-'))?;
        self.digits(2, 2).filter(|hours| *hours <= 24)?;
        self.byte(b':')?;
        self.digits(2, 2).filter(|minutes| *minutes <= 60)?;
        Some(())
    }
}
