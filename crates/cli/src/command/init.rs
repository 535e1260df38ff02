//! `cnpg-lint init`: a first configuration file.

use crate::args::InitArgs;
use crate::exit::{Error, Exit};
use crate::{output, setup};

/// Writes a commented configuration; never over a file that is there.
pub(crate) fn run(arguments: &InitArgs) -> Result<Exit, Error> {
    let text = rules::config::init(&setup::rules(&[])?.table());
    if arguments.file.as_os_str() == "-" {
        output::to_stdout(|out| out.write_all(text.as_bytes()))?;
        return Ok(Exit::Clean);
    }
    if arguments.file.exists() {
        return Err(Error::Usage(format!(
            "{} is there already; `init -` prints one",
            arguments.file.display()
        )));
    }
    output::to_file(&arguments.file, |out| out.write_all(text.as_bytes()))?;
    output::line(&format!("wrote {}", arguments.file.display()))?;
    Ok(Exit::Clean)
}
