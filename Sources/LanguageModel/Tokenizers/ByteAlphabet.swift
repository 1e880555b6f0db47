/// The alphabet in which GPT-2 spells bytes, one printable character a byte (`bytes_to_unicode` in OpenAI's encoder).
///
/// Printable Latin-1 stands for itself; the other 68 bytes take the characters from U+0100 on, so that a space is `Ġ`
/// and a line feed `Ċ`.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { (byte: UInt32) in
            if isPrintable(byte), let scalar = Unicode.Scalar(byte) { return scalar }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()

    /// All bytes by the code point of their character: the order of the first 256 ids of GPT-2.
    static let order: [UInt8] = (0...255).sorted { scalars[Int($0)] < scalars[Int($1)] }

    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: scalars.enumerated().map { ($1, UInt8($0)) })

    static func spelling(of bytes: some Sequence<UInt8>) -> String {
        var out = String.UnicodeScalarView()
        for byte in bytes { out.append(scalars[Int(byte)]) }
        return String(out)
    }

    /// The bytes that a spelling stands for; nil when it holds a character outside of the alphabet.
    static func bytes(ofSpelling key: String) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(key.utf8.count)
        for scalar in key.unicodeScalars {
            if scalar.value > 0x20, scalar.value < 0x7F {
                out.append(UInt8(scalar.value))
            } else if let byte = bytes[scalar] {
                out.append(byte)
            } else {
                return nil
            }
        }
        return out
    }

    private static func isPrintable(_ byte: UInt32) -> Bool {
        0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
    }
}
