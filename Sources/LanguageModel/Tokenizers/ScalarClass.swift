/// What the splitting pattern of GPT-2 asks of a Unicode scalar.
package enum ScalarClass {
    /// The classes `\p{L}`, `\p{N}`, `\s` and the rest.
    package enum Kind: UInt8, Sendable {
        case letter, number, space, symbol
    }

    /// The class of the scalar that starts at `position`, and where it ends.
    static func next(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> (kind: Kind, end: Int) {
        let first = text[position]
        if first < 0x80 { return (small[Int(first)], position + 1) }
        guard let (value, end) = decode(text, at: position) else { return (.symbol, position + 1) }
        if value < UInt32(small.count) { return (small[Int(value)], end) }
        return (Unicode.Scalar(value).map(kind) ?? .symbol, end)
    }

    /// The class of a scalar in Unicode 16, which the `tokenizers` package knows; Swift may know a later version, whose
    /// new letters must stay symbols here.
    package static func kind(_ scalar: Unicode.Scalar) -> Kind {
        let properties = scalar.properties
        if let age = properties.age, age.major > 16 { return .symbol }
        if properties.isWhitespace { return .space }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .symbol
        }
    }

    /// The classes of the scalars of one and two bytes.
    private static let small: [Kind] = (0..<0x800).map { (value: UInt32) in
        Unicode.Scalar(value).map(kind) ?? .symbol
    }

    /// The scalar of two to four bytes at `position`; nil for anything that is not valid UTF-8.
    private static func decode(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> (value: UInt32, end: Int)? {
        let first = UInt32(text[position])
        let count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        let least: UInt32 = count == 4 ? 0x10000 : count == 3 ? 0x800 : 0x80
        guard first >= 0xC0, first < 0xF8, position + count <= text.count else { return nil }
        var value = first & (0x7F >> UInt32(count))
        for index in 1..<count {
            let byte = UInt32(text[position + index])
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | (byte & 0x3F)
        }
        guard value >= least, Unicode.Scalar(value) != nil else { return nil }
        return (value, position + count)
    }
}
