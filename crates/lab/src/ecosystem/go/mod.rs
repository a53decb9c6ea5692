//! Go: the candidate comes by the module proxy protocol, as it would come to any user.

mod build_cache;
mod command;
mod module_cache;
pub mod pack;
mod paths;
mod prepare;
pub mod proxy;
mod served;
mod steps;
mod survey;
mod view;

use self::command::GoCommand;
use self::prepare::{Ready, prepare};
use self::served::ServedModule;
use super::{Context, Downstream, Ecosystem, Files, Finished, Prepared, Resolution, Served, Target};
use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use crate::attempt::view::View;
use allclear_core::experiment::{Declared, Side};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

#[derive(Debug, Default)]
pub(crate) struct Go {
    command: OnceLock<Result<GoCommand, String>>,
}

impl Go {
    fn command(&self, context: &Context<'_>) -> Result<&GoCommand, String> {
        let find = || GoCommand::find(&context.around.env, &context.around.stop);
        self.command.get_or_init(find).as_ref().map_err(Clone::clone)
    }
}

impl Ecosystem for Go {
    fn manifests(&self) -> &'static [&'static str] {
        &["go.mod"]
    }

    fn targets(&self, declared: &Declared, tree: &Path, files: &Files) -> Vec<Target> {
        survey::targets(declared, tree, files)
    }

    fn toolchain(&self, context: &Context<'_>) -> Result<String, String> {
        self.command(context).map(GoCommand::describe)
    }

    fn serve(&self, context: &Context<'_>, side: &Side) -> Result<Box<dyn Served>, String> {
        Ok(Box::new(ServedModule::new(self.command(context)?, context, side)?))
    }

    fn helper(&self, words: &[OsString]) -> Option<ExitCode> {
        match words {
            [word, shared] if word == build_cache::WORD => Some(build_cache::serve(shared.as_ref())),
            _ => None,
        }
    }
}

impl Served for ServedModule {
    fn content(&self) -> &str {
        &self.content
    }

    fn hash(&self) -> &str {
        &self.wanted.hash
    }

    fn prepare<'a>(
        &'a self,
        context: &Context<'_>,
        downstream: &Downstream<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, Stopped> {
        let ready = prepare(self, context, downstream)?;
        Ok(Box::new(ReadyModule { served: self, downstream: *downstream, ready }))
    }
}

#[derive(Debug)]
struct ReadyModule<'a> {
    served: &'a ServedModule,
    downstream: Downstream<'a>,
    ready: Ready,
}

impl Prepared for ReadyModule<'_> {
    fn resolution(&self) -> &Resolution {
        &self.ready.resolution
    }

    fn dir(&self) -> &str {
        let job = self.downstream.job;
        if job.one_of_many || job.recipe.build.is_some() { &job.dir } else { &self.ready.module_dir }
    }

    fn show(&self, view: &mut View<'_>) -> Result<(), Stopped> {
        view::show(view, self.served, &self.ready, self.downstream.job, self.downstream.temp)
    }

    fn run(&self, runner: &mut Runner<'_>) -> Finished {
        let (ended, tests) = steps::steps(runner, self.served, &self.ready, self.downstream.job);
        Finished { ended, proof: None, tests }
    }
}
