//! Which of the apps that somebody has are older than what is offered.

use durable_objects::ids::UserId;
use serde::Deserialize;
use serde_json::json;

use super::database::{Catalog, Statement, statement};
use super::items::{Item, columns};
use super::names::{Kind, PublicId, Version};
use super::rows::{self, Update};
use crate::error::Error;

/// How many apps one question names.
pub const APPS_MAX: usize = 100;

/// An app that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Having {
    id: PublicId,
    version: Version,
}

/// Reads `id@version,id@version`; none if it is something else.
pub fn parse(text: &str) -> Option<Vec<Having>> {
    let apps = text.split(',').map(str::trim).filter(|app| !app.is_empty()).map(|app| {
        let (id, version) = app.split_once('@')?;
        Some(Having { id: PublicId::parse(id)?, version: Version::parse(version)? })
    });
    apps.collect::<Option<Vec<_>>>().filter(|apps| apps.len() <= APPS_MAX)
}

#[derive(Deserialize)]
struct Row {
    installed: Version,
    #[serde(flatten)]
    item: Item,
}

/// What is offered by now in place of what somebody has: of the apps that are named, or else of those that a user has
/// installed. What they may not see is not in it.
pub async fn updates(
    catalog: &Catalog,
    named: Option<&[Having]>,
    user: Option<&UserId>,
) -> Result<Vec<Update<rows::Row>>, Error> {
    let statement = match (named, user) {
        (Some(apps), _) => of_named(apps),
        (None, Some(user)) => of_installed(user),
        (None, None) => return Err(Error::BadRequest("installed required: id@version,id@version".to_owned())),
    };
    let rows = catalog.run(statement).await?.rows::<Row>()?;
    let visible = rows.into_iter().filter(|row| row.item.is_visible_to(user));
    Ok(visible.map(|row| Update { row: row.item.to_row(user), installed: row.installed.to_string() }).collect())
}

fn of_named(apps: &[Having]) -> Statement {
    let apps: Vec<_> = apps.iter().map(|app| json!([app.id, app.version])).collect();
    statement(
        concat!(
            "SELECT e.value ->> 1 AS installed, ",
            columns!(),
            " FROM json_each(?1) e CROSS JOIN published p ON p.id = e.value ->> 0 CROSS JOIN users u ON u.id = p.owner_id
               CROSS JOIN versions v ON v.item = p.seq AND v.number = p.current
              WHERE p.kind = ?2 AND p.removed_ms IS NULL AND p.current > e.value ->> 1"
        ),
        [json!(apps).to_string().into(), i64::from(Kind::App).into()],
    )
}

fn of_installed(user: &UserId) -> Statement {
    statement(
        concat!(
            "SELECT i.number AS installed, ",
            columns!(),
            " FROM (SELECT item, number FROM installs WHERE user_id = ?1 ORDER BY created_ms DESC LIMIT 400) i
               CROSS JOIN published p ON p.seq = i.item CROSS JOIN users u ON u.id = p.owner_id
               CROSS JOIN versions v ON v.item = p.seq AND v.number = p.current
              WHERE p.kind = ?2 AND p.removed_ms IS NULL AND p.current > i.number"
        ),
        [user.as_str().into(), i64::from(Kind::App).into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_is_named_by_id_and_version() {
        let id = "0".repeat(32);
        assert_eq!(parse(&format!("{id}@1.0.0, {id}@0.1.2,")).unwrap().len(), 2);
        assert_eq!(parse("").unwrap(), []);
        for bad in [id.clone(), format!("{id}@1"), "notes@1.0.0".to_owned(), format!("{id}@1.0.0,").repeat(101)] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }
}
