//! Permissions, as one pure table. Handlers name an [`Action`]; only [`authorize`] decides.

use crate::{Named, Person};
use serde::{Deserialize, Serialize};

/// Role of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserRole {
    /// Sees everything, starts and changes nothing.
    Viewer,
    /// Has clusters, plans, runs and credentials of their own; reads those of others.
    Member,
    /// Administers the installation, and may change what belongs to others.
    Administrator,
}

impl UserRole {
    /// The least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Member, Self::Administrator];

    /// Its name in the API, in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Administrator => "administrator",
        }
    }

    /// The role with this name.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// Scope of a personal token; never more than its owner's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TokenScope {
    /// Reads.
    Read,
    /// Read, upload plans, create clusters and start runs: what a pipeline needs.
    Run,
    /// Everything that its person may.
    All,
}

impl TokenScope {
    /// The narrowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Run, Self::All];

    /// Its name in the API, in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::All => "all",
        }
    }

    /// The scope with this name.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// How a caller was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// The shell of the machine that the server runs on, by the data folder's token.
    Shell,
    /// A browser that is signed in; the session's id.
    Session(String),
    /// A personal token.
    Token { id: String, name: String, scope: TokenScope },
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub user: Person,
    pub role: UserRole,
    pub teams: Vec<Named>,
    pub via: Via,
}

/// The owner of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    pub person: &'a Person,
    pub team: Option<&'a Named>,
}

/// The actions. Each handler and each live event has exactly one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// View clusters, plans, runs, results, and the list of people.
    View,
    /// View your own account, sessions and tokens.
    ViewAccount,
    /// Change your own password, sessions and tokens.
    ChangeAccount,
    /// View your own credentials, without their secrets.
    ViewCredentials,
    /// Save, test and delete your own credentials.
    ChangeCredentials,
    CreatePlan,
    ChangePlan,
    CreateCluster,
    ChangeCluster,
    /// Start a run on a cluster.
    StartRun,
    ChangeRun,
    /// Share a run with people without an account.
    ShareRun,
    /// Create schedules, which start runs automatically.
    CreateSchedule,
    ChangeSchedule,
    /// Adopt or terminate instances that belong to no cluster of this server.
    ManageMachines,
    ManageImages,
    /// Add runs that exist only in the artefact store to the list of runs.
    ManageArchive,
    /// See and try the places that this server sends notifications and metrics to.
    ManageIntegrations,
    ManagePeople,
    ViewAudit,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 20] = [
        Self::View,
        Self::ViewAccount,
        Self::ChangeAccount,
        Self::ViewCredentials,
        Self::ChangeCredentials,
        Self::CreatePlan,
        Self::ChangePlan,
        Self::CreateCluster,
        Self::ChangeCluster,
        Self::StartRun,
        Self::ChangeRun,
        Self::ShareRun,
        Self::CreateSchedule,
        Self::ChangeSchedule,
        Self::ManageMachines,
        Self::ManageImages,
        Self::ManageArchive,
        Self::ManageIntegrations,
        Self::ManagePeople,
        Self::ViewAudit,
    ];

    /// The minimum role, the minimum scope of a token, and whether the caller must own the object (or belong to its
    /// team).
    fn requires(self) -> (UserRole, TokenScope, bool) {
        use {TokenScope as Scope, UserRole as Role};
        match self {
            Self::View | Self::ViewAccount => (Role::Viewer, Scope::Read, false),
            Self::ChangeAccount => (Role::Viewer, Scope::All, false),
            Self::ViewCredentials => (Role::Member, Scope::Read, false),
            Self::ChangeCredentials => (Role::Member, Scope::All, true),
            Self::CreatePlan | Self::CreateCluster => (Role::Member, Scope::Run, false),
            Self::ChangePlan | Self::ChangeCluster | Self::StartRun | Self::ChangeRun => {
                (Role::Member, Scope::Run, true)
            }
            // What was started with a token ends with the token; a schedule would continue.
            Self::CreateSchedule => (Role::Member, Scope::All, false),
            Self::ChangeSchedule => (Role::Member, Scope::All, true),
            Self::ShareRun => (Role::Member, Scope::All, true),
            Self::ManageMachines
            | Self::ManageImages
            | Self::ManageArchive
            | Self::ManageIntegrations
            | Self::ManagePeople
            | Self::ViewAudit => (Role::Administrator, Scope::All, false),
        }
    }
}

/// Why an action is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// A token with this scope is needed.
    Scope(TokenScope),
    /// This role is needed.
    Role(UserRole),
    /// It belongs to somebody else.
    NotOwner,
}

/// Whether `principal` may do `action`, on an object of `owner` if it concerns an object.
///
/// # Errors
/// When not, with the reason; the first of scope, role and owner.
pub fn authorize(principal: &Principal, action: Action, owner: Option<Owner<'_>>) -> Result<(), Denied> {
    let (role, scope, is_owners) = action.requires();
    if let Via::Token { scope: has, .. } = &principal.via
        && *has < scope
    {
        return Err(Denied::Scope(scope));
    }
    if principal.role < role {
        return Err(Denied::Role(role));
    }
    match owner {
        Some(owner) if is_owners && !is_own(principal, owner) => Err(Denied::NotOwner),
        _ => Ok(()),
    }
}

fn is_own(principal: &Principal, owner: Owner<'_>) -> bool {
    principal.role == UserRole::Administrator
        || owner.person.id == principal.user.id
        || owner.team.is_some_and(|team| principal.teams.iter().any(|mine| mine.id == team.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(id: &str, role: UserRole, team: Option<&str>, via: Via) -> Principal {
        let named = |id: &str| Named { id: id.to_owned(), name: id.to_owned() };
        let user = Person { id: id.to_owned(), name: id.to_owned() };
        Principal { user, role, teams: team.map(named).into_iter().collect(), via }
    }

    fn token(scope: TokenScope) -> Via {
        Via::Token { id: "t".to_owned(), name: "ci".to_owned(), scope }
    }

    /// One letter for each action in the order of [`Action::ALL`]: `+` permitted, `o` not the owner, `r` role, `s`
    /// scope.
    fn row(principal: &Principal) -> String {
        let person = Person { id: "owner".to_owned(), name: "Owner".to_owned() };
        let team = Named { id: "team".to_owned(), name: "Team".to_owned() };
        let owner = Owner { person: &person, team: Some(&team) };
        let letter = |action| match authorize(principal, action, Some(owner)) {
            Ok(()) => '+',
            Err(Denied::NotOwner) => 'o',
            Err(Denied::Role(_)) => 'r',
            Err(Denied::Scope(_)) => 's',
        };
        Action::ALL.into_iter().map(letter).collect()
    }

    #[test]
    fn the_table_of_who_may_what() {
        use UserRole::{Administrator, Member, Viewer};
        let session = || Via::Session("s".to_owned());
        // View, account (view, change), credentials (view, change), create a plan, change it, cluster (create, change),
        // run (start, change, share), schedule (create, change), machines, images, archive, integrations, people, audit.
        for (who, expected) in [
            (principal("owner", Member, None, session()), "++++++++++++++rrrrrr"),
            (principal("mate", Member, Some("team"), session()), "++++++++++++++rrrrrr"),
            (principal("other", Member, Some("others"), session()), "++++o+o+oooo+orrrrrr"),
            (principal("viewer", Viewer, Some("team"), session()), "+++rrrrrrrrrrrrrrrrr"),
            (principal("admin", Administrator, None, session()), "++++++++++++++++++++"),
            (principal("admin", Administrator, None, Via::Shell), "++++++++++++++++++++"),
            (principal("owner", Member, None, token(TokenScope::Read)), "++s+ssssssssssssssss"),
            (principal("owner", Member, None, token(TokenScope::Run)), "++s+s++++++sssssssss"),
            (principal("owner", Member, None, token(TokenScope::All)), "++++++++++++++rrrrrr"),
            (principal("viewer", Viewer, None, token(TokenScope::All)), "+++rrrrrrrrrrrrrrrrr"),
            (principal("admin", Administrator, None, token(TokenScope::Run)), "++s+s++++++sssssssss"),
        ] {
            assert_eq!(row(&who), expected, "{who:?}");
        }
    }

    #[test]
    fn a_thing_without_a_team_is_nobodys_but_its_owners() {
        let person = Person { id: "owner".to_owned(), name: "Owner".to_owned() };
        let owner = Some(Owner { person: &person, team: None });
        let mate = principal("mate", UserRole::Member, Some("team"), Via::Shell);
        assert_eq!(authorize(&mate, Action::ChangeRun, owner), Err(Denied::NotOwner));
        assert_eq!(authorize(&mate, Action::View, owner), Ok(()));
    }
}
