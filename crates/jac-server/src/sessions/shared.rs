//! Sessions in Redis, where several servers share them.
//!
//! | key | content |
//! |---|---|
//! | `jac:session:DIGEST` | a hash with the fields of [`Kept`]; expires at the idle limit or the end, whichever is
//! first |
//! | `jac:sessions-of:ACCOUNT` | the keys of an account's sessions, including some that are gone; expires with the last
//! one |
//!
//! It does not contain the secrets themselves. A hash instead of one document, so that two concurrent requests that
//! record different facts do not undo each other.

use super::redis::{Redis, publish_the_end};
use crate::App;
use crate::access::session_limits;
use crate::error::ApiError;
use jac_model::EpochMs;
use jac_store::{NewSession, OpenSession, PersonRow, SessionLimits, SessionRow, link_digest};
use redis::pipe;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// A session with all its fields; nothing if its account does not list it: it could not be ended any more, so it counts
/// as ended.
const READ: &str = "
    local account = redis.call('HGET', KEYS[1], 'account')
    if not account or redis.call('SISMEMBER', 'jac:sessions-of:' .. account, KEYS[1]) == 0 then return {} end
    return redis.call('HGETALL', KEYS[1])";

/// Changes fields of a session and extends it by this many milliseconds, unless it has ended meanwhile: an ended
/// session is not revived.
const CHANGE: &str = "
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    redis.call('HSET', KEYS[1], unpack(ARGV, 2))
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    return 1";

/// A session as it was read.
#[derive(Debug)]
struct Kept {
    key: String,
    id: String,
    /// The digest of the page's secret.
    page: String,
    /// Its account ([`PersonRow::account`]).
    account: String,
    created_ms: EpochMs,
    last_used_ms: EpochMs,
    expires_ms: EpochMs,
    address: Option<String>,
    user_agent: Option<String>,
    by_link: bool,
    /// The digest of the link that opened it and is not used up.
    link: Option<String>,
    /// The installation that created the link.
    link_of: Option<String>,
}

impl Kept {
    /// `None` if it is gone or expired, or this JAC cannot read it.
    fn of(key: String, mut fields: HashMap<String, String>, limits: SessionLimits) -> Option<Self> {
        let mut text = |name: &str| fields.remove(name).filter(|text| !text.is_empty());
        let kept = Self {
            id: text("id")?,
            page: text("page")?,
            account: text("account")?,
            created_ms: text("created_ms")?.parse().ok()?,
            last_used_ms: text("last_used_ms")?.parse().ok()?,
            expires_ms: text("expires_ms")?.parse().ok()?,
            address: text("address"),
            user_agent: text("user_agent"),
            by_link: text("by_link").as_deref() == Some("1"),
            link: text("link"),
            link_of: text("link_of"),
            key,
        };
        let lives = kept.expires_ms > limits.now_ms && kept.last_used_ms > limits.now_ms.saturating_sub(limits.idle_ms);
        lives.then_some(kept)
    }
}

/// How long a session stays valid if it is used now and not again, in milliseconds.
fn life_ms(expires_ms: EpochMs, limits: SessionLimits) -> i64 {
    limits.idle_ms.min(expires_ms.saturating_sub(limits.now_ms)).max(1)
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

fn session_key(secret: &str) -> String {
    format!("jac:session:{}", digest(secret))
}

fn account_key(account: &str) -> String {
    format!("jac:sessions-of:{account}")
}

/// The sessions of all servers, as this one sees them.
pub(crate) struct Shared<'a> {
    pub redis: &'a Redis,
    pub app: &'a App,
}

impl Shared<'_> {
    fn limits(&self) -> SessionLimits {
        session_limits(self.app)
    }

    pub async fn open(&self, person: &PersonRow, session: NewSession, link: Option<&str>) -> Result<(), ApiError> {
        let limits = self.limits();
        let (key, account) = (session_key(&session.secret), person.account());
        let index = account_key(&account);
        // This also removes sessions that are gone from the list.
        let kept = self.kept_of(&account).await?;
        let link_digest = link.map(link_digest);
        if link_digest.is_some() {
            // The browser did not keep the sessions of earlier attempts.
            let before: Vec<&Kept> = kept.iter().filter(|kept| kept.link == link_digest).collect();
            self.delete(&account, &before).await?;
        }
        let fields = [
            ("id", session.id),
            ("page", digest(&session.page)),
            ("account", account),
            ("created_ms", limits.now_ms.to_string()),
            ("last_used_ms", limits.now_ms.to_string()),
            ("expires_ms", session.expires_ms.to_string()),
            ("address", session.address.unwrap_or_default()),
            ("user_agent", session.user_agent.unwrap_or_default()),
            ("by_link", i32::from(link.is_some()).to_string()),
            ("link", link_digest.unwrap_or_default()),
            ("link_of", link.map(|_| self.app.engine.installation().to_owned()).unwrap_or_default()),
        ];
        let mut asked = pipe();
        asked.atomic().hset_multiple(&key, &fields).ignore();
        asked.pexpire(&key, life_ms(session.expires_ms, limits)).ignore();
        asked.sadd(&index, &key).ignore();
        // Never less than it has: a session of another server may live longer.
        let index_life_ms = session.expires_ms.saturating_sub(limits.now_ms).max(1);
        for condition in ["NX", "GT"] {
            asked.cmd("PEXPIRE").arg(&index).arg(index_life_ms).arg(condition).ignore();
        }
        Ok(self.redis.ask(&asked).await?)
    }

    pub async fn open_by_link(&self, link: &str, session: NewSession) -> Result<Option<PersonRow>, ApiError> {
        let person = self.app.engine.store().person_of_link(link, self.app.engine.now_ms()).await?;
        let Some(person) = person else { return Ok(None) };
        self.open(&person, session, Some(link)).await?;
        Ok(Some(person))
    }

    pub async fn find(
        &self,
        secret: &str,
        page: Option<&str>,
        limits: SessionLimits,
    ) -> Result<Option<OpenSession>, ApiError> {
        let key = session_key(secret);
        let fields = self.redis.run(READ, &key, &[]).await?;
        let Some(kept) = Kept::of(key, fields, limits) else { return Ok(None) };
        let store = self.app.engine.store();
        let person = store.person_of_account(&kept.account, kept.created_ms).await?;
        let Some(person) = person else { return Ok(None) };
        // Digests are compared, so the time reveals nothing about the secret.
        let is_own_page = page.is_some_and(|page| digest(page) == kept.page);
        let is_own_link = kept.link_of.as_deref() == Some(self.app.engine.installation());
        let link = kept.link.as_ref().filter(|_| is_own_page && is_own_link);
        if link.is_some() || limits.is_use_due(kept.last_used_ms) {
            let mut fields = vec![("last_used_ms", limits.now_ms.to_string())];
            if let Some(link) = link {
                store.use_link_up(link).await?;
                fields.push(("link", String::new()));
            }
            if !self.change(&kept, limits, &fields).await? {
                return Ok(None);
            }
            if let Err(error) = store.note_seen(&person.id, limits.now_ms).await {
                // People stay signed in while the database cannot be written to.
                tracing::warn!(%error, "the last use of a sign-in could not be recorded: {error}");
            }
        }
        Ok(Some(OpenSession { id: kept.id, person, is_own_page, by_link: kept.by_link }))
    }

    pub async fn of(&self, person: &PersonRow) -> Result<Vec<SessionRow>, ApiError> {
        let kept = self.kept_of(&person.account()).await?;
        let row = |kept: Kept| SessionRow {
            id: kept.id,
            created_ms: kept.created_ms,
            last_used_ms: kept.last_used_ms,
            expires_ms: kept.expires_ms,
            address: kept.address,
            user_agent: kept.user_agent,
        };
        let mut rows: Vec<SessionRow> = kept.into_iter().map(row).collect();
        rows.sort_by(|one, other| (other.last_used_ms, &one.id).cmp(&(one.last_used_ms, &other.id)));
        Ok(rows)
    }

    pub async fn end(&self, secret: &str) -> Result<(), ApiError> {
        let mut asked = pipe();
        asked.del(session_key(secret)).ignore();
        publish_the_end(&mut asked);
        Ok(self.redis.ask(&asked).await?)
    }

    /// Ends a person's sessions, all of them or only the one with this ID; returns their number.
    pub async fn end_of(&self, person: &PersonRow, only: Option<&str>) -> Result<usize, ApiError> {
        let account = person.account();
        let kept = self.kept_of(&account).await?;
        let over: Vec<&Kept> = kept.iter().filter(|kept| only.is_none_or(|id| kept.id == id)).collect();
        self.delete(&account, &over).await?;
        Ok(over.len())
    }

    pub async fn set_password(&self, person: &PersonRow, hash: &str, keep: Option<&str>) -> Result<(), ApiError> {
        // Checked first: a password is not changed while the sessions that it ends cannot be reached.
        self.redis.available().await?;
        self.app.engine.store().set_password(&person.id, hash, keep).await?;
        let (account, limits) = (person.account(), self.limits());
        let kept = self.kept_of(&account).await?;
        let (stays, over): (Vec<&Kept>, Vec<&Kept>) = kept.iter().partition(|kept| Some(kept.id.as_str()) == keep);
        self.delete(&account, &over).await?;
        for kept in stays {
            // The next change requires the password.
            self.change(kept, limits, &[("by_link", "0".to_owned())]).await?;
        }
        Ok(())
    }

    /// The sessions of an account that live.
    async fn kept_of(&self, account: &str) -> Result<Vec<Kept>, ApiError> {
        let (limits, index) = (self.limits(), account_key(account));
        let mut asked = pipe();
        asked.smembers(&index);
        let (keys,): (Vec<String>,) = self.redis.ask(&asked).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = pipe();
        for key in &keys {
            asked.hgetall(key);
        }
        let found: Vec<HashMap<String, String>> = self.redis.ask(&asked).await?;
        let gone: Vec<&String> =
            keys.iter().zip(&found).filter(|(_, fields)| fields.is_empty()).map(|(key, _)| key).collect();
        if !gone.is_empty() {
            let mut asked = pipe();
            asked.srem(&index, &gone).ignore();
            let () = self.redis.ask(&asked).await?;
        }
        Ok(keys.into_iter().zip(found).filter_map(|(key, fields)| Kept::of(key, fields, limits)).collect())
    }

    async fn delete(&self, account: &str, over: &[&Kept]) -> Result<(), ApiError> {
        let keys: Vec<&str> = over.iter().map(|kept| kept.key.as_str()).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let mut asked = pipe();
        asked.atomic().del(&keys).ignore();
        asked.srem(account_key(account), &keys).ignore();
        publish_the_end(&mut asked);
        Ok(self.redis.ask(&asked).await?)
    }

    /// Changes fields of a session that is being used; returns whether it is still valid.
    async fn change(&self, kept: &Kept, limits: SessionLimits, fields: &[(&str, String)]) -> Result<bool, ApiError> {
        let mut arguments = vec![life_ms(kept.expires_ms, limits).to_string()];
        arguments.extend(fields.iter().flat_map(|(name, value)| [(*name).to_owned(), value.clone()]));
        Ok(self.redis.run(CHANGE, &kept.key, &arguments).await?)
    }
}
