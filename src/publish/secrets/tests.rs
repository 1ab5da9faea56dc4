//! Each rule on both sides. The samples are put together here, so that this file holds no credential either.

use super::*;

fn scan(bytes: &[u8], piece_bytes: usize) -> Vec<(u64, String)> {
    let mut scan = Scan::default();
    for piece in bytes.chunks(piece_bytes) {
        scan.feed(piece);
    }
    scan.finish()
        .into_iter()
        .map(|finding| (finding.line, serde_json::to_value(finding.rule).unwrap().as_str().unwrap().to_owned()))
        .collect()
}

fn found(text: &str) -> Vec<String> {
    let mut rules: Vec<String> = scan(text.as_bytes(), text.len().max(1)).into_iter().map(|(_, rule)| rule).collect();
    rules.dedup();
    rules
}

/// Letters and digits as they come out of a generator.
fn drawn(length: usize) -> String {
    "q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3Js5Hd0Gf".chars().cycle().take(length).collect()
}

fn hex(length: usize) -> String {
    "3f2a9c1e7b404d8a9e51c06d7b2f8a13".chars().cycle().take(length).collect()
}

fn upper(length: usize) -> String {
    "Q7ZK2WM5XB4RT6YC".chars().cycle().take(length).collect()
}

fn fal() -> String {
    format!("3f2a9c1e-7b40-4d8a-9e51-c06d7b2f8a13:{}", hex(32))
}

fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\n{}\n{}\n-----END {label}-----\n", drawn(64), drawn(40))
}

fn jwt(header: &str) -> String {
    use base64::Engine as _;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(header), part(r#"{"sub":"1234567890","role":"service"}"#), drawn(43))
}

/// Each of some samples is found as one of a rule, and as nothing else.
fn assert_found(rules: impl IntoIterator<Item = (&'static str, Vec<String>)>) {
    for (rule, samples) in rules {
        for sample in samples {
            assert_eq!(found(&sample), [rule], "{sample}");
            assert_eq!(found(&format!("// before\n{sample}\n// behind\n")), [rule], "{sample}");
        }
    }
}

#[test]
fn credentials_are_found_by_their_form() {
    assert_found([
        (
            "private-key",
            vec![
                pem("PRIVATE KEY"),
                pem("RSA PRIVATE KEY"),
                pem("EC PRIVATE KEY"),
                pem("OPENSSH PRIVATE KEY"),
                pem("ENCRYPTED PRIVATE KEY"),
                format!(r#"{{"private_key": "{}"}}"#, pem("PRIVATE KEY").replace('\n', "\\n")),
                "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\n".to_owned(),
                format!("const key = '-----BEGIN PRIVATE KEY-----\\n' +\n  '{}\\n'", drawn(64)),
            ],
        ),
        ("aws-key", vec![format!("id: AKIA{}", upper(16)), format!("\"ASIA{}\"", upper(16))]),
        (
            "github-token",
            vec![format!("ghp_{}", drawn(36)), format!("token=ghs_{}", drawn(36)), format!("github_pat_{}", drawn(82))],
        ),
        (
            "slack-token",
            vec![
                format!("xoxb-123456789012-1234567890123-{}", drawn(24)),
                format!("https://hooks.slack.com/services/T0{}/B0{}/{}", upper(8), upper(8), drawn(24)),
            ],
        ),
        (
            "openai-key",
            vec![
                format!("sk-{}", drawn(48)),
                format!("'sk-proj-{}'", drawn(60)),
                format!("sk-ant-api03-{}", drawn(80)),
                format!("sk-or-v1-{}", hex(64)),
                format!("sk-{}", hex(32)),
            ],
        ),
        (
            "provider-key",
            vec![
                format!("FAL_KEY={}", fal()),
                format!("credentials: \"{}\"", fal()),
                format!("token = 'hf_{}'", drawn(34)),
                format!("r8_{}", drawn(37)),
            ],
        ),
        (
            "address-password",
            vec![
                format!("postgres://app:{}@db.example.com:5432/app", drawn(16)),
                format!("DATABASE_URL=mysql://root:{}@10.0.0.5/x?ssl=true", hex(32)),
                format!("git clone https://me:{}@git.example.com/me/x.git", drawn(20)),
                format!("\"redis://:{}@cache\"", drawn(12)),
            ],
        ),
        ("google-key", vec![format!("AIza{}", drawn(35)), format!("GOCSPX-{}", drawn(28))]),
        (
            "jwt",
            vec![
                jwt(r#"{"alg":"HS256","typ":"JWT"}"#),
                format!("Authorization: Bearer {}", jwt(r#"{"typ":"JWT","alg":"RS256"}"#)),
            ],
        ),
    ]);
}

#[test]
fn credentials_are_found_by_what_stands_beside_them() {
    assert_found([
        (
            "secret-assignment",
            vec![
                format!("const CLIENT_SECRET = \"{}\";", drawn(24)),
                format!("export DEPLOY_TOKEN={}", drawn(32)),
                format!("fal_api_key: '{}'", drawn(20)),
                format!(r#"{{"STRIPE_SECRET_KEY": "{}"}}"#, drawn(24)),
                format!("AWS_SECRET_ACCESS_KEY = {}", drawn(40)),
                format!("API_KEY=`{}`", drawn(16)),
                // as programs write it
                format!("const X_API_KEY: string = \"{}\";", drawn(32)),
                format!("export const GITHUB_TOKEN: string | undefined = '{}'", drawn(32)),
                format!("const API_KEY: &'static str = \"{}\";", drawn(32)),
                format!("const s = process.env.X_SECRET || \"{}\";", drawn(32)),
                format!("const s = process.env.X_SECRET ?? '{}';", drawn(32)),
                format!("const s = process.env['X_SECRET']??'{}';", drawn(32)),
                format!("const X_SECRET = process.env.X_SECRET||`{}`", drawn(32)),
                format!("const s = env.X_SECRET??'{}';", drawn(32)),
                format!("process.env.X_TOKEN ??= '{}'", drawn(32)),
                format!("const API_KEY =\n  \"{}\";", drawn(32)),
                format!("os.environ[\"X_TOKEN\"] = \"{}\"", drawn(32)),
                format!("token = os.getenv('X_TOKEN') or '{}'", drawn(32)),
                format!("token = os.environ.get(\"X_TOKEN\", \"{}\")", drawn(32)),
                format!("X_TOKEN := \"{}\"", drawn(32)),
                format!("\"X_TOKEN\" => \"{}\",", drawn(32)),
                format!("if (given.X_TOKEN === \"{}\")", drawn(32)),
                // as settings have it
                format!("{{\n  \"X_SECRET\":\n    \"{}\"\n}}", drawn(32)),
                format!("//packages.example.com/:_authToken={}", drawn(36)),
                format!("_auth = \"{}\"", drawn(36)),
                // as hex, which holds less in a digit
                format!("X_SECRET = \"{}\"", hex(32)),
                format!("X_API_KEY={}", hex(64)),
                "X_TOKEN: 3f2a9c1e-7b40-4d8a-9e51-c06d7b2f8a13".to_owned(),
                "X_TOKEN: '3f2a9c1e3f2a9c1e3f2a9c1e3f2a9c1e'".to_owned(),
            ],
        ),
        (
            "bearer-token",
            vec![
                format!("headers: {{ Authorization: \"Bearer {}\" }}", drawn(40)),
                format!("curl -H 'authorization: bearer {}'", hex(40)),
                format!("const X_TOKEN = `Bearer {}.{}`", drawn(20), drawn(20)),
            ],
        ),
    ]);
}

#[test]
fn what_only_looks_like_one_is_not() {
    for benign in [
        // keys that are public, and code that reads keys
        pem("PUBLIC KEY").as_str(),
        &pem("CERTIFICATE"),
        "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) throw new Error('no');",
        // the example of the manuals, and words in capitals
        "AKIAIOSFODNN7EXAMPLE",
        "XAKIAQ7ZK2WM5XB4RT6YC",
        "AKIA_IS_A_PREFIX_OF_KEYS",
        "ghp_short",
        &format!("ghp_{}", "x".repeat(36)),
        &format!("ghp_{}", "abcdef".repeat(6)),
        "xoxb-your-token-here-please-put-it",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
        ".sk-chasing-dots .sk-child { animation: sk-chasing-dots-spinner-rotation-2s infinite }",
        "sk-test",
        "task-q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3Js5Hd0Gfq7Zk2W",
        &format!(".sk-{}", "fading-circle-".repeat(4)),
        "AIzaSy...",
        // ids, and addresses whose password is none
        "3f2a9c1e-7b40-4d8a-9e51-c06d7b2f8a13",
        &format!("{}0", fal()),
        &format!("3f2a9c1e-7b40-4d8a-9e51-c06d7b2f8a13:{}", "0".repeat(32)),
        "hf_hub_download(repo_id='a/b', filename='config_of_model_2024.json')",
        "postgres://postgres:postgres@db:5432/app",
        &format!("postgres://app:{}@localhost:5432/app", drawn(16)),
        "postgres://app:${DB_PASSWORD_2024}@db.example.com/app",
        "postgres://app:<password1>@db.example.com/app",
        "mongodb://user:my-password-2024@db.example.com/app",
        "http://example.com:8080/a@2.0.1 https://cdn.example.com/npm/react@18.3.1",
        "https://unpkg.com:443@latest",
        "AIzaYOUR_KEY",
        // tokens that are none
        "eyJhbGciOiJIUzI1NiJ9",
        &jwt(r#"{"alg":"none"}"#),
        &jwt(r#"{"kid":"1"}"#),
        // names that say where a secret is, and placeholders
        "const CLIENT_SECRET = process.env.CLIENT_SECRET_2024_KEY;",
        "const API_KEY = import.meta.env.VITE_API_KEY_V2;",
        "CLIENT_SECRET = \"${CLIENT_SECRET_1}\"",
        "CLIENT_SECRET=\"your-client-secret-here-2024\"",
        "ACCESS_TOKEN: \"xxxxxxxxxxxxxxxxxxxxxxxx1\"",
        "ACCESS_TOKEN = 'changeme'",
        "ACCESS_TOKEN = ''",
        "TOKEN_URL_TOKEN = \"https://auth.example.com/oauth2/v2/token\"",
        "const MAX_TOKEN = 4096;",
        "max_tokens: 128000, stop_token: null",
        "import { tokenize } from './tokenizer';",
        "type Props = { api_key: string; refresh_token?: string }",
        "const label_token = t('settings.tokens.label2');",
        // types, names and defaults that hold nothing
        "const X_API_KEY: string = \"\";",
        "const X_API_KEY: string = process.env.X_API_KEY_2024 ?? \"your-own-api-key\";",
        "const A_TOKEN: InjectionToken<Config2024Abcdef> = new InjectionToken('ConfigToken2024Abcdef');",
        "declare const X_SECRET: Record<string, Array<Hash1024Bits>>;",
        "const s = process.env.X_SECRET || 'development-secret-only';",
        "const s = process.env.X_SECRET || process.env.OTHER_SECRET_V2_4096;",
        "const s = process.env.X_SECRET ? 'a1b2c3d4e5f6g7h8i9j0' : null;",
        "[X_TOKEN, \"q7Zk2Wm9Xb4Rt6Yc1Vn8\"]",
        "os.environ[\"X_TOKEN\"] = token",
        "getenv(\"X_TOKEN\", \"\")",
        "test(\"X_TOKEN\", \"is told to nobody, whoever asks for it 2024\")",
        "//packages.example.com/:_authToken=${NPM_TOKEN}",
        "always_auth = true",
        "\"X_SECRET\":\n  process.env.X_SECRET_2024_KEY",
        "X_SECRET:\n  description: q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3J",
        // hex that is short, one digit over and over, or nobody's secret
        "X_TOKEN = \"3f2a9c1e7b40\"",
        "X_TOKEN = \"00000000000000000000000000000000000000a1\"",
        "X_TOKEN = 123456789012345678901234567890123456",
        "const COMMIT = \"3f2a9c1e7b404d8a9e51c06d7b2f8a133f2a9c1e\";",
        "<svg id=\"3f2a9c1e7b404d8a9e51c06d7b2f8a13\">",
        // bearers of other things
        "Authorization: `Bearer ${token}`",
        "-H 'Authorization: Bearer <your token>'",
        "Authorization: Bearer YOUR_ACCESS_TOKEN_2024",
        "Authorization: Bearer xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1",
        "the bearer of this letter, and the standard Bearer in front",
        "forbearer q7Zk2Wm9Xb4Rt6Yc1Vn8Lp3J",
    ] {
        assert_eq!(found(benign), Vec::<String>::new(), "{benign}");
    }
}

#[test]
fn it_is_found_however_the_bytes_come_and_told_by_its_line() {
    let filler = "const a = 1; // nothing here\n".repeat(200);
    let text = format!("{filler}{}\n{filler}ghp_{}\n{filler}", pem("PRIVATE KEY"), drawn(36));
    let key_line = 201;
    let token_line = 200 + 5 + 200 + 1;
    let wanted = vec![(key_line, "private-key".to_owned()), (token_line, "github-token".to_owned())];
    for piece_bytes in [1, 10, 1000, 4095, 4096, 4097, 8192, 8193, text.len()] {
        assert_eq!(scan(text.as_bytes(), piece_bytes), wanted, "{piece_bytes}");
    }
}

#[test]
fn bytes_that_are_no_text_are_looked_at_too_and_findings_are_bounded() {
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) & 0xFF)
        .map(|n| u8::try_from(n).unwrap())
        .collect();
    assert_eq!(scan(&noise, 4096), []);
    let many = format!("ghp_{}\n", drawn(36)).repeat(100);
    assert_eq!(scan(many.as_bytes(), 4096).len(), FINDINGS_MAX);
}
