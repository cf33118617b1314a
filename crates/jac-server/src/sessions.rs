//! Sessions of browsers: opened at a sign-in, found by the cookie's secret, listed, ended.
//!
//! They are stored in the database if an installation is one server, or in a Redis that several servers share. Links,
//! passwords, tokens and people's identities stay in each server's database, so a session from another server belongs
//! to the person with that account here, with their permissions here.

pub(crate) mod redis;
mod shared;

use crate::App;
use crate::access::session_limits;
use crate::error::ApiError;
use jac_store::{NewSession, OpenSession, PersonRow, SessionLimits, SessionRow, Store, StoreError};
use shared::Shared;

/// The session store of this server.
pub(crate) enum Sessions<'a> {
    /// A change of a person that ends sessions deletes them in its own transaction.
    Database(&'a App),
    Redis(Shared<'a>),
}

impl App {
    pub(crate) fn sessions(&self) -> Sessions<'_> {
        match self.edge.redis() {
            Some(redis) => Sessions::Redis(Shared { redis, app: self }),
            None => Sessions::Database(self),
        }
    }
}

fn store(app: &App) -> &Store {
    app.engine.store()
}

impl Sessions<'_> {
    /// Opens a session for a person who has proved their identity.
    pub async fn open(&self, person: &PersonRow, session: NewSession) -> Result<(), ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).open_session(&person.id, session, app.engine.now_ms()).await?),
            Self::Redis(shared) => shared.open(person, session, None).await,
        }
    }

    /// Opens a session with a one-time link; `None` if the link is unknown, used or expired. The session's first use
    /// uses the link up: a person whose browser did not keep the session can try again.
    pub async fn open_by_link(&self, link: &str, session: NewSession) -> Result<Option<PersonRow>, ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).sign_in(link, session, app.engine.now_ms()).await?),
            Self::Redis(shared) => shared.open_by_link(link, session).await,
        }
    }

    /// The session of a cookie's secret, if it is valid, and whether the page's secret belongs to it.
    pub async fn find(
        &self,
        secret: &str,
        page: Option<&str>,
        limits: SessionLimits,
    ) -> Result<Option<OpenSession>, ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).session(secret, page, limits).await?),
            Self::Redis(shared) => shared.find(secret, page, limits).await,
        }
    }

    /// A person's sessions, the one used last first.
    pub async fn of(&self, person: &PersonRow) -> Result<Vec<SessionRow>, ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).sessions_of(&person.id, session_limits(app)).await?),
            Self::Redis(shared) => shared.of(person).await,
        }
    }

    /// Ends the session of a cookie's secret. A missing one has ended already.
    pub async fn end(&self, secret: &str) -> Result<(), ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).sign_out(secret).await?),
            Self::Redis(shared) => shared.end(secret).await,
        }
    }

    /// Ends one of a person's sessions, by its ID in lists.
    pub async fn end_one(&self, person: &PersonRow, id: &str) -> Result<(), ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).end_session(&person.id, id).await?),
            Self::Redis(shared) => match shared.end_of(person, Some(id)).await? {
                0 => Err(StoreError::NotFound { kind: "session", id: id.to_owned() }.into()),
                _ => Ok(()),
            },
        }
    }

    /// Stores a password's hash, and ends all of the person's sessions except one. If sessions cannot be reached, the
    /// password is not changed.
    pub async fn set_password(&self, person: &PersonRow, hash: &str, keep: Option<&str>) -> Result<(), ApiError> {
        match self {
            Self::Database(app) => Ok(store(app).set_password(&person.id, hash, keep).await?),
            Self::Redis(shared) => shared.set_password(person, hash, keep).await,
        }
    }

    /// Ends the sessions of a person who was disabled or removed, on the other servers too. Here they are invalid from
    /// that change on, so it takes effect whether Redis responds or not.
    pub async fn end_all_of(&self, person: &PersonRow) {
        if let Self::Redis(shared) = self
            && shared.end_of(person, None).await.is_err()
        {
            tracing::warn!(
                "the sessions of {} could not be ended on the servers that share them, because Redis does not answer",
                person.name
            );
        }
    }
}
