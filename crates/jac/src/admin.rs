//! `jac admin`: what the owner of an installation does from its own machine.

use crate::backup::{self, Restored, Results};
use crate::cli::{AdminArguments, AdminCommand};
use crate::connect::ServerFile;
use crate::context;
use crate::exit::Exit;
use crate::stdout;
use jac_engine::clock::{Clock, SystemClock};
use jac_store::{DataFolder, Store};

pub async fn admin(arguments: AdminArguments) -> anyhow::Result<Exit> {
    match arguments.command {
        AdminCommand::Link { data_dir } => {
            let folder = DataFolder::open(&context::data_folder(data_dir.as_deref()))?;
            // Whoever can write this database is the administrator; a living server sees the link at once.
            let store = Store::open(&folder.database()).await?;
            let link = jac_server::new_sign_in_link(&store, SystemClock.now_ms()).await?;
            let url = ServerFile::read(&folder).map_or_else(|_| "http://127.0.0.1:8080".to_owned(), |file| file.url);
            stdout::line(&format!("{url}{link}"));
            Ok(Exit::Done)
        }
        AdminCommand::Backup { file, with_results, data_dir } => {
            let folder = DataFolder::open(&context::data_folder(data_dir.as_deref()))?;
            let results = if with_results { Results::Taken } else { Results::Left };
            backup::backup(&folder, &file, results, SystemClock.now_ms()).await?;
            stdout::line(&format!(
                "{} has the database and the plans{}. It does not have secret.key, which opens the saved credentials: keep a copy elsewhere.",
                file.display(),
                if with_results { ", and the results of finished runs" } else { "" }
            ));
            Ok(Exit::Done)
        }
        AdminCommand::Restore { file, data_dir } => {
            let folder = DataFolder::open(&context::data_folder(data_dir.as_deref()))?;
            let now_ms = SystemClock.now_ms();
            let done = tokio::task::spawn_blocking(move || backup::restore(&folder, &file, now_ms)).await??;
            let Restored { before, plans, runs } = done;
            let kept = before.map_or_else(String::new, |place| format!(" The one before is {}.", place.display()));
            stdout::line(&format!(
                "Restored the database, and {plans} plans and {runs} runs that were not in the folder.{kept}"
            ));
            Ok(Exit::Done)
        }
    }
}
