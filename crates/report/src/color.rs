//! Whether to colour: the flag first, then what the environment says, then the terminal.

use std::ffi::{OsStr, OsString};
use std::str::FromStr;

/// `--color auto|always|never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// As the environment and the terminal say.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

impl ColorChoice {
    /// All, as they should be listed.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// `auto`, `always` or `never`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// Whether to colour an output that goes to a terminal or not. `env` looks up a variable
    /// (`std::env::var_os`). For `auto`, in this order: `NO_COLOR`, if not empty, forbids;
    /// `CLICOLOR_FORCE`, if neither empty nor `0`, demands; `CLICOLOR=0` and `TERM=dumb` forbid;
    /// a terminal is coloured, a file or a pipe is not.
    pub fn enabled(self, is_terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
        let is = |name: &str, value: &str| env(name).is_some_and(|found| found == OsStr::new(value));
        let is_set = |name: &str| env(name).is_some_and(|found| !found.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
            Self::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
        }
    }
}

/// A name that is no choice of colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown choice `{0}`: one of auto, always, never")]
pub struct UnknownColorChoice(pub String);

impl FromStr for ColorChoice {
    type Err = UnknownColorChoice;

    fn from_str(name: &str) -> Result<Self, UnknownColorChoice> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
            .ok_or_else(|| UnknownColorChoice(name.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        ColorChoice::Auto.enabled(is_terminal, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_decides_where_the_flag_does_not() {
        assert!(auto(true, &[]));
        assert!(!auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(!auto(true, &[("CLICOLOR", "0")]));
        assert!(!auto(true, &[("TERM", "dumb")]));
    }

    #[test]
    fn the_flag_wins() {
        let no_color = |name: &str| (name == "NO_COLOR").then(|| OsString::from("1"));
        assert!(ColorChoice::Always.enabled(false, no_color));
        assert!(!ColorChoice::Never.enabled(true, |_| None));
        assert_eq!("always".parse(), Ok(ColorChoice::Always));
        assert_eq!("yes".parse::<ColorChoice>(), Err(UnknownColorChoice("yes".into())));
    }
}
