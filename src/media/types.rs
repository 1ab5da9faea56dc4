//! The types of media: which formats of bytes they are, and what else they are called. The table itself is one for both
//! rooms.

use durable_objects::media_types;
use file_format::FileFormat;

pub use durable_objects::media_types::{
    AAC, GLTF, M4A, MATROSKA, MP3, MP4, MTL, MediaType, OBJ, OGG_AUDIO, OGG_VIDEO, STL, SVG, USDZ, WEBM, WEBM_AUDIO,
};

/// Formats whose first bytes say what they are, and how the keys of each end.
const FORMATS: &[(FileFormat, &str)] = &[
    (FileFormat::PortableNetworkGraphics, "png"),
    (FileFormat::AnimatedPortableNetworkGraphics, "png"),
    (FileFormat::JointPhotographicExpertsGroup, "jpg"),
    (FileFormat::GraphicsInterchangeFormat, "gif"),
    (FileFormat::Webp, "webp"),
    (FileFormat::Av1ImageFileFormat, "avif"),
    (FileFormat::Av1ImageFileFormatSequence, "avif"),
    (FileFormat::HighEfficiencyImageCoding, "heic"),
    (FileFormat::HighEfficiencyImageFileFormat, "heif"),
    (FileFormat::JpegXl, "jxl"),
    (FileFormat::WindowsBitmap, "bmp"),
    (FileFormat::WindowsIcon, "ico"),
    (FileFormat::TagImageFileFormat, "tiff"),
    (FileFormat::Openexr, "exr"),
    (FileFormat::RadianceHdr, "hdr"),
    (FileFormat::Id3v2, "mp3"),
    (FileFormat::Mpeg12AudioLayer3, "mp3"),
    (FileFormat::AdvancedAudioCoding, "aac"),
    (FileFormat::WaveformAudio, "wav"),
    (FileFormat::FreeLosslessAudioCodec, "flac"),
    (FileFormat::AudioInterchangeFileFormat, "aiff"),
    (FileFormat::MusicalInstrumentDigitalInterface, "mid"),
    (FileFormat::AdaptiveMultiRate, "amr"),
    (FileFormat::OggVorbis, "ogg"),
    (FileFormat::OggOpus, "ogg"),
    (FileFormat::OggFlac, "ogg"),
    (FileFormat::OggSpeex, "ogg"),
    (FileFormat::OggTheora, "ogv"),
    (FileFormat::AppleItunesAudio, "m4a"),
    (FileFormat::AppleItunesAudiobook, "m4a"),
    (FileFormat::AppleItunesVideo, "mp4"),
    (FileFormat::AppleQuicktime, "mov"),
    (FileFormat::AudioVideoInterleave, "avi"),
    (FileFormat::Mpeg12Video, "mpg"),
    (FileFormat::ThirdGenerationPartnershipProject, "3gp"),
    (FileFormat::GlTransmissionFormatBinary, "glb"),
    (FileFormat::Filmbox, "fbx"),
    (FileFormat::PolygonAscii, "ply"),
    (FileFormat::PolygonBinary, "ply"),
    (FileFormat::StereolithographyAscii, "stl"),
    (FileFormat::UniversalSceneDescriptionBinary, "usdc"),
    (FileFormat::UniversalSceneDescriptionAscii, "usda"),
    (FileFormat::Magicavoxel, "vox"),
];

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
    media_types::of_extension(FORMATS.iter().find(|(known, _)| *known == format)?.1)
}

/// The type that somebody names, with parameters or by another name.
pub fn of_mime(mime: &str) -> Option<MediaType> {
    let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = ALIASES.iter().find(|(_, alias)| *alias == mime).map_or(mime.as_str(), |(known, _)| known);
    media_types::ALL.into_iter().find(|found| found.mime == known)
}

/// The type of a key, by its end.
pub fn of_key(key: &str) -> Option<MediaType> {
    let (_, extension) = key.rsplit_once('.')?;
    media_types::of_extension(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_the_end_of_a_key_by_its_name_and_by_its_format() {
        for found in media_types::ALL {
            assert_eq!(of_key(&format!("media/user_a/00ff.{}", found.extension)), Some(found));
            assert_eq!(of_mime(found.mime).map(|known| known.mime), Some(found.mime));
        }
        for (format, extension) in FORMATS {
            assert_eq!(of_format(*format).map(|found| found.extension), Some(*extension));
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
