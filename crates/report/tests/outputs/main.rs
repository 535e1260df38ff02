//! The outputs as people and programs see them, whole.

#[cfg(test)]
mod compact;
#[cfg(test)]
mod everything;
#[cfg(test)]
mod github;
#[cfg(test)]
mod human;
#[cfg(test)]
mod json;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sarif;
#[cfg(test)]
mod snippets;
