//! The types of media that are known here: what they are called, in a header and at the end of a key.

use file_format::FileFormat;

/// A type of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// As it is served.
    pub mime: &'static str,
    /// As it ends in a key.
    pub extension: &'static str,
}

const fn media(mime: &'static str, extension: &'static str) -> MediaType {
    MediaType { mime, extension }
}

/// Formats whose first bytes say what they are.
const FORMATS: &[(FileFormat, MediaType)] = &[
    (FileFormat::PortableNetworkGraphics, media("image/png", "png")),
    (FileFormat::AnimatedPortableNetworkGraphics, media("image/png", "png")),
    (FileFormat::JointPhotographicExpertsGroup, media("image/jpeg", "jpg")),
    (FileFormat::GraphicsInterchangeFormat, media("image/gif", "gif")),
    (FileFormat::Webp, media("image/webp", "webp")),
    (FileFormat::Av1ImageFileFormat, media("image/avif", "avif")),
    (FileFormat::Av1ImageFileFormatSequence, media("image/avif", "avif")),
    (FileFormat::HighEfficiencyImageCoding, media("image/heic", "heic")),
    (FileFormat::HighEfficiencyImageFileFormat, media("image/heif", "heif")),
    (FileFormat::JpegXl, media("image/jxl", "jxl")),
    (FileFormat::WindowsBitmap, media("image/bmp", "bmp")),
    (FileFormat::WindowsIcon, media("image/vnd.microsoft.icon", "ico")),
    (FileFormat::TagImageFileFormat, media("image/tiff", "tiff")),
    (FileFormat::Openexr, media("image/x-exr", "exr")),
    (FileFormat::RadianceHdr, media("image/vnd.radiance", "hdr")),
    (FileFormat::Id3v2, MP3),
    (FileFormat::Mpeg12AudioLayer3, MP3),
    (FileFormat::AdvancedAudioCoding, AAC),
    (FileFormat::WaveformAudio, media("audio/wav", "wav")),
    (FileFormat::FreeLosslessAudioCodec, media("audio/flac", "flac")),
    (FileFormat::AudioInterchangeFileFormat, media("audio/aiff", "aiff")),
    (FileFormat::MusicalInstrumentDigitalInterface, media("audio/midi", "mid")),
    (FileFormat::AdaptiveMultiRate, media("audio/amr", "amr")),
    (FileFormat::OggVorbis, OGG_AUDIO),
    (FileFormat::OggOpus, OGG_AUDIO),
    (FileFormat::OggFlac, OGG_AUDIO),
    (FileFormat::OggSpeex, OGG_AUDIO),
    (FileFormat::OggTheora, OGG_VIDEO),
    (FileFormat::AppleItunesAudio, M4A),
    (FileFormat::AppleItunesAudiobook, M4A),
    (FileFormat::AppleItunesVideo, MP4),
    (FileFormat::AppleQuicktime, media("video/quicktime", "mov")),
    (FileFormat::AudioVideoInterleave, media("video/x-msvideo", "avi")),
    (FileFormat::Mpeg12Video, media("video/mpeg", "mpg")),
    (FileFormat::ThirdGenerationPartnershipProject, media("video/3gpp", "3gp")),
    (FileFormat::GlTransmissionFormatBinary, media("model/gltf-binary", "glb")),
    (FileFormat::Filmbox, media("model/x-fbx", "fbx")),
    (FileFormat::PolygonAscii, media("model/x-ply", "ply")),
    (FileFormat::PolygonBinary, media("model/x-ply", "ply")),
    (FileFormat::StereolithographyAscii, STL),
    (FileFormat::UniversalSceneDescriptionBinary, media("model/vnd.usd", "usdc")),
    (FileFormat::UniversalSceneDescriptionAscii, media("model/vnd.usda", "usda")),
    (FileFormat::Magicavoxel, media("model/x-vox", "vox")),
];

pub const MP3: MediaType = media("audio/mpeg", "mp3");
pub const AAC: MediaType = media("audio/aac", "aac");
pub const M4A: MediaType = media("audio/mp4", "m4a");
pub const MP4: MediaType = media("video/mp4", "mp4");
pub const OGG_AUDIO: MediaType = media("audio/ogg", "ogg");
pub const OGG_VIDEO: MediaType = media("video/ogg", "ogv");
pub const WEBM: MediaType = media("video/webm", "webm");
pub const STL: MediaType = media("model/stl", "stl");
pub const WEBM_AUDIO: MediaType = media("audio/webm", "weba");
pub const MATROSKA: MediaType = media("video/x-matroska", "mkv");
pub const OBJ: MediaType = media("model/obj", "obj");
pub const MTL: MediaType = media("model/mtl", "mtl");
pub const GLTF: MediaType = media("model/gltf+json", "gltf");
pub const SVG: MediaType = media("image/svg+xml", "svg");
pub const USDZ: MediaType = media("model/vnd.usdz+zip", "usdz");

/// Types that the formats above do not name, or not by themselves.
const OTHERS: [MediaType; 12] = [MP4, WEBM, WEBM_AUDIO, MATROSKA, OGG_AUDIO, OGG_VIDEO, SVG, USDZ, OBJ, MTL, GLTF, STL];

/// What others call some of them.
const ALIASES: &[(&str, &str)] = &[
    ("audio/flac", "audio/x-flac"),
    ("audio/aiff", "audio/x-aiff"),
    ("audio/mp4", "audio/x-m4a"),
    ("audio/mp4", "audio/m4a"),
    ("audio/mpeg", "audio/mp3"),
    ("audio/ogg", "audio/opus"),
    ("audio/wav", "audio/vnd.wave"),
    ("audio/wav", "audio/wave"),
    ("audio/wav", "audio/x-wav"),
    ("image/jpeg", "image/jpg"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("video/mp4", "video/x-m4v"),
];

/// The type of a format.
pub fn of_format(format: FileFormat) -> Option<MediaType> {
    FORMATS.iter().find(|(known, _)| *known == format).map(|(_, found)| *found)
}

/// The type that somebody names, with parameters or by another name.
pub fn of_mime(mime: &str) -> Option<MediaType> {
    let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = ALIASES.iter().find(|(_, alias)| *alias == mime).map_or(mime.as_str(), |(known, _)| known);
    all().find(|found| found.mime == known)
}

/// The type of a key, by its end.
pub fn of_key(key: &str) -> Option<MediaType> {
    let (_, extension) = key.rsplit_once('.')?;
    all().find(|found| found.extension == extension)
}

fn all() -> impl Iterator<Item = MediaType> {
    FORMATS.iter().map(|(_, found)| *found).chain(OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_stands_for_one_type() {
        for found in all() {
            assert_eq!(of_key(&format!("media/user_a/00ff.{}", found.extension)), Some(found));
            assert_eq!(of_mime(found.mime).map(|known| known.mime), Some(found.mime));
        }
        assert_eq!(of_key("media/user_a/00ff.html"), None);
        assert_eq!(of_key("png"), None);
    }

    #[test]
    fn other_names_of_a_type_are_known() {
        assert_eq!(of_mime("audio/mp3"), Some(MP3));
        assert_eq!(of_mime(" Audio/X-M4A; codecs=x"), Some(M4A));
        for other in ["", "text/html", "application/octet-stream", "image/*"] {
            assert_eq!(of_mime(other), None, "{other}");
        }
        for (known, _) in ALIASES {
            assert!(of_mime(known).is_some(), "{known}");
        }
    }
}
