//! The provider's claims about a person, and the resulting names, role and teams here.

use super::CompanyError;
use super::provider::{Claims, OtherClaims, UserInfo};
use crate::config::OidcConfig;
use jac_model::is_invisible;
use jac_store::CompanyPerson;
use serde_json::Value;

/// Maximum length of a name here.
const LONGEST_NAME: usize = 100;

/// The provider's claims about a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonClaims {
    pub issuer: String,
    pub subject: String,
    /// Possible names, the best one first.
    pub names: Vec<String>,
    /// `None`: not reported.
    pub groups: Option<Vec<String>>,
}

impl PersonClaims {
    pub(super) fn of_token(claims: &Claims, config: &OidcConfig) -> Self {
        let names = [
            claims.preferred_username().map(|name| name.as_str()),
            claims.name().and_then(|names| names.get(None)).map(|name| name.as_str()),
            claims.email().map(|email| email.as_str()),
        ];
        let mut claimed =
            Self { issuer: claims.issuer().to_string(), subject: claims.subject().to_string(), ..Self::default() };
        claimed.hear(&names, claims.additional_claims(), config);
        claimed
    }

    /// Whether a relevant claim is still missing.
    pub(super) fn lacks_something(&self, config: &OidcConfig) -> bool {
        let asks_for_groups = !config.role_groups.is_empty() || !config.team_groups.is_empty();
        self.names.is_empty() || (asks_for_groups && self.groups.is_none())
    }

    /// Adds the claims that the provider returned on request.
    pub(super) fn add(&mut self, more: &UserInfo, config: &OidcConfig) {
        let names = [
            more.preferred_username().map(|name| name.as_str()),
            more.name().and_then(|names| names.get(None)).map(|name| name.as_str()),
            more.email().map(|email| email.as_str()),
        ];
        self.hear(&names, more.additional_claims(), config);
    }

    fn hear(&mut self, names: &[Option<&str>], others: &OtherClaims, config: &OidcConfig) {
        for name in names.iter().flatten().filter_map(|name| kept_name(name)) {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
        if self.groups.is_none() {
            self.groups = others.all.get(&config.groups_claim).and_then(groups);
        }
    }

    /// The resulting person here.
    ///
    /// # Errors
    /// [`CompanyError::NoRole`] when groups give roles and the person is in none of them.
    pub fn person(self, config: &OidcConfig) -> Result<CompanyPerson, CompanyError> {
        let groups = self.groups.unwrap_or_default();
        let role = groups.iter().filter_map(|group| config.role_groups.get(group)).max();
        if role.is_none() && !config.role_groups.is_empty() {
            return Err(CompanyError::NoRole(self.names.first().unwrap_or(&self.subject).clone()));
        }
        let mut teams: Vec<String> = groups.iter().filter_map(|group| config.team_groups.get(group)).cloned().collect();
        teams.sort();
        teams.dedup();
        let mut names = self.names;
        // The provider's own identifier of the person, which is unique.
        names.extend(kept_name(&self.subject));
        Ok(CompanyPerson {
            issuer: self.issuer,
            subject: self.subject,
            names,
            role: role.copied(),
            teams: (!config.team_groups.is_empty()).then_some(teams),
        })
    }
}

/// A list of names, or a single one, as some providers have it.
fn groups(claim: &Value) -> Option<Vec<String>> {
    match claim {
        Value::String(group) => Some(vec![group.clone()]),
        Value::Array(groups) => Some(groups.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => None,
    }
}

/// A name in storable form.
fn kept_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|letter| !letter.is_control() && !is_invisible(*letter)).collect();
    let name: String = name.trim().chars().take(LONGEST_NAME).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::UserRole;
    use serde_json::json;

    fn config(roles: &[(&str, UserRole)], teams: &[(&str, &str)]) -> OidcConfig {
        OidcConfig {
            issuer: "https://login.example".to_owned(),
            client_id: "jac".to_owned(),
            client_secret: None,
            name: "Example".to_owned(),
            groups_claim: "groups".to_owned(),
            role_groups: roles.iter().map(|(group, role)| ((*group).to_owned(), *role)).collect(),
            team_groups: teams.iter().map(|(group, team)| ((*group).to_owned(), (*team).to_owned())).collect(),
        }
    }

    fn claimed(claim: &Value) -> PersonClaims {
        let mut claimed = PersonClaims { subject: "42".to_owned(), ..PersonClaims::default() };
        let others = OtherClaims { all: [("groups".to_owned(), claim.clone())].into() };
        claimed.hear(&[Some("ada"), None, Some("ada@shop.example")], &others, &config(&[], &[]));
        claimed
    }

    #[test]
    fn of_several_roles_the_highest_holds() {
        let config =
            config(&[("staff", UserRole::Member), ("ops", UserRole::Administrator), ("all", UserRole::Viewer)], &[]);
        for (claim, role) in [
            (json!(["all"]), UserRole::Viewer),
            (json!(["staff", "all"]), UserRole::Member),
            (json!(["all", "ops", "staff", "others"]), UserRole::Administrator),
            (json!("staff"), UserRole::Member),
        ] {
            let person = claimed(&claim).person(&config).expect("a role");
            assert_eq!((person.role, person.teams), (Some(role), None), "{claim}");
        }
    }

    #[test]
    fn who_is_in_none_of_the_groups_stays_out() {
        let config = config(&[("staff", UserRole::Member)], &[]);
        for claim in [json!([]), json!(["Staff"]), json!(["staff "]), json!({ "staff": true }), json!(null), json!([7])]
        {
            let refused = claimed(&claim).person(&config).expect_err("no role");
            assert_eq!(refused.code(), "company_no_role", "{claim}");
        }
    }

    #[test]
    fn without_groups_that_give_roles_the_role_is_left_to_administrators() {
        let person = claimed(&json!(["staff"])).person(&config(&[], &[])).expect("a person");
        assert_eq!((person.role, person.teams), (None, None));
        assert_eq!(person.names, ["ada", "ada@shop.example", "42"]);
    }

    #[test]
    fn groups_make_members_of_teams() {
        let config = config(&[], &[("g1", "Shop"), ("g2", "Pay"), ("g3", "Shop")]);
        let teams = |claim: &Value| claimed(claim).person(&config).expect("a person").teams;
        assert_eq!(teams(&json!(["g3", "g2", "g1", "g9"])), Some(vec!["Pay".to_owned(), "Shop".to_owned()]));
        assert_eq!(teams(&json!([])), Some(Vec::new()), "who has left a group has left its team");
    }

    #[test]
    fn a_provider_that_keeps_its_token_small_is_asked_for_the_rest() {
        let wants = config(&[("staff", UserRole::Member)], &[]);
        assert!(claimed(&json!(null)).lacks_something(&wants));
        assert!(!claimed(&json!([])).lacks_something(&wants));
        assert!(!claimed(&json!(null)).lacks_something(&config(&[], &[])));
        assert!(PersonClaims::default().lacks_something(&config(&[], &[])), "without a name");
    }

    #[test]
    fn names_are_made_fit_to_be_kept() {
        assert_eq!(kept_name(" Ada\u{7}\n "), Some("Ada".to_owned()));
        assert_eq!(kept_name(" \t"), None);
        assert_eq!(kept_name(&"é".repeat(200)).map(|name| name.chars().count()), Some(LONGEST_NAME));
    }
}
