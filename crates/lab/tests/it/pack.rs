//! What is packed is what the go command makes of the same commit: its files, its digest and its refusals.

use crate::golang::{command, done, go, installed};
use allclear_core::types::version::Version;
use allclear_lab::ecosystem::go::pack::{Module, PackError, Packed, modules, pack};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::tempdir;

/// What a tree has under a name.
enum Is {
    Text(&'static str),
    /// A first line, and comment up to a size.
    Large(&'static str, usize),
    Link(&'static str),
    /// A submodule: an empty folder in the tree.
    Submodule,
}
use Is::{Large, Link, Submodule, Text};

struct Case {
    name: &'static str,
    /// The folder of the module that is packed.
    dir: &'static str,
    /// Behind the path of the repository.
    suffix: &'static str,
    version: &'static str,
    files: &'static [(&'static str, Is)],
    /// Whether the go command takes it.
    good: bool,
}

const MANY: &[(&str, Is)] = &[
    ("go.mod", Text("module github.com/example/many\n\ngo 1.23\n")),
    ("LICENSE", Text("free\n")),
    ("lib.go", Text("package many\n")),
    ("nested/go.mod", Text("module github.com/example/many/nested\n")),
    ("nested/lib.go", Text("package nested\n")),
    ("nested/deep/x.go", Text("package deep\n")),
    ("nested/inner/go.mod", Text("module github.com/example/many/nested/inner\n")),
    ("nested/inner/x.go", Text("package inner\n")),
    ("odd/GO.MOD", Text("module no.such\n")),
    ("odd/x.go", Text("package odd\n")),
    ("folder/go.mod/x.txt", Text("a folder is no module\n")),
    ("linked/go.mod", Link("../go.mod")),
    ("linked/x.go", Text("package linked\n")),
];

/// Vendored packages, in all the places that matter before and since Go 1.24.
macro_rules! vendored {
    ($go_mod:literal) => {
        &[
            ("go.mod", Text($go_mod)),
            ("vendor/modules.txt", Text("# x\n")),
            ("vendor/top.go", Text("package vendor\n")),
            ("vendor/a.b/c/x.go", Text("package c\n")),
            ("pkg/vendor/vendor.go", Text("package vendor\n")),
            ("pkg/vendor/a.b/x.go", Text("package b\n")),
            ("longer/path/vendor/x.go", Text("package vendor\n")),
            ("longer/path/vendor/a.b/x.go", Text("package b\n")),
            ("vendors/x/x.go", Text("package x\n")),
            ("p/vendor/con.txt", Text("badly named\n")),
        ]
    };
}

const CASES: &[Case] = &[
    Case {
        name: "plain",
        dir: "",
        suffix: "",
        version: "1.2.3",
        good: true,
        files: &[
            ("go.mod", Text("module github.com/example/plain\n")),
            ("lib.go", Text("package plain\r\n")),
            ("a/b/c.txt", Text("")),
            ("_private/x.go", Text("package x\n")),
            ("testdata/y.txt", Text("y\n")),
            (".github/workflows/ci.yml", Text("on: push\n")),
            (".gitignore", Text("ignored\n")),
            (".hg/x", Text("no repository\n")),
            (".hg_archival.txt", Text("dropped\n")),
            ("sub/.hg_archival.txt", Text("kept\n")),
            ("link", Link("lib.go")),
            ("folder-link", Link("a")),
            ("gone", Link("no such file")),
            ("third_party/dep", Submodule),
        ],
    },
    Case {
        name: "attributes",
        dir: "",
        suffix: "",
        version: "0.1.0",
        good: true,
        files: &[
            ("go.mod", Text("module github.com/example/attributes\n")),
            (".gitattributes", Text("secret.go export-ignore\nversion.go export-subst\n*.txt text\n")),
            ("secret.go", Text("package attributes\n")),
            ("version.go", Text("package attributes // $Format:%H$\n")),
            ("unix.txt", Text("one\ntwo\n")),
        ],
    },
    Case { name: "many", dir: "", suffix: "", version: "1.0.0", good: true, files: MANY },
    Case { name: "many", dir: "nested", suffix: "/nested", version: "1.0.0", good: true, files: MANY },
    Case {
        name: "many",
        dir: "nested/inner",
        suffix: "/nested/inner",
        version: "0.3.0",
        good: true,
        files: MANY,
    },
    Case {
        name: "license",
        dir: "own",
        suffix: "/own",
        version: "1.0.0",
        good: true,
        files: &[
            ("LICENSE", Link("COPYING")),
            ("COPYING", Text("free\n")),
            ("own/go.mod", Text("module github.com/example/license/own\n")),
            ("own/LICENSE", Text("mine\n")),
            ("borrowed/go.mod", Text("module github.com/example/license/borrowed\n")),
            ("linked/go.mod", Text("module github.com/example/license/linked\n")),
            ("linked/LICENSE", Link("../COPYING")),
        ],
    },
    Case { name: "license", dir: "borrowed", suffix: "/borrowed", version: "1.0.0", good: true, files: &[] },
    Case { name: "license", dir: "linked", suffix: "/linked", version: "1.0.0", good: true, files: &[] },
    Case {
        name: "vendored-before",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: true,
        files: vendored!("module github.com/example/vendored-before\n\ngo 1.23.9\n"),
    },
    Case {
        name: "vendored-since",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: vendored!("module github.com/example/vendored-since\n\ngo 1.24.0\n"),
    },
    Case {
        name: "vendored-fine",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: true,
        files: &[
            ("go.mod", Text("module github.com/example/vendored-fine\n\ngo 1.24rc1\n")),
            ("vendor/modules.txt", Text("# x\n")),
            ("vendor/top.go", Text("package vendor\n")),
            ("pkg/vendor/vendor.go", Text("package vendor\n")),
            ("pkg/vendor/a.b/x.go", Text("package b\n")),
        ],
    },
    Case {
        name: "unicode",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: true,
        files: &[
            ("go.mod", Text("module github.com/example/unicode\n")),
            ("grüße/世界.go", Text("package x\n")),
            ("ı.txt", Text("its capital is I\n")),
            ("i.txt", Text("its capital is I too\n")),
            ("with blanks (and) [signs] ~ {x} !#$%&+,-.=@^_", Text("")),
        ],
    },
    Case {
        name: "Upper",
        dir: "Sub",
        suffix: "/Sub",
        version: "1.0.0",
        good: true,
        files: &[
            ("Sub/go.mod", Text("module github.com/example/Upper/Sub\n")),
            ("Sub/README.MD", Text("README\n")),
            ("license", Text("not the name\n")),
        ],
    },
    Case {
        name: "major",
        dir: "",
        suffix: "/v2",
        version: "2.0.0",
        good: true,
        files: &[("go.mod", Text("module github.com/example/major/v2\n")), ("x.go", Text("package major\n"))],
    },
    Case {
        name: "folder",
        dir: "v3",
        suffix: "/v3",
        version: "3.1.0",
        good: true,
        files: &[
            ("LICENSE", Text("free\n")),
            ("go.mod", Text("module github.com/example/folder\n")),
            ("v3/go.mod", Text("module github.com/example/folder/v3\n")),
            ("v3/x.go", Text("package folder\n")),
        ],
    },
    Case {
        name: "no-go-mod",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: true,
        files: &[("x.go", Text("package x\n"))],
    },
    Case {
        name: "no-go-mod-two",
        dir: "",
        suffix: "/v2",
        version: "2.0.0",
        good: false,
        files: &[("x.go", Text("package x\n"))],
    },
    Case {
        name: "major-missing",
        dir: "",
        suffix: "",
        version: "2.0.0",
        good: false,
        files: &[("go.mod", Text("module github.com/example/major-missing\n"))],
    },
    Case {
        name: "collision",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[
            ("go.mod", Text("module github.com/example/collision\n")),
            ("readme", Text("")),
            ("README", Text("")),
        ],
    },
    Case {
        name: "collision-of-folders",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[
            ("go.mod", Text("module github.com/example/collision-of-folders\n")),
            ("straße/x.go", Text("")),
            ("STRAẞE/y.go", Text("")),
        ],
    },
    Case {
        name: "collision-of-links",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[
            ("go.mod", Text("module github.com/example/collision-of-links\n")),
            ("a", Text("")),
            ("A", Link("a")),
        ],
    },
    Case {
        name: "bad-name",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[("go.mod", Text("module github.com/example/bad-name\n")), ("a:b.txt", Text(""))],
    },
    Case {
        name: "windows-name",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[
            ("go.mod", Text("module github.com/example/windows-name\n")),
            ("x/aux.go", Text("package x\n")),
        ],
    },
    Case {
        name: "mark",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[
            ("go.mod", Text("module github.com/example/mark\n")),
            ("e\u{301}.txt", Text("decomposed\n")),
        ],
    },
    Case {
        name: "upper-go-mod",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[("Go.Mod", Text("module github.com/example/upper-go-mod\n"))],
    },
    Case {
        name: "large-go-mod",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: false,
        files: &[("go.mod", Large("module github.com/example/large-go-mod", (16 << 20) + 1))],
    },
    Case {
        name: "largest-license",
        dir: "",
        suffix: "",
        version: "1.0.0",
        good: true,
        files: &[
            ("go.mod", Text("module github.com/example/largest-license\n")),
            ("LICENSE", Large("free", 16 << 20)),
        ],
    },
    Case {
        name: "large-license",
        dir: "sub",
        suffix: "/sub",
        version: "1.0.0",
        good: false,
        files: &[
            ("sub/go.mod", Text("module github.com/example/large-license/sub\n")),
            ("LICENSE", Large("free", (16 << 20) + 1)),
        ],
    },
];

impl Case {
    fn path(&self) -> String {
        format!("github.com/example/{}{}", self.name, self.suffix)
    }

    /// The tag of the go command's for it.
    fn tag(&self) -> String {
        let major = matches!(self.suffix, "/v2" | "/v3");
        if self.dir.is_empty() || major {
            format!("v{}", self.version)
        } else {
            format!("{}/v{}", self.dir, self.version)
        }
    }

    fn pack(&self, tree: &Path, into: &Path) -> Result<Packed, PackError> {
        let module = Module { path: self.path(), dir: self.dir.into(), go: None };
        pack(tree, &module, &Version::parse(self.version).unwrap(), Timestamp::UNIX_EPOCH, into)
    }
}

/// Lays a tree out.
fn lay(tree: &Path, files: &[(&str, Is)]) {
    for (name, is) in files {
        let file = tree.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        match is {
            Text(text) => fs::write(file, text).unwrap(),
            Large(first, size) => {
                let mut text = format!("{first}\n//");
                text.extend(std::iter::repeat_n('x', size - text.len()));
                fs::write(file, text).unwrap();
            }
            Link(to) => symlink(to, file).unwrap(),
            Submodule => fs::create_dir(file).unwrap(),
        }
    }
}

/// Makes a repository of a tree, with the tags of all that is packed of it.
fn commit(home: &Path, tree: &Path, cases: &[&Case]) {
    let git = |args: &[&str]| {
        let mut git = command("git", home, tree);
        git.args(["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "core.autocrlf=false"]);
        done(git.args(args))
    };
    git(&["init", "-q"]);
    git(&["add", "-A", "--force"]);
    for (name, is) in cases.iter().flat_map(|case| case.files) {
        if matches!(is, Submodule) {
            let link = format!("160000,1234567890123456789012345678901234567890,{name}");
            git(&["update-index", "--add", "--cacheinfo", &link]);
        }
    }
    git(&["commit", "-qm", "all"]);
    for case in cases {
        git(&["tag", &case.tag()]);
    }
}

/// What `go mod download -json` says of one module.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Downloaded {
    path: String,
    zip: Option<std::path::PathBuf>,
    go_mod: Option<std::path::PathBuf>,
    sum: Option<String>,
    error: Option<String>,
}

fn entries(zip: &Path) -> Vec<String> {
    let zip = zip::ZipArchive::new(fs::File::open(zip).unwrap()).unwrap();
    let mut names: Vec<_> = zip.file_names().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_go_command_makes_the_same_of_the_same_commit() {
    if !installed() {
        return;
    }
    let temporary = tempdir().unwrap();
    let home = temporary.path();
    let trees = home.join("trees");
    let mut of_tree: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in CASES {
        of_tree.entry(case.name).or_default().push(case);
    }
    for (name, cases) in &of_tree {
        let tree = trees.join(name);
        fs::create_dir_all(&tree).unwrap();
        lay(&tree, cases[0].files);
        commit(home, &tree, cases);
    }

    let wanted = CASES.iter().map(|case| format!("{}@v{}", case.path(), case.version));
    let mut download = go(home, home, "direct");
    download.args(["mod", "download", "-json"]).args(wanted);
    // No network: what is said to be there is here.
    download.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_VALUE_0", "https://github.com/example/");
    download.env("GIT_CONFIG_KEY_0", format!("url.file://{}/.insteadOf", trees.display()));
    let output = download.output().unwrap();
    let answers: BTreeMap<String, Downloaded> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter::<Downloaded>()
        .map(|answer| answer.unwrap())
        .map(|answer| (answer.path.clone(), answer))
        .collect();
    assert_eq!(answers.len(), CASES.len(), "{}", String::from_utf8_lossy(&output.stderr));

    for case in CASES {
        let path = case.path();
        let truth = &answers[&path];
        let packed = case.pack(&trees.join(case.name), &home.join("packed"));
        match (&truth.error, packed) {
            (None, Ok(packed)) => {
                assert!(case.good, "{path} is taken");
                assert_eq!(entries(&packed.zip), entries(truth.zip.as_ref().unwrap()), "{path}");
                assert_eq!(Some(&packed.h1), truth.sum.as_ref(), "{path}");
                assert_eq!(packed.go_mod, fs::read(truth.go_mod.as_ref().unwrap()).unwrap(), "{path}");
            }
            (Some(said), Err(refused)) => assert!(!case.good, "{path} is refused: {said} {refused}"),
            (None, Err(refused)) => panic!("{path}: only we refuse it: {refused}"),
            (Some(said), Ok(_)) => panic!("{path}: only go refuses it: {said}"),
        }
    }
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let temporary = tempdir().unwrap();
    let case = &CASES[0];
    let bytes = |name: &str| {
        let tree = temporary.path().join(name);
        // Another order of making, and another time.
        for half in [&case.files[6..], &case.files[..6]] {
            lay(&tree, half);
        }
        let packed = case.pack(&tree, &temporary.path().join(format!("{name}-packed"))).unwrap();
        (fs::read(&packed.zip).unwrap(), packed.h1)
    };
    assert_eq!(bytes("one"), bytes("other"));
}

#[test]
fn refusals_say_which_and_why() {
    let temporary = tempdir().unwrap();
    let refused = |name: &str| {
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        let tree = temporary.path().join(name);
        lay(&tree, case.files);
        case.pack(&tree, &temporary.path().join("packed")).unwrap_err().to_string()
    };
    let table = [
        ("major-missing", "`v2.0.0` needs the module path `github.com/example/major-missing/v2`"),
        ("no-go-mod-two", "`v2.0.0` needs a go.mod, and `github.com/example/no-go-mod-two/v2` has none"),
        ("collision", "no Go module can have this: `readme` is `README` but for its case"),
        ("bad-name", "no Go module can have this: `a:b.txt` has the character ':'"),
        (
            "windows-name",
            "no Go module can have this: `x/aux.go` has the name AUX, which Windows does not allow",
        ),
        ("upper-go-mod", "no Go module can have this: `Go.Mod` must be `go.mod`"),
        ("large-go-mod", "no Go module can have this: `go.mod` has more than 16 MiB"),
    ];
    for (name, said) in table {
        assert_eq!(refused(name), said);
    }
    assert!(!temporary.path().join("packed").exists());

    // The go command packs it, and then nobody can require it.
    let tree = temporary.path().join("major");
    lay(&tree, &[("go.mod", Text("module example.com/other\n"))]);
    let case = CASES.iter().find(|case| case.name == "major").unwrap();
    let other = case.pack(&tree, &temporary.path().join("packed")).unwrap_err().to_string();
    assert_eq!(other, "the go.mod says `example.com/other`, not `github.com/example/major/v2`");
}

#[test]
fn hostile_modules_reach_nothing_outside() {
    let temporary = tempdir().unwrap();
    let tree = temporary.path().join("tree");
    lay(&tree, &[("go.mod", Text("module example.com/m\n"))]);
    lay(temporary.path(), &[("outside/go.mod", Text("module example.com/m\n"))]);
    symlink("../outside", tree.join("link")).unwrap();
    let version = Version::parse("1.0.0").unwrap();
    let into = temporary.path().join("packed");
    for (path, dir) in [
        ("example.com/m", "../outside"),
        ("example.com/m", "/etc"),
        ("example.com/../m", ""),
        ("../m", ""),
        ("", ""),
        ("example.com/m", "none"),
    ] {
        let module = Module { path: path.into(), dir: dir.into(), go: None };
        let packed = pack(&tree, &module, &version, Timestamp::UNIX_EPOCH, &into);
        assert!(packed.is_err(), "{path} {dir}");
    }
    assert!(!into.exists());
    assert_eq!(modules(&tree).unwrap().len(), 1);
}

#[test]
fn modules_of_a_tree_are_found() {
    let temporary = tempdir().unwrap();
    let tree = temporary.path();
    lay(
        tree,
        &[
            ("go.mod", Text("module example.com/m\ngo 1.24.0\n")),
            ("v2/go.mod", Text("module example.com/m/v2\n")),
            ("cmd/tool/go.mod", Text("module example.com/m/cmd/tool\ngo 1.21\n")),
            ("vendor/a.b/go.mod", Text("module a.b\n")),
            ("x/testdata/go.mod", Text("module testdata\n")),
            ("_old/go.mod", Text("module example.com/old\n")),
            (".ci/go.mod", Text("module example.com/ci\n")),
            ("linked/go.mod", Link("../go.mod")),
        ],
    );
    let found = modules(tree).unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|module| (module.dir.as_str(), module.path.as_str(), module.go.as_deref()))
        .collect();
    assert_eq!(
        shown,
        [
            ("", "example.com/m", Some("1.24.0")),
            ("cmd/tool", "example.com/m/cmd/tool", Some("1.21")),
            ("v2", "example.com/m/v2", None),
        ]
    );
    fs::write(tree.join("cmd/tool/go.mod"), "go 1.21\n").unwrap();
    assert_eq!(
        modules(tree).unwrap_err().to_string(),
        "there is no go.mod in `cmd/tool` that names a module"
    );
}
