//! The variables of the topology by number, so that none is looked up by name while rules are judged.

use std::sync::LazyLock;

/// A variable of the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(u8);

/// Every variable that objects of some kind have.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names = Vec::new();
    for variable in schema::kinds().iter().flat_map(|kind| topology::variables(kind.name)) {
        if !names.contains(&variable.name) {
            names.push(variable.name);
        }
    }
    names
});

impl Slot {
    /// The variable of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let at = NAMES.iter().position(|known| *known == name)?;
        u8::try_from(at).ok().map(Self)
    }

    /// As rules write it.
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(self.index()).copied().unwrap_or_default()
    }

    /// Where it is in a table of [`Self::count`].
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// How many there are.
    pub(crate) fn count() -> usize {
        NAMES.len()
    }
}
