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
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
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
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            throw failure("NaN and Infinity are not JSON", remedy: "write null or a finite number")
        default: throw failure("no JSON value starts like this")
        }
    }

    private mutating func object() throws -> JSON {
        try descend()
        var members: [(String, JSON)] = []
        var keys = KeySet()
        skipSpace()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return .object([])
        }
        while true {
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw failure("a key in double quotes is wanted") }
            let key = try text()
            guard keys.insert(key, into: members) else {
                throw failure("the key \"\(key)\" stands twice in one object", at: start, remedy: "remove one of them")
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure("a colon is wanted after a key") }
            skipSpace()
            members.append((key, try value()))
            skipSpace()
            if take(UInt8(ascii: "}")) { break }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma or } is wanted after a member") }
            skipSpace()
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws -> JSON {
        try descend()
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return .array([])
        }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { break }
            guard take(UInt8(ascii: ",")) else { throw failure("a comma or ] is wanted after an element") }
            skipSpace()
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func descend() throws {
        position += 1
        depth += 1
        guard depth <= JSON.depthLimit else { throw failure("nested deeper than \(JSON.depthLimit)") }
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
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(UnsafeBufferPointer(rebasing: bytes[first..<position]), from: first)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedText(from: first, start: start) }
            guard byte >= 0x20 else { throw failure("a raw control character in a text") }
            position += 1
        }
        throw failure("a text without its closing quote", at: start, remedy: "the file may be cut off")
    }

    private mutating func escapedText(from first: Int, start: Int) throws -> String {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: bytes[first..<position])
        while position < bytes.count {
            let byte = bytes[position]
            guard byte >= 0x20 else { throw failure("a raw control character in a text") }
            position += 1
            if byte == UInt8(ascii: "\"") {
                return try scratch.withUnsafeBufferPointer { try validated($0, from: first) }
            }
            if byte == UInt8(ascii: "\\") { try escape() } else { scratch.append(byte) }
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
            throw failure("invalid UTF-8 in a text", at: first, remedy: "convert the file to UTF-8")
        }
        return valid
    }

    private mutating func word(_ expected: StaticString) throws {
        for index in 0..<expected.utf8CodeUnitCount {
            guard position + index < bytes.count, bytes[position + index] == expected.utf8Start[index] else {
                throw failure("a word that is not JSON; \(expected) is near")
            }
        }
        position += expected.utf8CodeUnitCount
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

/// The keys of one object so far, by bytes: a scan while they are few, a hash table of member indices afterwards.
private struct KeySet {
    /// Index of a member plus one; zero marks a free slot. The count is a power of two, at most half full.
    private var slots: [Int32] = []

    /// Whether `key` is new among the keys of `members`; it is expected to become the next member.
    mutating func insert(_ key: String, into members: [(String, JSON)]) -> Bool {
        if members.count < 16 { return !members.contains { $0.0.utf8.elementsEqual(key.utf8) } }
        if slots.count < 2 * (members.count + 1) {
            slots = [Int32](repeating: 0, count: max(64, slots.count * 4))
            for (index, member) in members.enumerated() { _ = place(member.0, index: index, members: members) }
        }
        return place(key, index: members.count, members: members)
    }

    private mutating func place(_ key: String, index: Int, members: [(String, JSON)]) -> Bool {
        var slot = hash(key) & (slots.count - 1)
        while slots[slot] != 0 {
            if members[Int(slots[slot]) - 1].0.utf8.elementsEqual(key.utf8) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(index + 1)
        return true
    }

    private func hash(_ key: String) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}
