//! Lock files of the versions of pnpm that people have.

use super::*;

fn packages(pairs: &[(&str, &str)]) -> Packages {
    pairs.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
}

const NINE: &str = "lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      '@react-three/fiber':
        specifier: ^8.17.10
        version: 8.17.10(react-dom@18.3.1(react@18.3.1))(react@18.3.1)(three@0.170.0)
      react:
        specifier: ^18.3.1
        version: 18.3.1
      aliased:
        specifier: npm:lodash@^4
        version: lodash@4.17.21
      local:
        specifier: link:../local
        version: link:../local
      tar:
        specifier: https://example.com/a.tgz
        version: https://example.com/a.tgz
    devDependencies:
      vite:
        specifier: ^5.4.11
        version: 5.4.11

  packages/other:
    dependencies:
      react:
        specifier: ^17.0.0
        version: 17.0.2

packages:

  react@18.3.1:
    resolution: {integrity: sha512-x}
    engines: {node: '>=0.10.0'}
    dependencies:
      react: 16.0.0

snapshots:

  react@18.3.1:
    dependencies:
      loose-envify: 1.4.0
";

#[test]
fn a_lock_file_says_what_the_root_has() {
    let wanted =
        [("@react-three/fiber", "8.17.10"), ("aliased", "npm:lodash@4.17.21"), ("react", "18.3.1"), ("vite", "5.4.11")];
    assert_eq!(locked(NINE), packages(&wanted));
}

#[test]
fn older_lock_files_are_read_too() {
    let six = "lockfileVersion: '6.0'\n\ndependencies:\n  react:\n    specifier: ^18\n    version: 18.2.0\n  react-dom:\n    specifier: ^18\n    version: 18.2.0(react@18.2.0)\n\npackages:\n\n  /react@18.2.0:\n    resolution: {integrity: x}\n    dependencies:\n      loose-envify: 1.4.0\n    dev: false\n";
    assert_eq!(locked(six), packages(&[("react", "18.2.0"), ("react-dom", "18.2.0")]));
    let five = "lockfileVersion: 5.4\n\nspecifiers:\n  react: ^18.2.0\n\ndependencies:\n  react: 18.2.0\n  react-dom: 18.2.0_react@18.2.0\n\ndevDependencies:\n  vite: 3.0.0-beta.1\n";
    assert_eq!(locked(five), packages(&[("react", "18.2.0"), ("react-dom", "18.2.0"), ("vite", "3.0.0-beta.1")]));
    let two_documents = format!("lockfileVersion: '9.0'\nimporters:\n  .:\n    configDependencies: {{}}\n---\n{NINE}");
    assert_eq!(locked(&two_documents).len(), 4);
}

#[test]
fn what_is_no_lock_file_says_nothing_and_one_that_breaks_off_what_it_has() {
    for yaml in [
        "",
        "- a\n- b",
        "{",
        "\t",
        "a: &x [*x, *x]",
        "dependencies: [a, b]",
        "dependencies:\n  ? [a]\n  : 1.0.0",
        "\u{0}",
    ] {
        assert_eq!(locked(yaml), Packages::new(), "{yaml:?}");
    }
    let bomb =
        "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\ndependencies:\n  a: *c\n  b: 1.0.0\n";
    assert_eq!(locked(bomb), packages(&[("b", "1.0.0")]));
    let end = NINE.find("local:").unwrap();
    assert_eq!(locked(&NINE[..end]).len(), 3);
    for end in (0..NINE.len()).step_by(7) {
        locked(&NINE[..end]);
    }
}

#[test]
fn the_lock_file_is_more_exact_than_the_range_and_the_range_than_nothing() {
    let json = r#"{"dependencies":{"react":"^18.0.0","zustand":"^4.5.0","mine":"workspace:*","git":"github:a/b"},"devDependencies":{"vite":"~5.4.0"},"name":1}"#;
    let versions = Versions::of(Some(json), Some(NINE));
    let of = |name: &str| versions.of_package(name);
    assert_eq!(
        [of("react"), of("zustand"), of("vite"), of("mine"), of("git"), of("nowhere")],
        ["18.3.1", "^4.5.0", "5.4.11", "*", "*", "*"]
    );
    let all = [("git", "*"), ("mine", "*"), ("react", "18.3.1"), ("zustand", "^4.5.0")];
    assert_eq!(versions.dependencies(), packages(&all));
    assert_eq!(Versions::of(Some("{"), Some("{")).of_package("react"), "*");
    assert_eq!(Versions::of(Some(r#"{"dependencies":{"react":7}}"#), None).of_package("react"), "*");
}

#[test]
fn a_range_is_what_a_registry_can_answer() {
    for good in
        ["1.2.3", "^1", "~1.2", ">=1 <2 || 3.x", "latest", "*", "1.0.0-beta.1+x", "npm:lodash@^4", "npm:@a/b@1.0.0"]
    {
        assert!(is_range(good), "{good}");
    }
    for bad in [
        "",
        "link:../x",
        "file:x",
        "workspace:*",
        "https://a/b.tgz",
        "git+ssh://x",
        "--global",
        "1;rm",
        "$(x)",
        "npm:x",
        "npm:../x@1",
        "a/b",
        &"1".repeat(129),
    ] {
        assert!(!is_range(bad), "{bad}");
    }
}

#[test]
fn a_lock_file_is_cut_down_to_the_versions_of_some_packages() {
    let versions = Versions::of(None, Some(NINE));
    let wanted = packages(&[
        ("@react-three/fiber", "^8.17.10"),
        ("aliased", "npm:lodash@^4"),
        ("local", "*"),
        ("nobody-has-it", "^1.0.0"),
    ]);
    let cut = versions.cut_down(wanted.iter()).unwrap();
    insta::assert_snapshot!(cut, @"
    lockfileVersion: '9.0'

    importers:

      .:
        dependencies:
          '@react-three/fiber':
            specifier: '^8.17.10'
            version: '8.17.10'
          'aliased':
            specifier: 'npm:lodash@^4'
            version: 'lodash@4.17.21'
    ");
    // Read again, it says the same of these, and nothing of others.
    let whole = locked(NINE);
    let same = ["@react-three/fiber", "aliased"].map(|name| (name.to_owned(), whole[name].clone()));
    assert_eq!(locked(&cut), Packages::from(same));
    assert_eq!(versions.cut_down(packages(&[("local", "*"), ("x' y", "*")]).iter()), None);
}
