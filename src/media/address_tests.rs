use super::super::config::HOSTS;
use super::Refusal::{Credentials, Host, IpLiteral, Malformed, Port, Scheme};
use super::*;

fn hosts() -> AllowedHosts {
    AllowedHosts::parse(HOSTS, "http://127.0.0.1:9000, https://assets.example:8443")
}

fn check(text: &str) -> Result<String, Refusal> {
    hosts().check(text).map(|address| address.to_string())
}

#[test]
fn addresses_of_configured_hosts_are_fetched_as_they_were_checked() {
    for (text, fetched) in [
        ("https://fal.run/x", "https://fal.run/x"),
        ("https://fal.media/files/a.png", "https://fal.media/files/a.png"),
        ("https://v3.fal.media/files/a.png", "https://v3.fal.media/files/a.png"),
        ("https://a.b.c.fal.media/", "https://a.b.c.fal.media/"),
        ("https://fal.media", "https://fal.media/"),
        ("https://fal.media?x=1", "https://fal.media/?x=1"),
        ("https://fal.media/a?x=../y&u=http://127.0.0.1/", "https://fal.media/a?x=../y&u=http://127.0.0.1/"),
        ("https://fal.media/a#@127.0.0.1/", "https://fal.media/a"),
        ("https://fal.media#@127.0.0.1/", "https://fal.media/"),
        ("HTTPS://FAL.Media/A.PNG", "https://fal.media/A.PNG"),
        ("https://fal.media:443/a", "https://fal.media/a"),
        ("https://fal.media/a@b:c/%40?d@e", "https://fal.media/a@b:c/%40?d@e"),
        ("https://fal.media/...", "https://fal.media/..."),
        ("https://cdn.fal.ai/a", "https://cdn.fal.ai/a"),
        ("https://api.elevenlabs.io/v1", "https://api.elevenlabs.io/v1"),
        ("https://api.us.elevenlabs.io/v1", "https://api.us.elevenlabs.io/v1"),
        (
            "https://storage.googleapis.com/falserverless/a/b.glb",
            "https://storage.googleapis.com/falserverless/a/b.glb",
        ),
        ("http://127.0.0.1:9000/a?b", "http://127.0.0.1:9000/a?b"),
        ("HTTP://127.0.0.1:9000", "http://127.0.0.1:9000/"),
        ("https://assets.example:8443/a", "https://assets.example:8443/a"),
    ] {
        assert_eq!(check(text).as_deref(), Ok(fetched), "{text}");
    }
}

const REFUSED: &[(&str, Refusal)] = &[
    // Schemes.
    ("", Scheme),
    ("fal.media/a", Scheme),
    ("//fal.media/a", Scheme),
    ("https:fal.media/a", Scheme),
    ("https:/fal.media/a", Scheme),
    ("https:\\\\fal.media/a", Scheme),
    ("http://fal.media/a", Scheme),
    ("ftp://fal.media/a", Scheme),
    ("file:///etc/passwd", Scheme),
    ("data:text/html,://x", Scheme),
    ("javascript://fal.media/%0aalert(1)", Scheme),
    (" https://fal.media/a", Malformed),
    ("blob:https://fal.media/a", Scheme),
    // Hosts that only look configured.
    ("https://example.com/", Host),
    ("https://fal.media.evil.com/a", Host),
    ("https://evilfal.media/a", Host),
    ("https://fal-media.com/", Host),
    ("https://x.fal.run/", Host),
    ("https://fal.ai/a", Host),
    ("https://x.cdn.fal.ai/a", Host),
    ("https://elevenlabs.io/", Host),
    ("https://evil.com/https://fal.media/", Host),
    ("https://evil.com?fal.media", Host),
    ("https://evil.com#.fal.media/", Host),
    ("https://localhost/", Host),
    ("https://metadata.google.internal/", Host),
    // A shared host is allowed folder by folder.
    ("https://storage.googleapis.com/", Host),
    ("https://storage.googleapis.com/other/a", Host),
    ("https://storage.googleapis.com/falserverless", Host),
    ("https://storage.googleapis.com/falserverless-evil/a", Host),
    ("https://storage.googleapis.com//falserverless/a", Host),
    ("https://storage.googleapis.com/%66alserverless/a", Host),
    ("https://falserverless.storage.googleapis.com/a", Host),
    ("https://storage.googleapis.com/falserverless/../other/a", Malformed),
    ("https://storage.googleapis.com/falserverless/%2e%2E/other/a", Malformed),
    ("https://storage.googleapis.com/falserverless/.%2e/other/a", Malformed),
    ("https://fal.media/./a", Malformed),
    // Credentials.
    ("https://user@fal.media/a", Credentials),
    ("https://user:password@fal.media/a", Credentials),
    ("https://@fal.media/a", Credentials),
    ("https://fal.media@127.0.0.1/", Credentials),
    ("https://fal.media:443@evil.com/", Credentials),
    // Ports.
    ("https://fal.media:80/a", Port),
    ("https://fal.media:8443/a", Port),
    ("https://fal.media:/a", Port),
    ("https://fal.media:0443/a", Port),
    ("https://fal.media:443:443/a", Port),
    ("https://fal.media:https/a", Port),
    // Numbers, in the spellings that become an address somewhere.
    ("https://127.0.0.1/", IpLiteral),
    ("https://127.0.0.1:443/", IpLiteral),
    ("https://2130706433/", IpLiteral),
    ("https://017700000001/", IpLiteral),
    ("https://0x7f000001/", IpLiteral),
    ("https://0X7F.1/", IpLiteral),
    ("https://0x7f.0x0.0x0.0x1/", IpLiteral),
    ("https://0x/", IpLiteral),
    ("https://127.1/", IpLiteral),
    ("https://0/", IpLiteral),
    ("https://169.254.169.254/latest/meta-data/", IpLiteral),
    ("https://fal.media.1/", IpLiteral),
    ("https://[::1]/", IpLiteral),
    ("https://[::ffff:127.0.0.1]/", IpLiteral),
    ("https://[fe80::1%25eth0]/", IpLiteral),
    ("https://[::]:443/", IpLiteral),
    // Dots, empty labels, lengths.
    ("https://127.0.0.1./", Malformed),
    ("https://fal.media./a", Malformed),
    ("https://.fal.media/a", Malformed),
    ("https://a..fal.media/a", Malformed),
    ("https://-a.fal.media/a", Malformed),
    ("https://a-.fal.media/a", Malformed),
    ("https:///fal.media/a", Malformed),
    ("https://", Malformed),
    ("https://?fal.media", Malformed),
    // Characters on which parsers disagree.
    ("https://fal.media\\@evil.com/", Malformed),
    ("https://evil.com\\.fal.media/", Malformed),
    ("https://fal.media/\\..\\", Malformed),
    ("https://fal.media /a", Malformed),
    ("https://fal.media\t/a", Malformed),
    ("https://fal\n.media/a", Malformed),
    ("https://fal.media/a\r\nX-Header: 1", Malformed),
    ("https://fal.media\0.evil.com/", Malformed),
    ("https://fal%2emedia/a", Malformed),
    ("https://%66al.media/a", Malformed),
    ("https://fal.media%2f@evil.com/", Credentials),
    ("https://fal.media%00.evil.com/", Malformed),
    ("https://fal_x.fal.media/", Malformed),
    ("https://f\u{e5}l.media/a", Malformed),
    ("https://fal\u{3002}media/a", Malformed),
    ("https://fal\u{ff0e}media/a", Malformed),
    ("https://\u{ff46}al.media/a", Malformed),
    ("https://\u{2460}27.0.0.1/", Malformed),
    ("https://xn--fl-yia.fal.media/a", Malformed),
    ("https://fal.media/a b", Malformed),
    ("https://fal.media/\u{e9}", Malformed),
    // An extra origin is exact.
    ("http://127.0.0.1:9001/a", Scheme),
    ("http://127.0.0.1/a", Scheme),
    ("http://127.1:9000/a", Scheme),
    ("http://127.0.0.1:9000@evil.com/", Scheme),
    ("https://127.0.0.1:9000/a", Port),
    ("https://assets.example/a", Host),
    ("https://x.assets.example:8443/a", Port),
];

#[test]
fn everything_else_is_refused_and_it_is_said_why() {
    for (text, refusal) in REFUSED {
        assert_eq!(check(text), Err(*refusal), "{text:?}");
    }
    assert_eq!(check(&format!("https://fal.media/{}", "a".repeat(ADDRESS_MAX_BYTES))), Err(Malformed));
    assert_eq!(check(&format!("https://{}.fal.media/", "a".repeat(64))), Err(Malformed));
    assert_eq!(check(&format!("https://{}fal.media/", "a.".repeat(125))), Err(Malformed));
}

#[test]
fn a_redirect_is_checked_like_any_address_once_it_is_resolved() {
    let hosts = hosts();
    let from = hosts.check("https://v3.fal.media/files/old/a.png?token=1").unwrap();
    for (location, fetched) in [
        ("https://fal.run/b", Ok("https://fal.run/b")),
        ("//cdn.fal.ai/b", Ok("https://cdn.fal.ai/b")),
        ("/b?c", Ok("https://v3.fal.media/b?c")),
        ("?c", Ok("https://v3.fal.media/files/old/a.png?c")),
        ("b.png", Ok("https://v3.fal.media/files/old/b.png")),
        ("new/b:c.png", Ok("https://v3.fal.media/files/old/new/b:c.png")),
        (" /b ", Ok("https://v3.fal.media/b")),
        ("", Ok("https://v3.fal.media/files/old/")),
        ("../b.png", Err(Refusal::Malformed)),
        ("http://fal.media/b", Err(Refusal::Scheme)),
        ("http://127.0.0.1/", Err(Refusal::Scheme)),
        ("https://127.0.0.1/", Err(Refusal::IpLiteral)),
        ("//127.0.0.1/", Err(Refusal::IpLiteral)),
        ("///127.0.0.1/", Err(Refusal::Malformed)),
        ("//evil.com/b", Err(Refusal::Host)),
        ("//user@fal.media/", Err(Refusal::Credentials)),
        ("\\\\evil.com/b", Err(Refusal::Malformed)),
        ("/\\evil.com/b", Err(Refusal::Malformed)),
        ("javascript:alert(1)", Err(Refusal::Scheme)),
        ("data:text/html,x", Err(Refusal::Scheme)),
        ("file:/etc/passwd", Err(Refusal::Scheme)),
        ("https:evil.com", Err(Refusal::Scheme)),
    ] {
        let to = hosts.check_redirect(&from, location).map(|address| address.to_string());
        assert_eq!(to, fetched.map(str::to_owned), "{location:?}");
    }
    let local = hosts.check("http://127.0.0.1:9000/a/b").unwrap();
    assert_eq!(
        hosts.check_redirect(&local, "//127.0.0.1:9000/c").map(|to| to.to_string()).as_deref(),
        Ok("http://127.0.0.1:9000/c")
    );
    assert_eq!(hosts.check_redirect(&local, "//fal.media/c"), Err(Refusal::Scheme));
}

#[test]
fn what_is_told_of_an_address_holds_no_query() {
    let address = hosts().check("https://fal.media/files/a%20b.png?X-Signature=secret").unwrap();
    assert_eq!(address.without_query(), "https://fal.media/files/a%20b.png");
    assert_eq!(address.name(), "a%20b.png");
}

#[test]
fn a_rule_that_cannot_be_read_allows_nothing() {
    for hosts in
        ["", "*", "*.", ".", "com", "*.com", "https://fal.media", "fal.media:443", "127.0.0.1", "a b.com", "*.*.x.y"]
    {
        let hosts = AllowedHosts::parse(hosts, "");
        assert!(hosts.rules.is_empty(), "{hosts:?}");
    }
}
