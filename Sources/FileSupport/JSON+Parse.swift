extension JSON {
    /// How deep lists and objects may nest.
    public static let depthLimit = 256

    /// Reads one JSON text (RFC 8259), strictly.
    ///
    /// Refused: invalid UTF-8, a key twice in one object (by bytes), `NaN` and other words that are not JSON, numbers
    /// outside of double precision, lone surrogates, raw control characters in texts, nesting beyond
    /// ``depthLimit``, anything after the value. A byte order mark at the start is skipped.
    ///
    /// - Parameter place: the file or other source, for messages.
    /// - Throws: ``InputError`` with the line and the byte offset.
    public static func parse(_ bytes: [UInt8], place: String) throws -> JSON {
        try bytes.withUnsafeBufferPointer { buffer in try parse(buffer, place: place) }
    }

    /// Reads one JSON text out of memory that the caller holds.
    public static func parse(_ buffer: UnsafeBufferPointer<UInt8>, place: String) throws -> JSON {
        var parser = JSONParser(buffer, place: place)
        return try parser.document()
    }

    /// Reads a JSON file.
    ///
    /// - Throws: ``InputError`` when it is missing or is not JSON.
    public static func read(_ path: String) throws -> JSON {
        try parse(Input.bytes(path), place: path)
    }
}

/// A recursive descent over bytes.
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let place: String
    private var position = 0
    private var depth = 0
    /// Bytes of the text being unescaped, kept to save allocations.
    private var scratch: [UInt8] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, place: String) {
        self.bytes = bytes
        self.place = place
    }

    mutating func document() throws -> JSON {
        try TextCheck.requireNoWideText(bytes, place: place)
        if bytes.starts(with: TextCheck.mark) { position = 3 }
        skipSpace()
        guard position < bytes.count else { throw failure("nothing there where JSON is wanted") }
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the JSON value") }
        return value
    }

    private mutating func value() throws -> JSON {
        guard let first = peek else {
            throw failure("the text ends where a value is wanted", remedy: "the file may be cut off")
        }
        switch first {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            throw failure("NaN and Infinity are not JSON", remedy: "write null or a finite number")
        default: throw failure("no JSON value starts like this")
        }
    }

    private mutating func object() throws -> JSON {
        var members: [(String, JSON)] = []
        var keys = KeySet()
        try list(closing: "}", "a member") { parser in
            let start = parser.position
            guard parser.peek == UInt8(ascii: "\"") else { throw parser.failure("a key in double quotes is wanted") }
            let key = try parser.text()
            guard keys.insert(key, into: members) else {
                throw parser.failure(
                    "the key \"\(key)\" stands twice in one object", at: start, remedy: "remove one of them")
            }
            parser.skipSpace()
            guard parser.take(UInt8(ascii: ":")) else { throw parser.failure("a colon is wanted after a key") }
            parser.skipSpace()
            members.append((key, try parser.value()))
        }
        return .object(members)
    }

    private mutating func array() throws -> JSON {
        var elements: [JSON] = []
        try list(closing: "]", "an element") { elements.append(try $0.value()) }
        return .array(elements)
    }

    /// Reads items with commas between up to a closing bracket.
    private mutating func list(
        closing: Unicode.Scalar, _ name: String, item: (inout JSONParser) throws -> Void
    ) throws {
        position += 1
        depth += 1
        guard depth <= JSON.depthLimit else { throw failure("nested deeper than \(JSON.depthLimit)") }
        defer { depth -= 1 }
        skipSpace()
        if take(UInt8(ascii: closing)) { return }
        while true {
            try item(&self)
            skipSpace()
            if take(UInt8(ascii: closing)) { return }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma or \(closing) is wanted after \(name)") }
            skipSpace()
        }
    }

    private mutating func number() throws -> JSON {
        let start = position
        let negative = take(UInt8(ascii: "-"))
        guard let first = peek, isDigit(first) else { throw failure("a digit is wanted after the minus sign") }
        position += 1
        if first == UInt8(ascii: "0") {
            if let next = peek, isDigit(next) { throw failure("a number with a leading zero", at: start) }
        } else {
            skipDigits()
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            guard let next = peek, isDigit(next) else { throw failure("a digit is wanted after the decimal point") }
            skipDigits()
        }
        if let mark = peek, mark | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard let next = peek, isDigit(next) else { throw failure("a digit is wanted in the exponent") }
            skipDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int(text), !(negative && value == 0) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw failure("the number \(text) is outside of double precision", at: start)
        }
        return .number(value)
    }

    private mutating func text() throws -> String {
        let start = position
        position += 1
        let first = position
        var hasEscapes = false
        while let byte = peek {
            guard byte >= 0x20 else { throw failure("a raw control character in a text") }
            position += 1
            if byte == UInt8(ascii: "\"") {
                let plain = UnsafeBufferPointer(rebasing: bytes[first..<position - 1])
                return hasEscapes
                    ? try scratch.withUnsafeBufferPointer { try validated($0, from: first) }
                    : try validated(plain, from: first)
            }
            if byte == UInt8(ascii: "\\") {
                if !hasEscapes {
                    scratch.removeAll(keepingCapacity: true)
                    scratch.append(contentsOf: bytes[first..<position - 1])
                }
                hasEscapes = true
                try escape()
            } else if hasEscapes {
                scratch.append(byte)
            }
        }
        throw failure("a text without its closing quote", at: start, remedy: "the file may be cut off")
    }

    private mutating func escape() throws {
        guard let byte = peek else { throw failure("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "u"):
            let place = position - 2
            var code = try fourHexDigits()
            if 0xD800...0xDBFF ~= code, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let low = try fourHexDigits()
                guard 0xDC00...0xDFFF ~= low else { throw failure("a lone surrogate", at: place) }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("a lone surrogate", at: place) }
            scratch.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw failure("an unknown escape", at: position - 2)
        }
    }

    private mutating func fourHexDigits() throws -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits are wanted after \\u")
            }
            code = (code << 4) + UInt32(digit)
            position += 1
        }
        return code
    }

    private func validated(_ text: UnsafeBufferPointer<UInt8>, from first: Int) throws -> String {
        guard let valid = String(validating: text, as: UTF8.self) else {
            let raw = Array(text)
            let byte = TextCheck.name(raw[TextCheck.firstInvalid(in: raw)])
            throw failure("invalid UTF-8 in a text (\(byte))", at: first, remedy: TextCheck.remedy)
        }
        return valid
    }

    private mutating func word(_ expected: StaticString, _ value: JSON) throws -> JSON {
        for index in 0..<expected.utf8CodeUnitCount {
            guard position + index < bytes.count, bytes[position + index] == expected.utf8Start[index] else {
                throw failure("a word that is not JSON; \(expected) is near")
            }
        }
        position += expected.utf8CodeUnitCount
        return value
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func skipDigits() {
        while let byte = peek, isDigit(byte) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private func failure(_ what: String, at offset: Int? = nil, remedy: String = "correct the JSON") -> InputError {
        let offset = min(offset ?? position, bytes.count)
        let line = 1 + bytes[..<offset].count { $0 == 0x0A }
        return InputError(what, at: "\(place), line \(line), byte \(offset)", remedy: remedy)
    }
}

/// The keys of one object so far, by bytes: a scan while they are few, a set afterwards.
private struct KeySet {
    private var keys: Set<[UInt8]> = []

    /// Whether `key` is new among the keys of `members`; it is expected to become the next member.
    mutating func insert(_ key: String, into members: [(String, JSON)]) -> Bool {
        if members.count < 16 { return !members.contains { $0.0.utf8.elementsEqual(key.utf8) } }
        if keys.isEmpty { keys = Set(members.map { Array($0.0.utf8) }) }
        return keys.insert(Array(key.utf8)).inserted
    }
}
