//! What the demo works on: a server, a clone of a small library, what is built on it, and their texts.

use crate::environment::inherited;
use allclear_core::port::Clock;
use allclear_engine::{Fault, FaultKind};
use allclear_git::{Environment, Git, VirtualClock};
use jiff::civil;
use std::path::{Path, PathBuf};

/// A day, in seconds.
const DAY: i64 = 24 * 3600;

/// The policy; `ANCHOR` is the first slot.
const POLICY: &str = "\
preset = \"library@1\"         # soak 7 days, 3 after a fix; promote Mon-Thu 9-16
mode = \"run\"

[project]
name = \"greeter\"
time-zone = \"Europe/London\"

[train]
every = \"2 weeks\"
anchor = \"ANCHOR\"

[gates.checks]
required = [\"ci\"]

[[downstream]]               # a product that is built on greeter
name = \"cards\"
repo = \"../cards\"
tier = \"must\"                # no release that breaks it
build = \"sh build.sh\"
run = { command = \"sh cards.sh\", stays = \"1s\" }

[[downstream]]               # examples, each folder on its own
name = \"examples\"
repo = \"../examples\"
each = \"*/run.sh\"
tier = \"must\"
build = \"sh ../build.sh\"
test = \"LC_ALL=C sh run.sh | grep -q Hello\"
run = { command = \"sh run.sh\", exits = \"5s\" }
";

/// What the policy says where nothing can be contained.
const UNCONTAINED: &str = "
[gates.downstream]
sandbox = \"none\"             # only for code that is one's own
";

const GREET: &str = "\
# greet NAME: says hello.
greet() {
    echo \"Hello, $1!\"
}
";

/// The feature that breaks whoever has no locale; `FALLBACK` is what it then does.
const IN_THEIR_LANGUAGE: &str = "\
# greet NAME: says hello in the reader's language.
locale=${LC_ALL:FALLBACK}
greet() {
    case $locale in
    fr*) echo \"Bonjour, $1 !\" ;;
    *) echo \"Hello, $1!\" ;;
    esac
}
";

/// Takes the library from where the lab has it, and says which one that is.
const BUILD: &str = "\
set -e
cp \"$ALLCLEAR_CANDIDATE_DIR/greet.sh\" .
echo \"allclear-proof $ALLCLEAR_VERSION $ALLCLEAR_HASH\"
";

const CARDS: &str = "\
export LC_ALL=C
. ./greet.sh
while greet \"dear reader\"; do sleep 1; done
";

/// Gives the library with the feature, as it came or as it should have come.
pub(super) fn in_their_language(fixed: bool) -> String {
    IN_THEIR_LANGUAGE.replace("FALLBACK", if fixed { "-C" } else { "?is not set" })
}

/// A server, a clone of it, repositories beside them, and a clock of their own.
pub(super) struct Fixture {
    pub(super) top: PathBuf,
    pub(super) clone: PathBuf,
    pub(super) env: Environment,
    pub(super) clock: VirtualClock,
    /// The policy, as it is committed.
    pub(super) policy: String,
}

impl Fixture {
    /// Makes it all, with a first slot; `contained` where this machine has what contains foreign code.
    pub(super) fn build(
        top: PathBuf,
        clock: VirtualClock,
        anchor: civil::DateTime,
        contained: bool,
    ) -> Result<Self, Fault> {
        let env = Environment { inherited: inherited(), cache: top.join("cache") };
        let mut policy = POLICY.replace("ANCHOR", &anchor.strftime("%Y-%m-%d %H:%M").to_string());
        if !contained {
            policy.push_str(UNCONTAINED);
        }
        let fixture = Self { clone: top.join("greeter"), top, env, clock, policy };
        fixture.clock.advance(-9 * DAY);
        fixture.library()?;
        fixture.users()?;
        fixture.clock.advance(4 * DAY);
        Ok(fixture)
    }

    /// Makes a server with a library that has a release and some work since.
    fn library(&self) -> Result<(), Fault> {
        let server = self.top.join("server.git").display().to_string();
        let manifest = "{\n  \"name\": \"greeter\",\n  \"version\": \"1.0.0\"\n}\n";
        let files = [("package.json", manifest), ("greet.sh", GREET)];
        self.release("greeter", &files, "feat: greet people", "v1.0.0")?;
        self.git(&["init", "-q", "--bare", "-b", "master", &server])?;
        self.git(&["config", "remote.origin.url", &server])?;
        self.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"])?;
        self.git(&["push", "-q", "origin", "HEAD:refs/heads/master", "HEAD:refs/heads/develop", "v1.0.0"])?;
        self.commit("develop", "chore: release by train", "allclear.toml", &self.policy)?;
        self.clock.advance(2 * DAY);
        self.commit("develop", "feat: say goodbye", "bye.sh", "bye() {\n    echo \"Goodbye, $1!\"\n}\n")?;
        self.clock.advance(3 * DAY);
        self.commit(
            "develop",
            "feat: greet in the reader's language",
            "greet.sh",
            &in_their_language(false),
        )?;
        Ok(())
    }

    /// Makes what is built on the library.
    fn users(&self) -> Result<(), Fault> {
        let cards = [("build.sh", BUILD), ("cards.sh", CARDS)];
        self.release("cards", &cards, "feat: send cards", "v2.1.0")?;
        let examples = [
            ("build.sh", BUILD),
            ("hello/run.sh", ". ./greet.sh\ngreet world\n"),
            ("party/run.sh", "export LC_ALL=C\n. ./greet.sh\nfor name in Ada Grace; do greet $name; done\n"),
        ];
        self.release("examples", &examples, "docs: show how to greet", "v1.0.0")
    }

    /// Makes a repository of a few files, and a release of it.
    fn release(&self, name: &str, files: &[(&str, &str)], message: &str, tag: &str) -> Result<(), Fault> {
        let dir = self.top.join(name);
        for (path, text) in files {
            write(&dir.join(path), text)?;
        }
        let config = |key, value| ["config", key, value];
        let steps: [&[&str]; 6] = [
            &["init", "-q", "-b", "master"],
            &config("user.name", "Mira"),
            &config("user.email", "mira@example.org"),
            &["add", "."],
            &["commit", "-q", "-m", message],
            &["tag", "-a", tag, "-m", tag],
        ];
        steps.iter().try_for_each(|args| self.git_in(&dir, args).map(drop))
    }

    /// Runs git in the library's clone, at the virtual clock's time.
    pub(super) fn git(&self, args: &[&str]) -> Result<String, Fault> {
        self.git_in(&self.clone, args)
    }

    fn git_in(&self, dir: &Path, args: &[&str]) -> Result<String, Fault> {
        let date = format!("{} +0000", self.clock.now().as_second());
        let git = Git::new(dir, &self.env.inherited)
            .with_env("GIT_AUTHOR_DATE", &date)
            .with_env("GIT_COMMITTER_DATE", &date)
            .with_config("protocol.file.allow", "always");
        let out = git.ok(args, b"").map_err(broken)?;
        Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
    }

    /// Commits one file to a branch of the server, as a colleague would.
    pub(super) fn commit(
        &self,
        branch: &str,
        message: &str,
        path: &str,
        text: &str,
    ) -> Result<String, Fault> {
        self.git(&["fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*"])?;
        self.git(&["checkout", "-q", "--detach", &format!("origin/{branch}")])?;
        write(&self.clone.join(path), text)?;
        self.git(&["add", path])?;
        self.git(&["commit", "-q", "-m", message])?;
        self.git(&["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")])?;
        self.git(&["rev-parse", "HEAD"])
    }
}

fn write(path: &Path, text: &str) -> Result<(), Fault> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text)).map_err(broken)
}

/// Says that the fixture itself does not hold.
pub(super) fn broken(why: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::TryLater, why.to_string()).truth("nothing was changed outside the demo's directory")
}
