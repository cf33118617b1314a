//! `jac admin`: what the owner of an installation does from its own machine.

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
            let url = ServerFile::read(&folder)
                .map_or_else(|_| "http://127.0.0.1:8080".to_owned(), |file| file.page_url().to_owned());
            stdout::line(&format!("{url}{link}"));
            Ok(Exit::Done)
        }
    }
}
