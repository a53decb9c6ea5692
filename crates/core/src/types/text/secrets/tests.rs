use super::*;
use proptest::prelude::*;

#[test]
fn tokens_are_known_by_their_shape() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
    let long = format!("ghs_123456_{jwt}");
    for (secret, what) in [
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "GitHub token"),
        ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789", "GitHub token"),
        (&long, "GitHub token"),
        ("glpat-a1B2c3D4e5F6g7H8i9J0", "GitLab token"),
        ("glpat-a1B2c3D4e5F6g7H8i9J0kL.01.0w1x2y3z4", "GitLab token"),
        ("npm_a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6", "npm token"),
        ("pypi-AgEIcHlwaS5vcmcCJGFiY2RlZmdoLWlqa2w", "PyPI token"),
        ("cioA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6", "crates.io token"),
        ("AKIAIOSFODNN7EXAMPLE", "AWS key"),
        ("AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "Google key"),
        ("xoxb-123456789012-abcdefABCDEF", "Slack token"),
        (jwt, "JSON web token"),
    ] {
        for (before, after) in [
            ("", ""),
            ("error: token ", " was refused"),
            ("t=", "."),
            ("\"", "\","),
            ("\u{1b}[31m", "\u{1b}[0m"),
            ("first\\n", "\\nlast"),
            ("key%3D", "&x"),
            ("é", "é"),
        ] {
            let text = format!("{before}{secret}{after}");
            let expected = format!("{before}[masked: {what}]{after}");
            if before == "é" && secret.as_bytes()[..3].iter().all(u8::is_ascii_alphanumeric) {
                continue;
            }
            assert_eq!(masked(&text), expected, "{text}");
        }
    }
    assert_eq!(
        masked(
            "posting to https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx failed"
        ),
        "posting to https://[masked: Slack webhook] failed"
    );
}

#[test]
fn secrets_are_known_by_what_stands_before_them() {
    for (text, expected) in [
        ("> Authorization: Basic dXNlcjpwYXNz", "> Authorization: Basic [masked: authorization]"),
        ("authorization: bearer abcdef0123", "authorization: bearer [masked: authorization]"),
        (
            r#"{"Authorization":["Bearer aB3.dE-f_g"],"A":1}"#,
            r#"{"Authorization":["Bearer [masked: authorization]"],"A":1}"#,
        ),
        ("map[Authorization:[token 0123456789abcdef]]", "map[Authorization:[token [masked: authorization]]]"),
        ("PRIVATE-TOKEN: 0123456789abcdef", "PRIVATE-TOKEN: [masked: authorization]"),
        ("Bearer 0123456789abcdef0123", "Bearer [masked: authorization]"),
        ("git clone https://mira:hunter2@host/x.git", "git clone https://mira:[masked: password]@host/x.git"),
        ("postgres://app:p@ss:w0rd@[::1]:5432/db", "postgres://app:[masked: password]@[::1]:5432/db"),
        ("https://0123456789abcdef0123@host/x", "https://[masked: token]@host/x"),
        (
            "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "[masked: AWS key] [masked: AWS secret]",
        ),
        (
            "aws_secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
            "aws_secret_access_key = \"[masked: AWS secret]\"",
        ),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn a_private_key_is_masked_whole_and_nothing_after_it() {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES\n\n{line}\n{line}\nab==\n-----END RSA PRIVATE KEY-----"
    );
    assert_eq!(masked(&format!("a\n{key}\nb\n{key}")), "a\n[masked: private key]\nb\n[masked: private key]");
    // As a string of a program, and behind what names who printed it.
    assert_eq!(masked(&format!("k={key:?};")), "k=\"[masked: private key]\";");
    let beside: Vec<String> = key.lines().map(|line| format!("service 1| {line}\n")).collect();
    assert_eq!(masked(&format!("{}end", beside.concat())), "service 1| [masked: private key]\nend");
    // Of one that was cut, what is left.
    let cut = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{line}\n{line}\npanic: it ended\n");
    assert_eq!(masked(&cut), "[masked: private key]panic: it ended\n");
    let cut = format!("it began\n{line}\n{line}\nab==\n-----END PRIVATE KEY-----\nit ended\n");
    assert_eq!(masked(&cut), "it began\n[masked: private key]\nit ended\n");
    // No key at all.
    let certificate = format!("-----BEGIN CERTIFICATE-----\n{line}\n-----END CERTIFICATE-----\n");
    for text in [&*certificate, "expected -----BEGIN PRIVATE KEY-----\npanic: it is not a key at all"] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn values_of_variables_are_masked_by_name() {
    let variables = [
        ("CARGO_REGISTRY_TOKEN", "0123456789"),
        ("DEPLOY_KEY", "-----BEGIN-----\nabcdefgh\nijklmnop\n"),
        ("https_proxy", "http://mira:hunter22@proxy:8080/"),
        ("A_KEY", "1"),
        ("PATH", "/usr/bin:/bin"),
    ];
    let secrets = Secrets::of(&variables.map(|(name, value)| (name.into(), value.into())));
    assert_eq!(
        secrets.masked("t=0123456789, abcdefgh, hunter22, 1, /usr/bin:/bin"),
        "t=[masked: CARGO_REGISTRY_TOKEN], [masked: DEPLOY_KEY], [masked: password], 1, /usr/bin:/bin"
    );
    assert!(!format!("{secrets:?}").contains("0123456789"));
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        "npm_config_registry npm_package_dependencies_react npm_lifecycle_event",
        "Authorization: Basic authentication is required; authorization failed: no token",
        "authorization: PermissionDenied, X-Api-Key: Required",
        "the bearer of bad news, Bearer token expected",
        "https://github.com/o/r@v1.2.3 git@github.com:o/r.git ssh://git@host:22/x http://localhost:8080/@x",
        "fmt.Sprintf(\"%s://%s:%s@%s\")",
        "pypi-publish-to-the-index-2 ghs_initialise_the_whole_thing gho_ precio sk_live_",
        "github.com/stretchr/testify v1.11.1 h1:7s2iGBzp5EwR7/aIZr8ao5+dra3wiQyKjjFuvgVKu7U=",
        "commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904 is AKIA-free",
        "k8s.io/api v0.0.0-20240102150405-0123456789ab",
    ] {
        assert!(matches!(masked(text), Cow::Borrowed(same) if same == text), "{}", masked(text));
    }
}

#[test]
fn hostile_text_is_read_once() {
    let mebibyte = |part: &str| part.repeat((1 << 20) / part.len());
    for part in
        ["ghp_", "ghp_.", "eyJ.", ".eyJ", "AKIA", "authorization:", "authorization", "bearer ", "a://b@"]
    {
        assert_eq!(masked(&mebibyte(part)).len(), mebibyte(part).len(), "{part}");
    }
    let dots = format!("{}{}", mebibyte("ghp_"), mebibyte("."));
    assert_eq!(masked(&dots), dots);
    let key = mebibyte("-----BEGIN PRIVATE KEY-----\n");
    assert_eq!(masked(&key), key);
}

proptest! {
    #[test]
    fn digests_and_versions_are_not_masked(
        commit in "[0-9a-f]{40}",
        sha256 in "[0-9a-f]{64}",
        version in r"v?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(-(rc|alpha)\.[0-9]{1,2})?(\+[a-z0-9]{1,8})?",
        sum in "h1:[A-Za-z0-9+/]{43}=",
        integrity in "sha512-[A-Za-z0-9+/]{86}==",
        pseudo in r"v0\.0\.0-20[0-9]{12}-[0-9a-f]{12}",
        before in "( |=|\"|@|#|/|\n|AKIA )",
    ) {
        for word in [commit, sha256, version, sum, integrity, pseudo] {
            let text = format!("error:{before}{word}\"\n");
            prop_assert_eq!(masked(&text), &*text);
        }
    }

    #[test]
    fn a_token_is_masked_whatever_stands_around_it(
        before in r"(?s)(.|-----(BEGIN|END) (RSA )?PRIVATE KEY-----|://|@|:|Authorization: |Bearer |\n|é){0,20}",
        body in "[A-Z][A-Za-z0-9]{35}",
        after in r"(?s)(.|-----(BEGIN|END) (RSA )?PRIVATE KEY-----|://|@|:|Bearer |\n|é){0,20}",
    ) {
        let text = format!("{before}ghp_{body}{after}");
        prop_assert!(!masked(&text).contains(&body));
    }

    #[test]
    fn the_secret_does_not_show_in_what_is_left(one in "[A-Z][A-Za-z0-9]{35}", other in "[A-Z][A-Za-z0-9]{35}") {
        for text in ["a ghp_{} b", "PRIVATE-TOKEN: \"{}\"; https://u:{}@h", "Authorization: Bearer {}\n"] {
            let with = |secret: &str| masked(&text.replace("{}", secret)).into_owned();
            prop_assert_eq!(with(&one), with(&other));
        }
    }
}
