//! The executable: reads the command line and the environment, chooses the adapters, and converts the result to an exit
//! code. Only this crate knows which providers exist.

/// The standard library's macro panics if standard error is closed; this one continues.
macro_rules! eprintln {
    () => { $crate::stderr::line(format_args!("")) };
    ($($text:tt)*) => { $crate::stderr::line(format_args!($($text)*)) };
}

/// The same for a line that is overwritten later.
macro_rules! eprint {
    ($($text:tt)*) => { $crate::stderr::raw(format_args!($($text)*)) };
}

mod admin;
mod artefacts;
mod backup;
mod check;
mod cli;
mod client;
mod clusters;
mod compare;
mod config;
mod connect;
mod connected;
mod context;
mod credentials;
mod demo_target;
mod exit;
mod export;
mod health;
mod history;
mod images;
mod imports;
mod jmeter;
mod login;
mod logins;
mod logs;
mod mcp;
mod notify;
mod plans;
mod report;
mod retries;
mod run;
mod samples;
mod schedules;
mod search;
mod serve;
mod signals;
mod stderr;
mod stdout;
mod utc;

use cli::{Cli, Command, RunArguments};
use exit::Exit;
use run::On;
use std::process::ExitCode;
use tokio::task::block_in_place;

fn main() -> ExitCode {
    let cli = Cli::read();
    // The keeper of a local node lives as long as the node: it takes no runtime and no threads.
    if let Command::LocalNode { folder } = &cli.command {
        jac_local::keep(folder);
        return ExitCode::SUCCESS;
    }
    let quiet = !matches!(cli.command, Command::Serve(_) | Command::DemoTarget(_));
    context::start_log(quiet);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::anyhow!("could not start the runtime: {error}")),
    };
    let outcome = runtime.block_on(dispatch(cli.command));
    // Background work has either ended already or is meant to be abandoned.
    runtime.shutdown_background();
    match outcome {
        Ok(Exit::Done | Exit::CriteriaNotMet) if let Some(error) = stdout::failure() => {
            exit::report(&anyhow::Error::new(error).context("standard output cannot be written"))
        }
        Ok(exit) => exit.into(),
        Err(error) => exit::report(&error),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Run(arguments) => {
            let RunArguments { plan, cluster } = *arguments;
            run::run(plan, On::New(Box::new(cluster))).await
        }
        Command::Cluster(command) => clusters::cluster(*command).await,
        Command::Plans(command) => plans::plans(*command).await,
        Command::Runs(command) => history::runs(*command).await,
        Command::Schedule(command) => schedules::schedule(*command).await,
        Command::Image(command) => images::image(command).await,
        Command::Artifacts(command) => artefacts::artefacts(command).await,
        Command::Credentials(command) => credentials::credentials(command).await,
        Command::Serve(arguments) => serve::serve(arguments).await,
        Command::Config(command) => Ok(config::config(&command)),
        Command::Check(arguments) => check::check(&arguments),
        // They read files, and wait for objects in a store.
        Command::Report(arguments) => block_in_place(|| report::report(&arguments)),
        Command::Import(arguments) => imports::import(&arguments).await,
        Command::Export(arguments) => export::export(&arguments).await,
        Command::Mcp(arguments) => mcp::mcp(&arguments).await,
        Command::Compare(arguments) => block_in_place(|| compare::compare(&arguments)),
        Command::Samples(arguments) => block_in_place(|| samples::samples(&arguments)),
        Command::Search(command) => search::search(command).await,
        Command::Notify(command) => notify::notify(command).await,
        Command::Jmeter(arguments) => jmeter::jmeter(arguments).await,
        Command::DemoTarget(arguments) => demo_target::demo_target(arguments).await,
        Command::Login(arguments) => login::login(arguments).await,
        Command::Logout(arguments) => login::logout(&arguments),
        Command::Admin(arguments) => admin::admin(arguments).await,
        Command::Health(arguments) => health::health(arguments).await,
        Command::LocalNode { .. } => Ok(Exit::Done),
    }
}
