//! The picture that a phone reads a virtual MFA device from.

use qrcodegen::{QrCode, QrCodeEcc};

/// Pixels to a side of each square.
const SCALE: i32 = 4;
/// Squares of white around the code, as its standard asks.
const BORDER: i32 = 4;

/// The address that authenticator apps know as a device of codes that change with time.
pub(crate) fn address(device_name: &str, account_name: &str, base32_seed: &str) -> String {
    // The names of devices and accounts hold none of the characters that have a meaning here but `+` and `=`, which have
    // none in a path.
    format!("otpauth://totp/Trailwatch:{device_name}@{account_name}?secret={base32_seed}&issuer=Trailwatch")
}

/// The code as a PNG file, one bit a pixel.
pub(crate) fn png(text: &str) -> Vec<u8> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).expect("an address is far shorter than a code can hold");
    let side = (code.size() + 2 * BORDER) * SCALE;
    let mut file = Vec::new();
    let pixels = u32::try_from(side).expect("codes are small");
    let mut encoder = png::Encoder::new(&mut file, pixels, pixels);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let is_white = |x: i32, y: i32| !code.get_module(x / SCALE - BORDER, y / SCALE - BORDER);
    let row = |y: i32| (0..side).step_by(8).map(move |x| byte(|bit| is_white(x + bit, y)));
    let image: Vec<u8> = (0..side).flat_map(row).collect();
    let mut writer = encoder.write_header().expect("a vector takes every write and the sides are not zero");
    writer.write_image_data(&image).expect("the image has as many pixels as its header says");
    writer.finish().expect("a vector takes every write");
    file
}

/// Eight pixels, the leftmost in the highest bit.
fn byte(is_white: impl Fn(i32) -> bool) -> u8 {
    (0..8).fold(0, |byte, bit| byte << 1 | u8::from(is_white(bit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_shows_the_code() {
        let text = address("phone", "111122223333", "ABC");
        let file = png(&text);
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut image = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut image).unwrap();
        let code = QrCode::encode_text(&text, QrCodeEcc::Medium).unwrap();
        let is_black = |x: i32, y: i32| {
            let (x, y) = ((x + BORDER) * SCALE, (y + BORDER) * SCALE);
            let at = usize::try_from(y).unwrap() * info.line_size + usize::try_from(x / 8).unwrap();
            image[at] >> (7 - x % 8) & 1 == 0
        };
        for x in -BORDER..code.size() + BORDER {
            for y in -BORDER..code.size() + BORDER {
                assert_eq!(is_black(x, y), code.get_module(x, y), "{x},{y}");
            }
        }
    }
}
