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

    /// Where the scalar in front of `position` starts; nil at the beginning.
    static func start(_ text: UnsafeBufferPointer<UInt8>, before position: Int) -> Int? {
        guard position > 0 else { return nil }
        var start = position - 1
        while start > 0, position - start < 4, text[start] & 0xC0 == 0x80 { start -= 1 }
        return next(text, at: start).end == position ? start : position - 1
    }

    /// Where the white space in front of `position` starts.
    static func spaceStart(_ text: UnsafeBufferPointer<UInt8>, before position: Int) -> Int {
        var position = position
        while let start = start(text, before: position), next(text, at: start).kind == .space { position = start }
        return position
    }

    /// Where the scalars of one class from `position` on end.
    static func runEnd(_ text: UnsafeBufferPointer<UInt8>, from position: Int, of kind: Kind) -> Int {
        var position = position
        while position < text.count {
            let next = next(text, at: position)
            guard next.kind == kind else { break }
            position = next.end
        }
        return position
    }

    /// Whether the scalar at `position` is `\w`: alphabetic, mark, digit, connector or joiner.
    static func isWord(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
        scalar(text, at: position).scalar.map(isWord) ?? false
    }

    /// Whether a scalar is `\w` in Unicode 16.
    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if let age = properties.age, age.major > 16 { return false }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    /// The scalar that starts at `position` and where it ends; nil for a byte that is not part of valid UTF-8.
    static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (scalar: Unicode.Scalar?, end: Int) {
        if text[position] < 0x80 { return (Unicode.Scalar(text[position]), position + 1) }
        guard let (value, end) = decode(text, at: position) else { return (nil, position + 1) }
        return (Unicode.Scalar(value), end)
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
