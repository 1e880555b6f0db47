/// What keeps bytes from being text in UTF-8, named so that a user knows what to do.
enum TextCheck {
    /// The UTF-8 byte order mark, dropped wherever a text begins.
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Refuses a text whose first bytes are those of UTF-16 or UTF-32, with a byte order mark or without.
    ///
    /// Without one, every other byte of Latin letters, digits and punctuation is zero.
    static func requireNoWideText(_ bytes: some RandomAccessCollection<UInt8>, place: String) throws {
        let head = Array(bytes.prefix(64))
        let zeros = head.indices.reduce(into: [0, 0]) { $0[$1 % 2] += head[$1] == 0 ? 1 : 0 }
        let encoding: String? =
            if head.starts(with: [0xFF, 0xFE, 0, 0]) || head.starts(with: [0, 0, 0xFE, 0xFF]) {
                "UTF-32"
            } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
                || head.count >= 4 && zeros.min() == 0 && zeros[0] + zeros[1] > head.count / 4
            {
                "UTF-16"
            } else {
                nil
            }
        guard let encoding else { return }
        throw InputError(
            "a text in \(encoding), and UTF-8 is wanted", at: place,
            remedy: "save it as UTF-8, for example with iconv -f \(encoding) -t UTF-8")
    }

    /// What is wrong with a byte that begins no sequence of UTF-8.
    ///
    /// - Parameters:
    ///   - offset: its place in the file.
    ///   - line: the line of the file, counted from 1.
    static func invalid(_ byte: UInt8, offset: Int, line: Int, place: String) -> InputError {
        InputError("invalid UTF-8 at byte \(offset) (\(name(byte)))", at: "\(place) line \(line)", remedy: remedy)
    }

    /// What to do about a text that is not UTF-8; the commonest other encoding stands for all.
    static let remedy = "convert the file to UTF-8, for example with iconv -f WINDOWS-1252 -t UTF-8"

    /// A byte in words: letters of Western Europe have codes from 0xA0 on, in Latin-1 and Windows-1252 alike.
    static func name(_ byte: UInt8) -> String {
        let code = "0x" + String(byte, radix: 16, uppercase: true)
        return byte < 0xA0 ? code : code + ", `\(Character(Unicode.Scalar(byte)))` in Latin-1"
    }

    /// A byte 0 in a text: a file of another kind, or a damaged one.
    static func zero(offset: Int, line: Int, place: String) -> InputError {
        InputError(
            "a NUL byte at byte \(offset), which no text holds", at: "\(place) line \(line)",
            remedy: "check that it is a text file, or use a whole copy")
    }

    /// The index of the first byte of the first invalid sequence; the count when all are valid.
    static func firstInvalid(in bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var index = 0
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): index += scalar.count
            case .error, .emptyInput: return index
            }
        }
    }

    /// The line of an index, counted from 1.
    static func line(of index: Int, in bytes: some Collection<UInt8>) -> Int {
        1 + bytes.prefix(index).count { $0 == 0x0A }
    }
}
