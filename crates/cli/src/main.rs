//! The `cnpg-lint` command.

mod args;
mod checkout;
mod clock;
mod command;
mod exit;
mod output;
mod progress;
mod setup;

use clap::Parser;
use std::process::ExitCode;

/// That of musl returns pages to the system with every review.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no mistakes; clap prints those to standard output.
        Err(error) => {
            let code = if error.use_stderr() { exit::Exit::Usage } else { exit::Exit::Clean };
            let _ = error.print();
            return code.into();
        }
    };
    match command::run(arguments) {
        Ok(code) => code.into(),
        Err(error) => error.tell().into(),
    }
}
