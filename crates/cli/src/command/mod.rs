//! What each command does.

mod before;
mod check;
mod explain;
mod gone;
mod init;
mod inspect;
mod judgement;
mod known;
mod rendered;
mod review;
mod rules;
mod schedule;
mod serve;
mod topology;

use crate::args::{Arguments, Command};
use crate::exit::{Error, Exit};
use crate::output;
use clap::CommandFactory as _;

/// Does what the command line asks for.
pub(crate) fn run(arguments: Arguments) -> Result<Exit, Error> {
    match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Inspect(arguments) if arguments.topology => topology::run(&arguments),
        Command::Inspect(arguments) if arguments.rendered => rendered::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Schedule(arguments) => schedule::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Review(arguments) => review::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "cnpg-lint", &mut script);
            output::to_stdout(|out| out.write_all(&script)).map(|()| Exit::Clean)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            output::to_stdout(|out| out.write_all(&page)).map(|()| Exit::Clean)
        }
    }
}
