use super::super::json::{Edit, edited};
use super::*;

/// 16 bytes as base64, so that it counts as bytes.
const BYTES: &str = "AAECAwQFBgcICQoLDA0ODw==";

/// What is found in a result: `path <- what`, one a line; `*` stands for the bytes above.
fn found(result: &str) -> Vec<String> {
    let text = result.replace('*', BYTES);
    let document = Document::parse(&text).unwrap();
    let Found { finds, left } = find(&document, usize::MAX, &|_| false);
    assert_eq!(left, 0);
    let told = finds.into_iter().map(|found| {
        let what = match &found.source {
            Source::Url(url) => url.clone().into_owned(),
            Source::Base64(base64) => {
                assert_eq!(base64.replace('\n', ""), BYTES, "the base64 and nothing else");
                "bytes".to_owned()
            }
            Source::Percent(text) => format!("%{text}"),
        };
        let mut told = format!("{} <- {what}", found.path);
        for said in [found.content_type, found.file_name].into_iter().flatten() {
            told = format!("{told} ({said})");
        }
        if let Some((_, name)) = found.rename {
            told = format!("{told} as {name}");
        }
        told
    });
    told.collect()
}

#[test]
fn every_shape_of_file_objects_is_found() {
    for (result, expected) in [
        (
            r#"{"video":{"url":"https://v/1.mp4","content_type":"video/mp4","file_name":"out.mp4","file_size":9007199254740993,"duration":5.041666666666667,"fps":24}}"#,
            &["video.url <- https://v/1.mp4 (video/mp4) (out.mp4)"][..],
        ),
        (
            r#"{"images":[{"url":"https://v/1.png","width":1024,"height":768},{"url":"https://v/2.png"}],"seed":123456789012345678901234567890,"prompt":"a"}"#,
            &["images[0].url <- https://v/1.png", "images[1].url <- https://v/2.png"],
        ),
        (r#"{"image":{"url":"https://v/1"}}"#, &["image.url <- https://v/1"]),
        (r#"{"audio":{"url":"https://v/1","sample_rate":44100}}"#, &["audio.url <- https://v/1"]),
        (r#"{"audio":[{"url":"https://v/1"}]}"#, &["audio[0].url <- https://v/1"]),
        (r#"{"video":[{"url":"https://v/1"}]}"#, &["video[0].url <- https://v/1"]),
        (r#"{"videos":[{"url":"https://v/1"}]}"#, &["videos[0].url <- https://v/1"]),
        (r#"{"audios":[{"url":"https://v/1"}]}"#, &["audios[0].url <- https://v/1"]),
        (r#"{"audio_file":{"url":"https://v/1"}}"#, &["audio_file.url <- https://v/1"]),
        (r#"{"audio_url":{"url":"https://v/1"}}"#, &["audio_url.url <- https://v/1"]),
        (
            r#"{"masks":[{"url":"https://v/1"}],"mask_image":{"url":"https://v/2"}}"#,
            &["masks[0].url <- https://v/1", "mask_image.url <- https://v/2"],
        ),
        (r#"{"depth_map":{"url":"https://v/1"}}"#, &["depth_map.url <- https://v/1"]),
        (
            r#"{"vocals":{"url":"https://v/1"},"drums":{"url":"https://v/2"},"bass":null}"#,
            &["vocals.url <- https://v/1", "drums.url <- https://v/2"],
        ),
        (
            r#"{"thumbnail":{"url":"https://v/1"},"textures":[{"url":"https://v/2"}]}"#,
            &["thumbnail.url <- https://v/1", "textures[0].url <- https://v/2"],
        ),
        (r#"{"spritesheet":{"url":"https://v/1"}}"#, &["spritesheet.url <- https://v/1"]),
        (
            r#"{"model_mesh":{"url":"https://v/1"},"model_glb":{"url":"https://v/2"}}"#,
            &["model_mesh.url <- https://v/1", "model_glb.url <- https://v/2"],
        ),
        (
            r#"{"model_urls":{"glb":{"url":"https://v/1"},"fbx":{"url":"https://v/2"},"obj":null,"usdz":{"url":"https://v/3"},"mtl":{"url":"https://v/4"},"texture":{"url":"https://v/5"}}}"#,
            &[
                "model_urls.glb.url <- https://v/1",
                "model_urls.fbx.url <- https://v/2",
                "model_urls.usdz.url <- https://v/3",
                "model_urls.mtl.url <- https://v/4",
                "model_urls.texture.url <- https://v/5",
            ],
        ),
        (
            r#"{"lora_file":{"url":"https://v/1"},"frames_zip":{"url":"https://v/2"}}"#,
            &["lora_file.url <- https://v/1", "frames_zip.url <- https://v/2"],
        ),
        (r#"{"a":{"deep":[{"er":{"url":"https://v/1"}}]}}"#, &["a.deep[0].er.url <- https://v/1"]),
    ] {
        assert_eq!(found(result), expected, "{result}");
    }
}

#[test]
fn plain_strings_are_found_under_known_names() {
    for name in
        ["url", "image", "audio", "video", "src", "image_url", "video_url", "audio_url", "thumbnail_url", "output"]
    {
        assert_eq!(found(&format!(r#"{{"{name}":"https://v/1"}}"#)), [format!("{name} <- https://v/1")]);
        assert_eq!(
            found(&format!(r#"{{"{name}":["https://v/1",null,"x","https://v/2"]}}"#)),
            [format!("{name}[0] <- https://v/1"), format!("{name}[3] <- https://v/2")]
        );
    }
    for name in ["images", "output", "outputs", "assets", "frames"] {
        assert_eq!(found(&format!(r#"{{"{name}":["https://v/1"]}}"#)), [format!("{name}[0] <- https://v/1")]);
    }
    for (result, expected) in [
        (r#"{"output":[{"url":"https://v/1"}]}"#, &["output[0].url <- https://v/1"][..]),
        (r#"{"output":[["https://v/1"]]}"#, &["output[0][0] <- https://v/1"]),
        (r#"{"output":{"deep":"https://v/1"}}"#, &[]),
        (
            r#"{"model_urls":{"glb":"https://v/1","obj":"https://v/2"}}"#,
            &["model_urls.glb <- https://v/1", "model_urls.obj <- https://v/2"],
        ),
        (r#"[{"url":"https://v/1"}]"#, &["[0].url <- https://v/1"]),
        (r#"{"url":"https:\/\/v\/1?a=\u0026"}"#, &["url <- https://v/1?a=&"]),
        (r#"{"url":"HTTP://v/1"}"#, &["url <- HTTP://v/1"]),
        (r#"{"we.ird":{"":[{"url":"https://v/1"}]}}"#, &["[\"we.ird\"][\"\"][0].url <- https://v/1"]),
        // What only looks like an address, or stands where none is expected.
        (r#"{"url":"","src":"a.png","image":"//v/1","video":"ftp://v/1","audio":5,"images":{}}"#, &[]),
        (r#"{"prompt":"https://v/1","text":"data: of the day","license":"https://v/2"}"#, &[]),
        (r#""https://v/1""#, &[]),
        ("null", &[]),
    ] {
        assert_eq!(found(result), expected, "{result}");
    }
}

#[test]
fn bytes_in_the_text_are_found_with_their_types() {
    for (result, expected) in [
        (
            r#"{"images":[{"url":"data:image/png;base64,*","content_type":"image/jpeg"}]}"#,
            &["images[0].url <- bytes (image/png)"][..],
        ),
        (r#"{"anywhere":["data:audio/wav;rate=1;BASE64,*"]}"#, &["anywhere[0] <- bytes (audio/wav)"]),
        (
            r#"{"url":"data:image/svg+xml;utf8,%3Csvg/%3E","x":"data:image/svg+xml,y"}"#,
            &["url <- %%3Csvg/%3E (image/svg+xml)"],
        ),
        (r#"{"url":"data: of a, day","x":"data:;base64"}"#, &[]),
        // What is written with escapes is the same.
        (r#"{"url":"data:image\/png;base64,*"}"#, &["url <- bytes (image/png)"]),
        (r#"{"b64_json":"AAECAwQFBgcI\nCQoLDA0ODw=="}"#, &["b64_json <- bytes (image/png) as url"]),
        (r#"{"file":{"file_data":"*","file_name":"a/b\r\nc"}}"#, &["file.file_data <- bytes as url"]),
        (
            r#"{"ok":true,"contentType":"audio/mpeg","audioBase64":"*"}"#,
            &["audioBase64 <- bytes (audio/mpeg) as audioUrl"],
        ),
        (r#"{"audioBase64":"*"}"#, &["audioBase64 <- bytes (audio/mpeg) as audioUrl"]),
        (r#"{"audioBase64":"data:audio/wav;base64,*"}"#, &["audioBase64 <- bytes (audio/wav) as audioUrl"]),
        (r#"{"audioUrl":"","audioBase64":"*"}"#, &["audioBase64 <- bytes (audio/mpeg)"]),
        (
            r#"{"audio_base64":"*","alignment":{"characters":["a","b"],"character_start_times_seconds":[0.0,0.0929]}}"#,
            &["audio_base64 <- bytes (audio/mpeg) as audio_url"],
        ),
        (
            r#"{"previews":[{"audio_base_64":"*","media_type":"audio/wav","generated_voice_id":"v","duration_secs":1.50}],"text":"t"}"#,
            &["previews[0].audio_base_64 <- bytes (audio/wav) as audio_url"],
        ),
        (
            r#"{"images":[{"content":"*","content_type":"image/png"}]}"#,
            &["images[0].content <- bytes (image/png) as url"],
        ),
        (r#"{"content":"*"}"#, &[]),
        (r#"{"content":"not base64 at all, but words","content_type":"text/plain"}"#, &[]),
        (
            r#"{"file":{"file_data":"*","content_type":"model/gltf-binary","file_name":"a.glb"}}"#,
            &["file.file_data <- bytes (model/gltf-binary) (a.glb) as url"],
        ),
        (r#"{"file":{"url":"https://v/1","file_data":"*"}}"#, &["file.url <- https://v/1", "file.file_data <- bytes"]),
        (r#"{"data":[{"b64_json":"*"}]}"#, &["data[0].b64_json <- bytes (image/png) as url"]),
    ] {
        assert_eq!(found(result), expected, "{result}");
    }
}

#[test]
fn a_find_can_be_replaced_with_all_else_as_it_was() {
    let text = r#"{"n":0.10000000000000000555, "images" : [{"url":"https://v/1"}],"z":1e2,"a":"x"}"#;
    let document = Document::parse(text).unwrap();
    let found = find(&document, 1, &|_| false);
    let edits = found.finds.iter().map(|found| Edit::text(&found.span, "https://here/1")).collect();
    assert_eq!(edited(text, edits), text.replace("https://v/1", "https://here/1"));
}

#[test]
fn what_is_beyond_the_limits_is_counted_and_costs_nothing() {
    let many: Vec<String> = (0..20_000).map(|index| format!("\"https://v/{}\"", index % 100)).collect();
    let text = format!("{{\"{}é\":{{\"output\":[{}]}}}}", "n".repeat(29_999), many.join(","));
    let document = Document::parse(&text).unwrap();
    let Found { finds, left } = find(&document, 64, &|_| false);
    assert_eq!((finds.len(), left), (1000, 19_000));
    let sources: HashSet<_> = finds.iter().map(|found| &found.source).collect();
    assert_eq!(sources.len(), 64);
    assert!(finds.iter().all(|found| found.path.len() < 1100 && found.path.ends_with(CUT)));
    // A source that is known is replaced wherever it stands, after as many others.
    let text = "{\"output\":[\"https://v/1\",\"https://v/2\",\"https://v/3\",\"https://v/1\"]}";
    let document = Document::parse(text).unwrap();
    let Found { finds, left } = find(&document, 2, &|_| false);
    assert_eq!(
        finds.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(),
        ["output[0]", "output[1]", "output[3]"]
    );
    assert_eq!(left, 1);
    let Found { finds, left } = find(&document, 2, &|url| url == "https://v/1");
    assert_eq!((finds.len(), left), (2, 0));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests have a clock")]
fn an_object_is_asked_once_what_it_says_of_its_bytes() {
    let mut members = vec![format!("\"url\":[{}0]", "\"https://v/1\",".repeat(999))];
    members.extend((0..40_000).map(|index| format!("\"a{index}\":\"\"")));
    members.extend((0..1000).map(|_| format!("\"content\":\"{BYTES}\"")));
    let text = format!("{{{},\"content_type\":\"image/png\"}}", members.join(","));
    let document = Document::parse(&text).unwrap();
    let start = std::time::Instant::now();
    let Found { finds, left } = find(&document, 64, &|_| false);
    assert_eq!((finds.len(), left), (1000, 999));
    assert!(finds.iter().all(|found| found.content_type.as_deref() == Some("image/png")));
    // Asked for each find, this is minutes.
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn the_list_of_a_result_that_comes_again_is_not_looked_through() {
    assert_eq!(found(r#"{"persistedAssets":[{"url":"https://v/1"}]}"#), [""; 0]);
    assert_eq!(found(r#"{"persistedAssets2":{"url":"https://v/1"}}"#), ["persistedAssets2.url <- https://v/1"]);
    assert_eq!(found(r#"{"a":{"persistedAssets":{"url":"https://v/1"}}}"#), ["a.persistedAssets.url <- https://v/1"]);
}
