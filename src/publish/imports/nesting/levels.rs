//! [`Levels`]: what is open where a scan is, and what all of it costs.

/// What an open bracket costs, one that calls (`f(…)`) included.
const LEVEL: u32 = 8;
/// What other signs cost: the parser goes round in circles for them, but who looks at the tree does not.
pub const LINK: u32 = 1;

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole.
    Code,
    /// Brackets that this byte closes.
    Closed(u8),
    /// The text of a template.
    Template,
    /// An element's tag.
    Tag,
    /// What is in an element.
    Children,
}

/// Something that is open.
struct Level {
    kind: Kind,
    /// What it costs with what nests in it, but for deeper levels.
    cost: u32,
}

/// All that is open, the innermost last.
pub struct Levels {
    open: Vec<Level>,
    /// What all of it costs.
    cost: u32,
}

impl Default for Levels {
    fn default() -> Self {
        Self { open: vec![Level { kind: Kind::Code, cost: LEVEL }], cost: LEVEL }
    }
}

impl Levels {
    /// What all of it costs.
    pub fn cost(&self) -> u32 {
        self.cost
    }

    /// What is innermost.
    pub fn kind(&self) -> Kind {
        self.open.last().map_or(Kind::Code, |level| level.kind)
    }

    /// Opens one more.
    pub fn push(&mut self, kind: Kind) {
        self.spend(LINK);
        self.open.push(Level { kind, cost: LEVEL });
        self.cost += LEVEL;
    }

    /// Closes the innermost; the whole stays.
    pub fn pop(&mut self) {
        if self.open.len() > 1
            && let Some(level) = self.open.pop()
        {
            self.cost -= level.cost;
        }
    }

    /// Closes the brackets that a byte closes, if some are open.
    pub fn close(&mut self, closing: u8) {
        let is_it = |level: &Level| level.kind == Kind::Closed(closing);
        let Some(open) = self.open.iter().rposition(is_it) else { return };
        // Only what was taken for an element can be in between.
        let is_element = |level: &Level| matches!(level.kind, Kind::Tag | Kind::Children);
        if self.open.iter().skip(open + 1).all(is_element) {
            for _ in open..self.open.len() {
                self.pop();
            }
        }
    }

    /// The innermost was a tag, and what follows is in its element.
    pub fn begin_children(&mut self) {
        if let Some(level) = self.open.last_mut() {
            level.kind = Kind::Children;
        }
    }

    /// What is innermost costs so much more.
    pub fn spend(&mut self, cost: u32) {
        if let Some(level) = self.open.last_mut() {
            level.cost += cost;
            self.cost += cost;
        }
    }

    /// A separator: what was nested before it is over.
    pub fn settle(&mut self) {
        if let Some(level) = self.open.last_mut() {
            self.cost -= level.cost - LEVEL;
            level.cost = LEVEL;
        }
    }
}
