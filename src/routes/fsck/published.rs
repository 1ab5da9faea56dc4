//! What a user has published: that rows agree, that objects are there with their size and hash, and none that no row knows.

use serde::{Deserialize, Serialize};

use super::{Look, Report, SAMPLE};
use crate::catalog::Kind;
use crate::catalog::check::{self, Place};
use crate::error::Error;

/// Where a look at it has come to.
#[derive(Serialize, Deserialize)]
pub(super) enum Stage {
    /// The catalogue's rules.
    Rules,
    /// The bundles of a kind, behind this key.
    Bundles(Kind, String),
    /// The versions, behind this one.
    Versions(Place),
}

impl Look {
    /// A page of it. Without a catalogue nothing is published, and there is nothing to look at.
    pub(super) async fn published(&self, stage: Stage, report: &mut Report) -> Result<Option<Stage>, Error> {
        let (Some(catalog), owner) = (&self.catalog, self.workspace.user()) else { return Ok(None) };
        let (found, next) = match stage {
            Stage::Rules => {
                let found = check::rules(catalog, owner).await?;
                report.checked.rules = found.checked;
                (found, Some(Stage::Bundles(Kind::App, String::new())))
            }
            Stage::Bundles(kind, after) => {
                let (found, last) = check::objects(catalog, owner, kind, &after, self.repair).await?;
                report.checked.objects = found.checked;
                let next = match (last, kind) {
                    (Some(last), _) => Stage::Bundles(kind, last),
                    (None, Kind::App) => Stage::Bundles(Kind::Desktop, String::new()),
                    (None, Kind::Desktop) => Stage::Versions(Place::default()),
                };
                (found, Some(next))
            }
            Stage::Versions(after) => {
                let reads = |number| self.all || (number + self.today) % SAMPLE == 0;
                let (found, next) = check::versions(catalog, owner, after, reads).await?;
                report.checked.contents = found.checked;
                (found, next.map(Stage::Versions))
            }
        };
        report.problems = found.problems;
        report.repaired = found.repaired;
        Ok(next)
    }
}
