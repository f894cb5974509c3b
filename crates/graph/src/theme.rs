//! The colours of the light and the dark theme, and the palette of the series.

use crate::Color;

/// The colours of everything that is not data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    pub background: Color,
    /// Title and values.
    pub text: Color,
    /// Tick labels, legend and notes.
    pub faint_text: Color,
    pub grid: Color,
    pub axis: Color,
    /// The unfilled part of a gauge and the rules of a table.
    pub track: Color,
    /// The sign for incomplete data.
    pub warning: Color,
    /// Annotations without a colour of their own.
    pub annotation: Color,
    /// A band without a colour of its own.
    pub band: Color,
}

const LIGHT: Theme = Theme {
    background: Color(0xff, 0xff, 0xff),
    text: Color(0x16, 0x19, 0x1f),
    faint_text: Color(0x54, 0x5b, 0x64),
    grid: Color(0xea, 0xed, 0xed),
    axis: Color(0x87, 0x95, 0x96),
    track: Color(0xe9, 0xeb, 0xed),
    warning: Color(0xff, 0x99, 0x00),
    annotation: Color(0xd6, 0x27, 0x28),
    band: Color(0x87, 0x95, 0x96),
};

const DARK: Theme = Theme {
    background: Color(0x16, 0x1d, 0x26),
    text: Color(0xea, 0xed, 0xed),
    faint_text: Color(0xb6, 0xbe, 0xc9),
    grid: Color(0x2b, 0x35, 0x42),
    axis: Color(0x68, 0x78, 0x86),
    track: Color(0x33, 0x3f, 0x4e),
    warning: Color(0xff, 0xac, 0x31),
    annotation: Color(0xff, 0x5d, 0x64),
    band: Color(0x9b, 0xa7, 0xb6),
};

impl Theme {
    /// The theme that the graph asks for.
    pub(crate) fn of(graph: &crate::Graph) -> Self {
        if graph.dark { DARK } else { LIGHT }
    }
}

/// CloudWatch's palette: ten colours, then their light variants.
const PALETTE: [Color; 20] = [
    Color(0x1f, 0x77, 0xb4),
    Color(0xff, 0x7f, 0x0e),
    Color(0x2c, 0xa0, 0x2c),
    Color(0xd6, 0x27, 0x28),
    Color(0x94, 0x67, 0xbd),
    Color(0x8c, 0x56, 0x4b),
    Color(0xe3, 0x77, 0xc2),
    Color(0x7f, 0x7f, 0x7f),
    Color(0xbc, 0xbd, 0x22),
    Color(0x17, 0xbe, 0xcf),
    Color(0xae, 0xc7, 0xe8),
    Color(0xff, 0xbb, 0x78),
    Color(0x98, 0xdf, 0x8a),
    Color(0xff, 0x98, 0x96),
    Color(0xc5, 0xb0, 0xd5),
    Color(0xc4, 0x9c, 0x94),
    Color(0xf7, 0xb6, 0xd2),
    Color(0xc7, 0xc7, 0xc7),
    Color(0xdb, 0xdb, 0x8d),
    Color(0x9e, 0xda, 0xe5),
];

/// The colour of the series that is the `index`-th without one of its own; begins anew after twenty.
pub(crate) fn palette(index: usize) -> Color {
    PALETTE[index % PALETTE.len()]
}

/// Black or white, whichever is read more easily on this colour.
pub(crate) fn readable_on(color: Color) -> Color {
    let Color(red, green, blue) = color;
    let brightness = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    if brightness > 150_000 { Color(0x16, 0x19, 0x1f) } else { Color(0xff, 0xff, 0xff) }
}
