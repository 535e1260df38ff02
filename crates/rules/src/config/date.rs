//! Days, as suppressions write them.

use jiff::civil::Date;

/// The day `YYYY-MM-DD`, and nothing but that.
pub fn parse_date(text: &str) -> Option<Date> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    if ![year, month, day].into_iter().all(digits) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::parse_date;

    #[test]
    fn only_whole_days_that_exist() {
        assert_eq!(parse_date("2028-02-29").map(|date| date.to_string()).as_deref(), Some("2028-02-29"));
        for bad in ["2027-02-29", "2027-2-01", "27-02-01", "2027-02-01T00", "2027-02-01-", "", "+027-01-01"] {
            assert_eq!(parse_date(bad), None, "{bad}");
        }
    }
}
