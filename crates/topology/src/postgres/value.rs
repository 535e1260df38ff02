//! Values of parameters as PostgreSQL reads them when it starts (`src/backend/utils/misc/guc.c`).

use schema::postgres::{ParameterType, Row};

/// A value that PostgreSQL takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `on` or `off`, also of a parameter that knows further words.
    Bool(bool),
    /// In bytes, milliseconds, or as it is where the parameter has no unit.
    Number(f64),
    /// A word or any text.
    Text,
}

/// Units of memory, in bytes, greatest first.
const MEMORY: [(&str, f64); 5] =
    [("TB", 1_099_511_627_776.0), ("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("kB", 1024.0), ("B", 1.0)];
/// Units of time, in milliseconds.
const TIME: [(&str, f64); 6] =
    [("d", 86_400_000.0), ("h", 3_600_000.0), ("min", 60_000.0), ("s", 1000.0), ("ms", 1.0), ("us", 0.001)];

/// Words of enumerations that only a build with that library has, as the images of the project do.
const BUILT_IN: [(&str, &[&str]); 3] = [
    ("default_toast_compression", &["lz4"]),
    ("wal_compression", &["lz4", "zstd"]),
    ("io_method", &["io_uring"]),
];

/// Words that PostgreSQL takes and does not list.
const HIDDEN: [(&str, &[&str]); 4] = [
    ("wal_level", &["archive", "hot_standby"]),
    ("client_min_messages", &["info", "fatal", "panic"]),
    ("password_encryption", &["on", "true", "yes", "1"]),
    ("ssl_min_protocol_version", &[""]),
];

/// Reads a value; the error is a phrase that says what must be there instead.
pub fn read(row: &Row, text: &str) -> Result<Value, String> {
    if row.context == "internal" {
        return Err("cannot be set at all".to_owned());
    }
    match row.kind {
        ParameterType::Bool => {
            boolean(text).map(Value::Bool).ok_or_else(|| "must be `on` or `off`".to_owned())
        }
        ParameterType::Integer | ParameterType::Real => number(row, text).map(Value::Number),
        ParameterType::Enum => word(row, text),
        ParameterType::String => Ok(Value::Text),
    }
}

/// The default, as [`read`] gives it.
pub fn default(row: &Row) -> Option<Value> {
    match row.kind {
        ParameterType::Integer | ParameterType::Real => {
            let default: f64 = row.default.parse().ok()?;
            Some(Value::Number(scaled(row, default)))
        }
        _ => read(row, row.default).ok(),
    }
}

/// What `initdb` writes into the first configuration, where that is not the built-in default.
pub fn of_initdb(name: &str) -> Option<&'static str> {
    (name == "shared_buffers").then_some("128MB")
}

/// A size in the greatest unit that needs no fraction: `1GB`.
pub fn in_bytes(bytes: f64) -> String {
    let unit = MEMORY.iter().find(|(_, factor)| bytes % factor == 0.0);
    let (name, factor) = unit.unwrap_or(&("B", 1.0));
    format!("{}{name}", bytes / factor)
}

/// `on`, `off`, `true`, `false`, `yes`, `no`, `1`, `0`, and what they can be cut to.
pub fn boolean(text: &str) -> Option<bool> {
    let word = text.to_ascii_lowercase();
    let cut = |long: &str, least: usize| word.len() >= least && long.starts_with(&word);
    if word == "1" || word == "on" || cut("true", 1) || cut("yes", 1) {
        Some(true)
    } else if word == "0" || cut("off", 2) || cut("false", 1) || cut("no", 1) {
        Some(false)
    } else {
        None
    }
}

fn word(row: &Row, text: &str) -> Result<Value, String> {
    let more = |table: &[(&str, &[&str])]| {
        let words = table.iter().find(|(name, _)| *name == row.name).map_or(&[][..], |(_, words)| words);
        words.iter().any(|word| word.eq_ignore_ascii_case(text))
    };
    let listed = |wanted: &str| row.values.split(',').any(|word| word.eq_ignore_ascii_case(wanted));
    if let Some(is_on) = boolean(text).filter(|_| listed("on")) {
        return Ok(Value::Bool(is_on));
    }
    let is_debug = || listed("debug2") && text.eq_ignore_ascii_case("debug");
    if listed(text) || is_debug() || more(&BUILT_IN) || more(&HIDDEN) {
        return Ok(Value::Text);
    }
    let words: Vec<_> =
        row.values.split(',').filter(|word| !word.is_empty()).map(|word| format!("`{word}`")).collect();
    Err(format!("must be one of {}", words.join(", ")))
}

/// The units of a parameter, and the one that a bare number counts.
fn units(row: &Row) -> Option<(&'static [(&'static str, f64)], f64)> {
    let (number, unit) = row.unit.split_at(row.unit.find(|it: char| !it.is_ascii_digit()).unwrap_or(0));
    let number: f64 = if number.is_empty() { 1.0 } else { number.parse().ok()? };
    [&MEMORY[..], &TIME[..]].into_iter().find_map(|units| {
        let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
        Some((units, number * factor))
    })
}

/// A number in the parameter's own unit as bytes or milliseconds. What is below zero has a meaning
/// of its own, and no unit.
fn scaled(row: &Row, number: f64) -> f64 {
    match units(row) {
        Some((_, base)) if number > 0.0 => number * base,
        _ => number,
    }
}

fn number(row: &Row, text: &str) -> Result<f64, String> {
    let text = text.trim();
    let (number, unit) = leading_number(text).ok_or_else(|| format!("must be {}", wanted(row)))?;
    let unit = unit.trim_start();
    let own = if unit.is_empty() {
        number
    } else {
        let known = units(row).and_then(|(units, base)| {
            let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
            Some(number * factor / base)
        });
        known.ok_or_else(|| format!("must be {}", wanted(row)))?
    };
    let own = if row.kind == ParameterType::Integer { own.round() } else { own };
    let bound = |text: &str| text.parse::<f64>().ok();
    if bound(row.min).is_some_and(|min| own < min) || bound(row.max).is_some_and(|max| own > max) {
        return Err(format!("must be between {} and {}", row.min, [row.max, &spaced(row.unit)].concat()));
    }
    Ok(scaled(row, own))
}

/// What a number of the parameter looks like.
fn wanted(row: &Row) -> String {
    let kind = if row.kind == ParameterType::Integer { "a whole number" } else { "a number" };
    let Some((units, _)) = units(row) else { return format!("{kind} without a unit") };
    let names: Vec<_> = units.iter().rev().map(|(name, _)| format!("`{name}`")).collect();
    format!("{kind} with one of the units {}", names.join(", "))
}

/// A unit as it stands behind a number: a number before it makes it "times".
fn spaced(unit: &str) -> String {
    match unit.as_bytes().first() {
        None => String::new(),
        Some(first) if first.is_ascii_digit() => format!(" × {unit}"),
        Some(_) => format!(" {unit}"),
    }
}

/// A number at the start as C reads one (`0x10`, `010`, `1.5`, `2e3`), and what stands behind it.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let (radix, digits) = hexadecimal.map_or((10, unsigned), |digits| (16, digits));
    let end = digits.find(|it: char| !it.is_digit(radix)).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    if radix == 16 || (whole.len() > 1 && whole.starts_with('0') && !rest.starts_with(['.', 'e', 'E'])) {
        let radix = if radix == 16 { 16 } else { 8 };
        #[expect(clippy::cast_precision_loss, reason = "PostgreSQL computes in floating point, too")]
        let number = i64::from_str_radix(whole, radix).ok()? as f64;
        return Some((sign * number, rest));
    }
    let end = end_of_decimal(digits);
    let (number, rest) = digits.split_at(end);
    Some((sign * number.parse::<f64>().ok()?, rest))
}

/// Where a decimal number ends: an `e` belongs to it only with digits behind it.
fn end_of_decimal(text: &str) -> usize {
    let digits = |text: &str| text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let mut end = digits(text);
    if rest(end).starts_with('.') {
        end += 1 + digits(rest(end + 1));
    }
    if rest(end).starts_with(['e', 'E']) {
        let sign = usize::from(rest(end + 1).starts_with(['-', '+']));
        let power = digits(rest(end + 1 + sign));
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> Result<Value, String> {
        let row = schema::postgres::parameter(name, 17).ok_or_else(|| format!("no parameter {name}"))?;
        read(row, text)
    }

    #[test]
    fn memory_in_the_unit_of_the_parameter() {
        assert_eq!(value("shared_buffers", "128MB"), Ok(Value::Number(134_217_728.0)));
        assert_eq!(value("shared_buffers", "16384"), Ok(Value::Number(134_217_728.0)));
        assert_eq!(value("work_mem", "4096"), Ok(Value::Number(4_194_304.0)));
        assert_eq!(value("work_mem", " 1.5 GB "), Ok(Value::Number(1_610_612_736.0)));
        assert_eq!(value("max_wal_size", "1024"), Ok(Value::Number(1_073_741_824.0)));
        assert_eq!(value("max_slot_wal_keep_size", "-1"), Ok(Value::Number(-1.0)));
        for text in ["128mb", "128Mi", "128M", "MB", "25%", "", "1 2MB"] {
            assert!(value("shared_buffers", text).is_err(), "{text}");
        }
    }

    #[test]
    fn time_and_plain_numbers() {
        assert_eq!(value("checkpoint_timeout", "15min"), Ok(Value::Number(900_000.0)));
        assert_eq!(value("checkpoint_timeout", "300"), Ok(Value::Number(300_000.0)));
        assert_eq!(value("max_connections", "0x10"), Ok(Value::Number(16.0)));
        assert_eq!(value("max_connections", "010"), Ok(Value::Number(8.0)));
        assert_eq!(value("random_page_cost", "1.1"), Ok(Value::Number(1.1)));
        assert_eq!(value("random_page_cost", "1e1"), Ok(Value::Number(10.0)));
        assert!(value("max_connections", "100MB").is_err());
        assert_eq!(value("max_connections", "0"), Err("must be between 1 and 262143".to_owned()));
        assert_eq!(value("shared_buffers", "1kB"), Err("must be between 16 and 1073741823 × 8kB".to_owned()));
    }

    #[test]
    fn words() {
        for text in ["on", "of", "OFF", "t", "yes", "1"] {
            assert!(value("jit", text).is_ok(), "{text}");
        }
        for text in ["o", "enabled", "", "2"] {
            assert!(value("jit", text).is_err(), "{text}");
        }
        assert!(value("synchronous_commit", "true").is_ok());
        assert!(value("wal_compression", "zstd").is_ok());
        assert!(value("log_min_messages", "DEBUG").is_ok());
        assert_eq!(
            value("wal_level", "max"),
            Err("must be one of `minimal`, `replica`, `logical`".to_owned())
        );
        assert_eq!(value("block_size", "8192"), Err("cannot be set at all".to_owned()));
    }

    #[test]
    fn every_default_is_a_value() {
        for major in schema::postgres::FIRST_MAJOR..=schema::postgres::LAST_MAJOR {
            for name in schema::postgres::names(major) {
                let row = schema::postgres::parameter(name, major);
                let Some(row) = row.filter(|row| row.context != "internal") else { continue };
                if !matches!(row.kind, ParameterType::String) {
                    assert!(read(row, row.default).is_ok(), "{major} {name} {}", row.default);
                }
            }
        }
    }
}
