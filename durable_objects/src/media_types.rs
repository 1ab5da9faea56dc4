//! The types of media that are known: one table for both rooms. The Worker finds a type in the bytes and names keys by it;
//! the object only looks at the names of files.

/// A type of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// As it is served.
    pub mime: &'static str,
    /// As it ends in a key.
    pub extension: &'static str,
    /// How else files of it end.
    also: &'static [&'static str],
}

const fn media(mime: &'static str, extension: &'static str, also: &'static [&'static str]) -> MediaType {
    MediaType { mime, extension, also }
}

/// Sound in layers of MPEG.
pub const MP3: MediaType = media("audio/mpeg", "mp3", &[]);
/// Sound without a container.
pub const AAC: MediaType = media("audio/aac", "aac", &[]);
/// Sound in a container of films.
pub const M4A: MediaType = media("audio/mp4", "m4a", &["m4b"]);
/// A film.
pub const MP4: MediaType = media("video/mp4", "mp4", &["m4v"]);
/// Sound in an open container.
pub const OGG_AUDIO: MediaType = media("audio/ogg", "ogg", &["oga", "opus"]);
/// A film in the same container.
pub const OGG_VIDEO: MediaType = media("video/ogg", "ogv", &[]);
/// A film of the web.
pub const WEBM: MediaType = media("video/webm", "webm", &[]);
/// A model of triangles.
pub const STL: MediaType = media("model/stl", "stl", &[]);
/// Sound in the container of those.
pub const WEBM_AUDIO: MediaType = media("audio/webm", "weba", &[]);
/// A film in the container that those come from.
pub const MATROSKA: MediaType = media("video/x-matroska", "mkv", &[]);
/// A model as text.
pub const OBJ: MediaType = media("model/obj", "obj", &[]);
/// What such a model is made of.
pub const MTL: MediaType = media("model/mtl", "mtl", &[]);
/// A scene as JSON.
pub const GLTF: MediaType = media("model/gltf+json", "gltf", &[]);
/// A picture as text: it may hold scripts.
pub const SVG: MediaType = media("image/svg+xml", "svg", &[]);
/// A scene as an archive.
pub const USDZ: MediaType = media("model/vnd.usdz+zip", "usdz", &[]);

/// All of them.
pub const ALL: [MediaType; 43] = [
    media("image/avif", "avif", &[]),
    media("image/bmp", "bmp", &[]),
    media("image/x-exr", "exr", &[]),
    media("image/gif", "gif", &[]),
    media("image/vnd.radiance", "hdr", &[]),
    media("image/heic", "heic", &[]),
    media("image/heif", "heif", &[]),
    media("image/vnd.microsoft.icon", "ico", &[]),
    media("image/jpeg", "jpg", &["jpeg"]),
    media("image/jxl", "jxl", &[]),
    media("image/png", "png", &[]),
    SVG,
    media("image/tiff", "tiff", &["tif"]),
    media("image/webp", "webp", &[]),
    AAC,
    media("audio/aiff", "aiff", &["aif"]),
    media("audio/amr", "amr", &[]),
    media("audio/flac", "flac", &[]),
    M4A,
    media("audio/midi", "mid", &["midi"]),
    MP3,
    OGG_AUDIO,
    media("audio/wav", "wav", &[]),
    WEBM_AUDIO,
    media("video/3gpp", "3gp", &[]),
    media("video/x-msvideo", "avi", &[]),
    MATROSKA,
    media("video/quicktime", "mov", &[]),
    MP4,
    media("video/mpeg", "mpg", &["mpeg"]),
    OGG_VIDEO,
    WEBM,
    media("model/x-fbx", "fbx", &[]),
    media("model/gltf-binary", "glb", &[]),
    GLTF,
    MTL,
    OBJ,
    media("model/x-ply", "ply", &[]),
    STL,
    media("model/vnd.usda", "usda", &[]),
    media("model/vnd.usd", "usdc", &[]),
    USDZ,
    media("model/x-vox", "vox", &[]),
];

/// The type that a key of the bucket of media ends in.
pub fn of_extension(extension: &str) -> Option<MediaType> {
    ALL.into_iter().find(|known| known.extension == extension)
}

/// What a file of this name is, if it is media: what follows the last dot says it.
pub fn of_name(name: &str) -> Option<MediaType> {
    let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
    ALL.into_iter().find(|known| known.extension == extension || known.also.contains(&extension.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_stands_for_one_type() {
        let extensions: Vec<&str> =
            ALL.iter().flat_map(|known| known.also.iter().chain([&known.extension])).copied().collect();
        for (at, extension) in extensions.iter().enumerate() {
            assert_eq!(extensions.iter().position(|other| other == extension), Some(at), "{extension}");
            assert!(of_name(&format!("a.b.{}", extension.to_uppercase())).is_some());
        }
    }

    #[test]
    fn a_name_says_what_a_file_is_by_what_follows_its_last_dot() {
        assert_eq!(of_name("a.b.PNG").map(|known| known.mime), Some("image/png"));
        assert_eq!(of_name(".mp4").map(|known| known.mime), Some("video/mp4"));
        for other in ["", "png", "a.png.txt", "a.", "a.html", "a.ts", "a.mp5"] {
            assert_eq!(of_name(other), None, "{other}");
        }
    }
}
