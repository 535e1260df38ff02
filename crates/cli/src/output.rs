//! Where what the program prints goes.

use crate::exit::Error;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

/// Writes to standard output through one buffer.
pub(crate) fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

/// Writes a file whole.
pub(crate) fn to_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let named = |error| Error::File { path: path.display().to_string(), error };
    let mut out = BufWriter::new(File::create(path).map_err(named)?);
    write(&mut out).and_then(|()| out.flush()).map_err(named)
}

/// Prints a text and a line break.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    to_stdout(|out| writeln!(out, "{text}"))
}

/// Whether standard output is a terminal that shall be coloured.
pub(crate) fn is_colored(choice: report::ColorChoice) -> bool {
    choice.enabled(io::stdout().is_terminal(), |name| std::env::var_os(name))
}
