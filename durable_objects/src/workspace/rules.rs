//! What holds of every workspace, whatever has happened to it: rules, each with a statement that answers its breaches. The
//! tests hold every database to them after each call; fsck holds a deployed one to them.
//!
//! Node 1 is the root, 2 the trash, and what is deleted for good hangs below -1. Each statement reads a table or two once.

/// What the first column of a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A node.
    Entry,
    /// A blob.
    Content,
    /// A row of the feed.
    Rev,
    /// A key in a bucket.
    Key,
    /// A media item, by its number.
    Item,
    /// A task of the alarm.
    Task,
    /// A counter's value.
    Number,
}

/// Something that must hold.
pub struct Rule {
    /// What, as a sentence.
    pub holds: &'static str,
    /// What is named where it does not.
    pub subject: Subject,
    /// A statement that answers nothing as long as it holds.
    pub breaches: &'static str,
}

const fn rule(holds: &'static str, subject: Subject, breaches: &'static str) -> Rule {
    Rule { holds, subject, breaches }
}

/// All of them.
pub const RULES: [Rule; 40] = [
    rule(
        "a node hangs in a directory",
        Subject::Entry,
        "SELECT id FROM node n WHERE id > 2 AND parent <> -1
            AND NOT EXISTS (SELECT 1 FROM node d WHERE d.id = n.parent AND d.kind = 0)",
    ),
    rule(
        "the root and the trash stay",
        Subject::Number,
        "SELECT count(*) FROM node WHERE parent = 0 HAVING count(*) <> 2",
    ),
    rule(
        "no rev is ahead of the counter",
        Subject::Entry,
        "SELECT n.id FROM node n, meta m WHERE m.k = 'rev' AND max(n.id, n.rev, n.children_rev) > m.v",
    ),
    rule(
        "a node is not older than itself",
        Subject::Entry,
        "SELECT id FROM node WHERE id > rev OR created_ms > modified_ms",
    ),
    rule(
        "a rev has a row of the feed, but for those that retention dropped",
        Subject::Rev,
        "SELECT rev FROM change c WHERE rev <> (SELECT v FROM meta WHERE k = 'rev')
            AND NOT EXISTS (SELECT 1 FROM change d WHERE d.rev = c.rev + 1)",
    ),
    rule(
        "a transaction is named by its first row, and is later than any before",
        Subject::Rev,
        "SELECT c.rev FROM change c JOIN change d ON d.rev = c.rev - 1
          WHERE CASE c.txn WHEN c.rev THEN d.at_ms >= c.at_ms ELSE d.txn <> c.txn OR d.at_ms <> c.at_ms END",
    ),
    rule(
        "a turn is known as long as the feed names it, but for the newest",
        Subject::Rev,
        "SELECT rev FROM change c WHERE turn IS NOT NULL AND rev < (SELECT txn FROM change ORDER BY rev DESC LIMIT 1)
            AND NOT EXISTS (SELECT 1 FROM turn t WHERE t.turn = c.turn AND c.rev BETWEEN t.first_rev AND t.last_rev)",
    ),
    rule(
        "the states of one version have one content",
        Subject::Entry,
        "SELECT p.node FROM past p JOIN past q ON q.node = p.node AND q.from_rev = p.to_rev
          WHERE p.ends_content = 0 AND q.blob IS NOT p.blob
            UNION ALL SELECT p.node FROM past p JOIN node n ON n.id = p.node AND n.rev = p.to_rev
          WHERE p.ends_content = 0 AND n.blob IS NOT p.blob",
    ),
    rule(
        "content that is used is there",
        Subject::Content,
        "SELECT blob FROM (SELECT blob FROM node UNION SELECT blob FROM past)
          WHERE blob IS NOT NULL AND blob NOT IN (SELECT id FROM blob)",
    ),
    rule(
        "content that is not used is noted for the sweep, or doomed",
        Subject::Content,
        "SELECT id FROM blob WHERE state = 0 AND id NOT IN (SELECT blob FROM node WHERE blob IS NOT NULL
            UNION SELECT blob FROM past WHERE blob IS NOT NULL UNION SELECT blob FROM dropped UNION SELECT blob FROM media
            UNION SELECT blob FROM staged)",
    ),
    rule(
        "content in a row has the size that the row says",
        Subject::Content,
        "SELECT id FROM blob WHERE size <> length(bytes)",
    ),
    rule(
        "a file has the size of its content",
        Subject::Entry,
        "SELECT n.id FROM node n JOIN blob b ON b.id = n.blob WHERE n.size <> b.size
            UNION ALL SELECT p.node FROM past p JOIN blob b ON b.id = p.blob WHERE p.size <> b.size",
    ),
    rule(
        "bytes are in the row, or in the bucket and their key is in the row",
        Subject::Content,
        "SELECT id FROM blob WHERE CASE place WHEN 0 THEN bytes IS NULL OR key IS NOT NULL OR hash IS NULL
            ELSE bytes IS NOT NULL OR key IS NULL END",
    ),
    rule(
        "only bytes of ours in the bucket are doomed, and nothing uses them",
        Subject::Content,
        "SELECT id FROM blob WHERE (state = 1) <> (doomed_ms IS NOT NULL)
            OR (state = 1 AND (place = 0 OR hash IS NULL OR id IN (SELECT blob FROM node WHERE blob IS NOT NULL
                UNION SELECT blob FROM past WHERE blob IS NOT NULL UNION SELECT blob FROM media)))",
    ),
    rule(
        "a key is announced or belongs to content, and only once, but for one that is kept while others still send there",
        Subject::Key,
        "SELECT key FROM (SELECT key FROM upload WHERE NOT EXISTS (SELECT 1 FROM blob b JOIN sender s ON s.key = b.key
            WHERE b.key = upload.key AND b.place = 2 AND b.state = 0) UNION ALL SELECT key FROM blob WHERE key IS NOT NULL)
          GROUP BY key HAVING count(*) > 1",
    ),
    rule(
        "stored bytes are counted until they are gone, and somebody else's are not",
        Subject::Number,
        "SELECT v FROM meta WHERE k = 'stored_bytes'
            AND v <> (SELECT coalesce(sum(size), 0) FROM blob WHERE hash IS NOT NULL)",
    ),
    rule(
        "bytes that may come are counted",
        Subject::Number,
        "SELECT v FROM meta WHERE k = 'reserved_bytes'
            AND v <> (SELECT coalesce(sum(reserved_bytes), 0) FROM (SELECT reserved_bytes FROM upload
                UNION ALL SELECT reserved_bytes FROM sender))",
    ),
    rule(
        "what waits to be removed or taken over has its task",
        Subject::Task,
        "SELECT 'remove' WHERE EXISTS (SELECT 1 FROM blob WHERE state = 1) AND 'remove' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'uploads' WHERE EXISTS (SELECT 1 FROM upload)
                AND 'uploads' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'adopt' WHERE EXISTS (SELECT 1 FROM blob WHERE hash IS NULL)
                AND NOT EXISTS (SELECT 1 FROM meta WHERE k = 'import') AND 'adopt' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'home' WHERE EXISTS (SELECT 1 FROM leaving) AND 'home' NOT IN (SELECT what FROM timer)",
    ),
    rule(
        "who sends something has an announced key, which is not condemned",
        Subject::Key,
        "SELECT s.key FROM sender s WHERE NOT EXISTS (SELECT 1 FROM upload u WHERE u.key = s.key AND u.expires_ms > 0)
            OR EXISTS (SELECT 1 FROM blob b WHERE b.key = s.key AND b.state = 1)",
    ),
    rule(
        "an announced key of media has a sender, or is given up",
        Subject::Key,
        "SELECT key FROM upload WHERE place = 2 AND expires_ms > 0 AND key NOT IN (SELECT key FROM sender)",
    ),
    rule(
        "an item has live content, and a public one has it in the bucket of media",
        Subject::Item,
        "SELECT i.id FROM media i LEFT JOIN blob b ON b.id = i.blob
          WHERE b.id IS NULL OR b.state = 1 OR b.hash IS NULL OR (i.is_public = 1 AND b.place <> 2)",
    ),
    rule(
        "an item is in the lists of its scopes and in no others, and has one",
        Subject::Item,
        "SELECT id FROM media WHERE id NOT IN (SELECT media FROM media_scope)
            UNION ALL SELECT media FROM media_scope WHERE media NOT IN (SELECT id FROM media)
            UNION ALL SELECT f.media FROM media_facet f LEFT JOIN media i ON i.id = f.media WHERE NOT EXISTS (
                SELECT 1 FROM media_scope s WHERE s.media = i.id AND i.created_ms = f.created_ms
                    AND f.facet ->> 0 IN ('', s.desktop) AND f.facet ->> 1 IN ('', s.app)
                    AND f.facet ->> 2 IN ('', s.thread) AND f.facet ->> 3 IN ('', i.kind))
            UNION ALL SELECT s.media FROM media_scope s JOIN media i ON i.id = s.media WHERE NOT EXISTS (
                SELECT 1 FROM media_facet f WHERE f.media = i.id
                    AND f.facet = json_array(s.desktop, s.app, s.thread, i.kind))",
    ),
    rule(
        "content in the bucket of media is a public item's, or leaves",
        Subject::Content,
        "SELECT id FROM blob WHERE place = 2 AND state = 0 AND id NOT IN (SELECT blob FROM media WHERE is_public = 1)
            AND id NOT IN (SELECT blob FROM leaving) AND id NOT IN (SELECT blob FROM dropped)",
    ),
    rule(
        "entries are counted",
        Subject::Number,
        "SELECT v FROM meta WHERE k = 'entries' AND v <> (SELECT count(*) - 2 FROM node)",
    ),
    rule(
        "a state ends after it began and not after the next one began",
        Subject::Entry,
        "SELECT node FROM (SELECT node, from_rev, to_rev, lag(to_rev) OVER (PARTITION BY node ORDER BY to_rev) AS before FROM past)
          WHERE from_rev >= to_rev OR from_rev < before
            UNION ALL SELECT n.id FROM node n WHERE n.rev < (SELECT max(to_rev) FROM past WHERE past.node = n.id)",
    ),
    rule(
        "files are counted",
        Subject::Number,
        "SELECT v FROM meta WHERE k = 'files' AND v <> (SELECT count(*) FROM node WHERE kind = 1)",
    ),
    rule(
        "a place has one entry at a time",
        Subject::Entry,
        "SELECT node FROM (SELECT node, from_rev, lag(to_rev) OVER (PARTITION BY parent, name ORDER BY to_rev) AS before FROM past)
          WHERE from_rev < before
            UNION ALL SELECT n.id FROM node n
          WHERE n.rev < (SELECT max(p.to_rev) FROM past p WHERE p.parent = n.parent AND p.name = n.name)",
    ),
    rule(
        "what is held for a checkpoint is not there",
        Subject::Entry,
        "SELECT node FROM held WHERE node IN (SELECT id FROM node WHERE parent <> -1)",
    ),
    rule(
        "what is held for a checkpoint has a state that it covers, or is looked at again",
        Subject::Entry,
        "SELECT node FROM held WHERE 'release' NOT IN (SELECT what FROM timer) AND NOT EXISTS (
            SELECT 1 FROM past p JOIN checkpoint c ON c.rev >= p.from_rev AND c.rev < p.to_rev WHERE p.node = held.node)",
    ),
    rule(
        "a checkpoint's rev has been",
        Subject::Rev,
        "SELECT rev FROM checkpoint WHERE rev > (SELECT v FROM meta WHERE k = 'rev')",
    ),
    rule(
        "a hold is numbered, and has its task",
        Subject::Rev,
        "SELECT rev FROM checkpoint WHERE CASE WHEN until_ms IS NULL THEN id <= 0 ELSE 'holds' NOT IN (SELECT what FROM timer)
            OR id >= 0 OR -id > (SELECT v FROM meta WHERE k = 'holds') END",
    ),
    rule(
        "what is on a stage has one, and that has its task",
        Subject::Content,
        "SELECT blob FROM staged WHERE stage NOT IN (SELECT id FROM stage)
            UNION ALL SELECT id FROM stage WHERE 'stages' NOT IN (SELECT what FROM timer)
                OR id > (SELECT v FROM meta WHERE k = 'stages')",
    ),
    rule(
        "what is known of a planted tree is of one",
        Subject::Entry,
        "SELECT e.node FROM planted_entry e LEFT JOIN planted p ON p.node = e.node AND p.stage = e.stage WHERE p.node IS NULL
            UNION ALL SELECT node FROM planted WHERE stage > (SELECT v FROM meta WHERE k = 'stages')",
    ),
    rule(
        "a name sorts by its lower case",
        Subject::Entry,
        "SELECT id FROM node WHERE parent <> -1 AND fold <> lower(name) AND name NOT GLOB '*[^ -~]*'",
    ),
    rule(
        "what is in the trash has its row there",
        Subject::Entry,
        "SELECT id FROM node WHERE parent = 2 AND id NOT IN (SELECT node FROM trash)
            UNION ALL SELECT node FROM trash WHERE node NOT IN (SELECT id FROM node WHERE parent = 2)",
    ),
    rule(
        "a directory knows of its entries' changes",
        Subject::Entry,
        "SELECT n.id FROM node n JOIN node d ON d.id = n.parent WHERE n.rev > d.children_rev",
    ),
    rule(
        "what waits for the alarm has its task",
        Subject::Task,
        "SELECT 'sweep' WHERE EXISTS (SELECT 1 FROM dropped) AND 'sweep' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'unlink' WHERE EXISTS (SELECT 1 FROM node WHERE parent = -1)
                AND 'unlink' NOT IN (SELECT what FROM timer)
            UNION ALL SELECT 'expire' WHERE EXISTS (SELECT 1 FROM trash) AND 'expire' NOT IN (SELECT what FROM timer)",
    ),
    rule(
        "what retention will drop has its task",
        Subject::Entry,
        "SELECT p.node FROM past p WHERE 'prune' NOT IN (SELECT what FROM timer)
            AND NOT EXISTS (SELECT 1 FROM checkpoint c WHERE c.rev >= p.from_rev AND c.rev < p.to_rev)",
    ),
    rule(
        "the bucket copy has not followed further than there is something to follow",
        Subject::Number,
        "SELECT v FROM meta WHERE k = 'mirror_planned' AND v > (SELECT v FROM meta WHERE k = 'rev')",
    ),
    rule(
        "what the bucket copy is behind at has its task, or waits for content that is yet to be taken over",
        Subject::Task,
        "SELECT 'mirror' WHERE 'mirror' NOT IN (SELECT what FROM timer) AND EXISTS (SELECT 1 FROM mirror_plan
            WHERE sent IS NULL AND (waits_for IS NULL OR NOT EXISTS (SELECT 1 FROM blob WHERE blob.id = waits_for)))",
    ),
];
