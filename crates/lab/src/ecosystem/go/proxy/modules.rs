//! Answers requests from the packed modules, and for all others from what was published at the cut-off.

use super::request::{Kind, ModuleRequest, What};
use super::versions::{highest, latest, list, stat, version};
use crate::ecosystem::go::pack::Packed;
use crate::ecosystem::go::paths;
use crate::overlay::published::Published;
use crate::overlay::server::{Query, Registry, Reply};
use crate::overlay::snapshot::Answer;
use std::sync::{PoisonError, RwLock};

#[derive(Debug)]
pub(super) struct Modules {
    packed: RwLock<Vec<Packed>>,
    published: Published,
}

impl Registry for Modules {
    fn answer(&self, query: &Query<'_>) -> Reply {
        let Some(ModuleRequest { module, what }) = ModuleRequest::read(query.path) else {
            return Reply::NotFound;
        };
        let module = module.as_str();
        let packed = self.packed.read().unwrap_or_else(PoisonError::into_inner).clone();
        let ours: Vec<&Packed> =
            packed.iter().filter(|packed| paths::escaped(&packed.path) == module).collect();
        let reply = match what {
            What::List if ours.is_empty() => {
                query.floats();
                self.list(module).map(|answer| reply(answer, Kind::Mod))
            }
            What::Latest if ours.is_empty() => {
                query.floats();
                self.latest(module).map(|answer| reply(answer, Kind::Info))
            }
            What::List => self.merged(module, &ours).map(|list| found(Kind::Mod, list.into_bytes())),
            What::Latest => self.merged(module, &ours).and_then(|list| match highest(&list) {
                Some(version) => self.file(query, module, &ours, &version, Kind::Info),
                None => Ok(Reply::NotFound),
            }),
            What::File { version, kind } => self.file(query, module, &ours, &version, kind),
        };
        reply.unwrap_or_else(|failure| failure)
    }
}

impl Modules {
    pub(super) fn new(packed: Vec<Packed>, published: Published) -> Self {
        Self { packed: RwLock::new(packed), published }
    }

    pub(super) fn add(&self, packed: Packed) {
        let mut all = self.packed.write().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|known| known.path == packed.path && known.version == packed.version) {
            all.push(packed);
        }
    }

    pub(super) fn has(&self, path: &str, version: &str) -> bool {
        let all = self.packed.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|known| known.path == path && known.version == version)
    }

    fn list(&self, module: &str) -> Result<Answer, Reply> {
        let until = self.published.until;
        self.published.answer(&format!("{module}/@v/list"), |upstream| list(upstream, until, module))
    }

    fn latest(&self, module: &str) -> Result<Answer, Reply> {
        let until = self.published.until;
        self.published.answer(&format!("{module}/@latest"), |upstream| latest(upstream, until, module))
    }

    /// Lists the published versions of a packed module together with the packed ones.
    fn merged(&self, module: &str, ours: &[&Packed]) -> Result<String, Reply> {
        let before = match self.list(module)? {
            Answer::Found(list) => String::from_utf8_lossy(&list).into_owned(),
            Answer::Missing | Answer::TooNew => String::new(),
        };
        let there = before.lines().filter_map(|line| line.split_whitespace().next());
        let mut all: Vec<&str> = there.chain(ours.iter().map(|packed| packed.version.as_str())).collect();
        all.sort_by_key(|text| version(text));
        all.dedup();
        Ok(all.into_iter().flat_map(|text| [text, "\n"]).collect())
    }

    fn file(
        &self,
        query: &Query<'_>,
        module: &str,
        ours: &[&Packed],
        named: &str,
        kind: Kind,
    ) -> Result<Reply, Reply> {
        if let Some(packed) = ours.iter().find(|packed| packed.version == named) {
            let bytes = match kind {
                Kind::Info => info(packed),
                Kind::Mod => packed.go_mod.clone(),
                Kind::Zip => std::fs::read(&packed.zip).map_err(|_| Reply::Failed)?,
            };
            return Ok(found(kind, bytes));
        }
        if version(named).is_none() {
            query.floats();
        } else if kind == Kind::Info
            && let Answer::Found(bytes) = self.stat(module, named)?
        {
            return Ok(found(kind, bytes));
        }
        Ok(Reply::NotFound)
    }

    /// Gives the info of a version if the module's list came from here: the go command asks one proxy for both,
    /// and would go on to the next with its whole question.
    fn stat(&self, module: &str, version: &str) -> Result<Answer, Reply> {
        match self.published.known(&format!("{module}/@v/list"))? {
            Some(Answer::Found(_)) => {
                let path = format!("{module}/@v/{}.info", paths::escaped(version));
                self.published.answer(&path, |upstream| stat(upstream, module, version))
            }
            Some(Answer::Missing | Answer::TooNew) | None => Ok(Answer::Missing),
        }
    }
}

fn reply(answer: Answer, kind: Kind) -> Reply {
    match answer {
        Answer::Found(bytes) => found(kind, bytes),
        Answer::Missing => Reply::NotFound,
        Answer::TooNew => Reply::TooNew,
    }
}

fn found(kind: Kind, bytes: Vec<u8>) -> Reply {
    Reply::Found(kind.content_type(), bytes)
}

fn info(packed: &Packed) -> Vec<u8> {
    serde_json::json!({ "Version": packed.version, "Time": packed.time.to_string() }).to_string().into_bytes()
}
