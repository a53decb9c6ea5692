//! The same over ssh, with a server, keys and configuration of the test's own.

use crate::world::{QUICK, World, until};
use std::net::{TcpListener, TcpStream};
use std::process::Child;

const SSHD: &str = "/usr/sbin/sshd";

/// An ssh server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[allow(clippy::disallowed_methods, reason = "a missing server fails where CI=true and is skipped elsewhere")]
fn available() -> bool {
    let there = std::path::Path::new(SSHD).exists();
    let must = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(there || !must, "{SSHD} is missing; ./test installs it");
    if !there {
        eprintln!("SKIPPED: {SSHD} is missing; ./test installs it");
    }
    there
}

fn whoami(world: &World) -> String {
    let output = world.command("id", ".").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Starts a server for the world's own key, and gives its port.
fn serve(world: &World) -> (Server, u16) {
    use std::os::unix::fs::PermissionsExt;
    let ssh = world.path("ssh");
    std::fs::create_dir(&ssh).unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o700)).unwrap();
    for key in ["host", "user"] {
        let args = ["-q", "-t", "ed25519", "-N", "", "-f", key];
        assert!(world.command("ssh-keygen", "ssh").args(args).status().unwrap().success());
    }
    std::fs::copy(ssh.join("user.pub"), ssh.join("authorized_keys")).unwrap();
    // An sshd of root's keeps its empty directory there, which no boot has made in a container.
    drop(std::fs::create_dir_all("/run/sshd"));
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let at = |name: &str| ssh.join(name).display().to_string();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile {}\nAuthorizedKeysFile {}\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\nAcceptEnv GIT_PROTOCOL\n",
        at("host"),
        at("pid"),
        at("authorized_keys"),
    );
    world.write("ssh/config", &config);
    let log = std::fs::File::create(ssh.join("log")).unwrap();
    let mut command = world.command(SSHD, ".");
    let child = command.args(["-D", "-e", "-f", &at("config")]).stderr(log).spawn().unwrap();
    let server = Server(child);
    until(|| {
        let said = || std::fs::read_to_string(ssh.join("log")).unwrap_or_default();
        TcpStream::connect(("127.0.0.1", port)).map_err(|_| format!("sshd does not listen: {}", said()))
    });
    (server, port)
}

#[test]
fn a_release_over_ssh() {
    if !available() {
        return;
    }
    let world = World::new(QUICK);
    let (_server, port) = serve(&world);
    let key = world.path("ssh/user").display().to_string();
    let ssh = format!(
        "ssh -F /dev/null -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
         -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    );
    world.git("clone", &["config", "core.sshCommand", &ssh]);
    let url = format!("ssh://{}@127.0.0.1:{port}{}", whoami(&world), world.server().display());
    world.git("clone", &["remote", "set-url", "origin", &url]);
    world.git("clone", &["ls-remote", "origin"]);
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["check", "ci", "passed", "--commit", &world.at("release-1.1.0")]).code(0);
    world.until("clear");
    world.allclear(&["promote", "--yes"]).code(0).says("released 1.1.0");
    assert_eq!(world.git("server.git", &["log", "--oneline", "develop..master"]), "");
}

#[test]
fn an_ssh_server_that_is_not_there_means_try_again() {
    let world = World::new(QUICK);
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    world.git("clone", &["remote", "set-url", "origin", &format!("ssh://nobody@127.0.0.1:{port}/x.git")]);
    world.git("clone", &["config", "core.sshCommand", "ssh -F /dev/null -o BatchMode=yes"]);
    world.allclear_with(&["status"], "yes\n").code(75).talks("cannot be read").plainly();
}
