//! A finished sheet as a PNG file: true colour without transparency.

use tiny_skia::Pixmap;

/// Encodes the sheet.
pub(crate) fn encode(pixmap: &Pixmap) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let pixels: Vec<u8> = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let mut writer = encoder.write_header().expect("a vector takes every write and the sides are not zero");
    writer.write_image_data(&pixels).expect("the image has as many pixels as its header says");
    writer.finish().expect("a vector takes every write");
    file
}
