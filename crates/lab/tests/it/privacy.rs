//! Foreign code sees and touches nothing of the caller, beyond what is meant to be shown.

use crate::sandbox::{Bench, SOON, run};
use allclear_lab::How;
use std::process::Command;

/// `add_key` and `keyctl`.
const CALLS: (u32, u32) = if cfg!(target_arch = "x86_64") { (248, 250) } else { (217, 219) };

/// Runs a test again by a perl program that ends with `exec @ARGV`, with `marker` set. `None` inside of that run.
fn again(name: &str, marker: &str, perl: &str) -> Option<String> {
    if std::env::var_os(marker).is_some() {
        return None;
    }
    let mut again = Command::new("perl");
    again.args(["-e", perl]).arg(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]);
    let said = again.env(marker, "1").output().unwrap();
    let all = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{all}");
    Some(all)
}

#[test]
fn the_keys_of_the_caller_are_neither_seen_nor_added_to() {
    let (add, control) = CALLS;
    // The caller is this test again, in a session keyring (-3) with a secret in it.
    let name = "privacy::the_keys_of_the_caller_are_neither_seen_nor_added_to";
    let held = format!(
        "($kind, $key, $text) = qw(user of-the-caller s3cret);
         my $id = syscall({control}, 1, 0) < 0 ? -1 : syscall({add}, $kind, $key, $text, 6, -3);
         if ($id < 0) {{ print qq(no keyring: $!\\n); exit }}
         $ENV{{KEY}} = $id; exec @ARGV"
    );
    if let Some(said) = again(name, "ALLCLEAR_TEST_KEYS", &held) {
        let skipped = said.contains("no keyring");
        assert!(!skipped || std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{said}");
        skipped.then(|| eprintln!("SKIPPED: {said}"));
        return;
    }
    let key = std::env::var("KEY").unwrap();
    let bench = Bench::new();
    let script = format!(
        r#"cat /proc/keys /proc/key-users
        perl -MErrno=:POSIX -e '
            ($kind, $name, $text) = qw(user planted evil);
            for (["read", {control}, 11, {key}, $into = " " x 64, 64], ["join", {control}, 1, 0],
                 ["add", {add}, $kind, $name, $text, 4, -3], ["describe", {control}, 6, -4, $into, 64]) {{
                my ($what, $call, @rest) = @$_;
                print syscall($call, @rest) < 0 ? "$what: $!\n" : "$what: done $into\n";
            }}'"#
    );
    let Some(how) = run(&bench, &script, SOON) else { return };
    let log = bench.log();
    assert!(how == How::Done && !log.contains("of-the-caller") && !log.contains("s3cret"), "{log}");
    let denied: Vec<&str> = log.lines().filter(|line| line.ends_with(": Function not implemented")).collect();
    assert_eq!(denied.len(), 4, "{log}");
}

#[test]
fn no_socket_leads_past_the_network_and_nothing_types_on_a_terminal() {
    let bench = Bench::new();
    let script = r#"perl -e '
        my @made = grep { socket(my $s, $_, $_ == 16 ? 3 : 1, 0) } 0..63;
        print "families: @made\n";
        $! = 0; socket(my $s, 40, 1, 0); print "vsock: $!\n";
        for (["TIOCSTI", 0x5412], ["TIOCLINUX", 0x541c]) {
            my ($name, $request) = @$_; my $typed = "x";
            ioctl(STDIN, $request, $typed); print "$name: $!\n";
        }
        $! = 0; syscall(425, 8, 0); print "io_uring: $!\n"'"#;
    let Some(how) = run(&bench, script, SOON) else { return };
    let expected = "families: 1 2 10 16\nvsock: Address family not supported by protocol\n\
                    TIOCSTI: Operation not permitted\nTIOCLINUX: Operation not permitted\n\
                    io_uring: Function not implemented\n";
    assert_eq!((how, bench.log().as_str()), (How::Done, expected));
}

#[test]
fn what_is_shown_of_etc_is_what_the_table_names() {
    let bench = Bench::new();
    let script =
        "find /etc /usr/etc /usr/local/etc -not -type d -not -path '/etc/alternatives/*' 2>/dev/null | sort
                  grep -rls PRIVATE /etc/ssl /etc/pki; ls /etc/ssl/private";
    let Some(_) = run(&bench, script, SOON) else { return };
    let meant = [
        "/etc/group",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/nsswitch.conf",
        "/etc/passwd",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/java/cacerts",
        "/etc/pki/tls/cert.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/pki/tls/openssl.cnf",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/certs/java/cacerts",
        "/etc/ssl/openssl.cnf",
    ];
    let log = bench.log();
    let (shown, rest): (Vec<&str>, Vec<&str>) = log.lines().partition(|line| meant.contains(line));
    assert!(["/etc/passwd", "/etc/hosts"].iter().all(|file| shown.contains(file)), "{log}");
    assert!(matches!(rest[..], [only] if only.contains("cannot access '/etc/ssl/private'")), "{log}");
}

#[test]
fn the_sandbox_has_namespaces_of_its_own() {
    let bench = Bench::new();
    let kinds = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];
    let script = format!("for kind in {}; do readlink /proc/self/ns/$kind; done", kinds.join(" "));
    let Some(_) = run(&bench, &script, SOON) else { return };
    for kind in kinds {
        let outside = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        let log = bench.log();
        assert!(log.contains(&format!("{kind}:[")) && !log.contains(&*outside.to_string_lossy()), "{log}");
    }
}

#[test]
fn objects_of_the_machine_that_have_no_path_are_not_reached() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    let name = format!("allclear-test-{}", std::process::id());
    let _listens = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let shared = tempfile::NamedTempFile::new_in("/dev/shm").unwrap();
    let bench = Bench::new();
    let script = format!(
        r#"perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "$!"; exit !connect($s, pack("S x a*", AF_UNIX, "{name}"))' && exit 1
        [ -e {} ] && exit 2
        [ "$(cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg | grep -c '^ *[0-9-]')" = 0 ] || exit 3
        (: > /dev/tty) 2>/dev/null && exit 4
        ls /proc | grep '^[0-9]' | while read pid; do tr '\0' ' ' < /proc/$pid/cmdline; echo; done"#,
        shared.path().display()
    );
    let Some(how) = run(&bench, &script, SOON) else { return };
    assert_eq!(how, How::Done, "{}", bench.log());
    let own = std::env::current_exe().unwrap().display().to_string();
    assert!(!bench.log().contains(&own), "{}", bench.log());
}
