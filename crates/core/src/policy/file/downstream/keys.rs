//! The keys of `[[downstream]]` and `[[check]]`.

use crate::policy::file::key::{Key, Kind, key, optional};

const OWN: [Key; 6] = [
    key("name", Kind::Text, r#""micro""#, "Its name, on record and for people."),
    key(
        "repo",
        Kind::OneOrMore,
        r#""https://example.org/micro.git""#,
        "Where git finds it: an address, a path, or a list of them; `.` is this very repository.",
    ),
    optional(
        "at",
        Kind::Text,
        r#""branch:main""#,
        "Which commit of it: `latest-release`, a branch, or a full commit id.",
        "latest-release",
    ),
    optional(
        "each",
        Kind::Text,
        r#""**/main.go""#,
        "A glob; the folder of each file that matches is a downstream of its own.",
        "the repository is one downstream",
    ),
    optional(
        "override",
        Kind::Tables(OVERRIDE),
        r#"[{ match = "legacy/**", tier = "should" }]"#,
        "What is different for some of them; the last match wins.",
        "nothing",
    ),
    optional(
        "ecosystem",
        Kind::Word(&["go", "generic"]),
        r#""go""#,
        "How it depends on the project: as a Go module, or by its own commands.",
        "found out",
    ),
];

const MATCH: [Key; 1] =
    [key("match", Kind::Text, r#""legacy/**""#, "A glob over the folders of the downstreams.")];

const RECIPE: [Key; 9] = [
    optional(
        "build",
        Kind::Script,
        r#""make""#,
        "The shell command that builds it; false skips it.",
        "the ecosystem's own",
    ),
    optional(
        "test",
        Kind::Script,
        r#""make test""#,
        "The shell command that tests it; false skips it.",
        "the ecosystem's own",
    ),
    optional(
        "run",
        Kind::Item(RUN),
        r#"{ command = "./server", serves = { port = 8080 } }"#,
        "The shell command that runs it; false skips it.",
        "the programs that were built, for 10s",
    ),
    optional(
        "services",
        Kind::Items(SERVICE),
        r#"[{ run = "redis-server", port = 6379 }]"#,
        "What runs beside it, in the same sandbox.",
        "nothing",
    ),
    optional(
        "mode",
        Kind::Word(&["fresh", "locked"]),
        r#""fresh""#,
        "Whether its other dependencies are at their newest versions, or as it has pinned them.",
        "fresh",
    ),
    optional(
        "tier",
        Kind::Word(&["must", "should"]),
        r#""must""#,
        "Whether a regression blocks, or is advice.",
        "should",
    ),
    optional("limits", Kind::Table(LIMITS), r#"{ memory = "2 GiB" }"#, "What it may use.", "the usual"),
    optional("env", Kind::Env, r#"{ TZ = "UTC" }"#, "Variables of its environment.", "none"),
    optional(
        "expect-failure",
        Kind::Table(EXPECT),
        r#"{ reason = "needs the old client", until = "2027-01-31" }"#,
        "That it is known to fail, and until when that is tolerated.",
        "it is expected to work",
    ),
];

const fn joined<const A: usize, const B: usize, const N: usize>(first: [Key; A], rest: [Key; B]) -> [Key; N] {
    let mut all = [first[0]; N];
    let mut n = 1;
    while n < N {
        all[n] = if n < A { first[n] } else { rest[n - A] };
        n += 1;
    }
    all
}

pub(in crate::policy) const DOWNSTREAM: &[Key] = &joined::<6, 9, 15>(OWN, RECIPE);

const OVERRIDE: &[Key] = &joined::<1, 9, 10>(MATCH, RECIPE);

pub(in crate::policy) const CHECK: &[Key] = &[
    key("name", Kind::Text, r#""integration""#, "The name it is recorded under."),
    key(
        "run",
        Kind::Text,
        r#""make integration""#,
        "The shell command, run at the top of the candidate's tree.",
    ),
    optional("limits", Kind::Table(LIMITS), r#"{ time = "30m" }"#, "What it may use.", "the usual"),
];

const RUN: &[Key] = &[
    optional("command", Kind::Script, r#""./server""#, "The shell command.", "the programs that were built"),
    optional(
        "stays",
        Kind::Length,
        r#""10s""#,
        "It still runs after this long, or has exited with 0.",
        "10s",
    ),
    optional("exits", Kind::Length, r#""1m""#, "It exits with 0 within this long.", "it need not end"),
    optional("serves", Kind::Table(SERVES), "{ port = 8080 }", "It becomes ready.", "it need not serve"),
];

const SERVES: &[Key] = &[
    optional(
        "port",
        Kind::Within(1, 65_535),
        "8080",
        "This port of 127.0.0.1 takes a connection.",
        "not asked",
    ),
    optional(
        "url",
        Kind::Text,
        r#""http://127.0.0.1:8080/health""#,
        "This address answers with a status below 500.",
        "not asked",
    ),
    optional("prints", Kind::Text, r#""listening on""#, "It has printed this text.", "not asked"),
    optional(
        "call",
        Kind::Text,
        r#""./client ping""#,
        "The shell command that is called when it is ready.",
        "nothing",
    ),
    optional("within", Kind::Length, r#""30s""#, "How long it may take to become ready.", "30s"),
];

const SERVICE: &[Key] = &[
    key("run", Kind::Text, r#""redis-server""#, "The shell command."),
    optional(
        "port",
        Kind::Within(1, 65_535),
        "6379",
        "The port of 127.0.0.1 by which it is ready.",
        "not waited for",
    ),
];

const LIMITS: &[Key] = &[
    optional("time", Kind::Length, r#""10m""#, "How long each step may take.", "10m"),
    optional("memory", Kind::Size, r#""4 GiB""#, "Memory of all its processes together.", "4 GiB"),
    optional("processes", Kind::Within(1, 65_536), "1024", "How many processes and threads at once.", "1024"),
    optional("disk", Kind::Size, r#""4 GiB""#, "What it may write to disk.", "4 GiB"),
    optional("output", Kind::Size, r#""64 MiB""#, "What it may print.", "64 MiB"),
    optional("cpus", Kind::Within(1, 1024), "2", "How many processors it may use.", "2"),
];

const EXPECT: &[Key] = &[
    key("reason", Kind::Text, r#""needs the old client""#, "Why it fails, for people."),
    key("until", Kind::Moment, r#""2027-01-31""#, "When that ends; a bare date means the end of that day."),
    optional("issue", Kind::Text, r#""https://example.org/42""#, "The issue that tracks it.", "nowhere"),
];
