/// Changes to the fields of a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
extension Mutation {
    /// One field of the header: a key, a value, a length, what says where a tensor lies; or its bytes.
    mutating func changedGGUF(_ bytes: [UInt8]) -> [UInt8] {
        guard below(4) > 0, let fields = GGUFFields(bytes), !fields.entries.isEmpty else { return changedBytes(bytes) }
        var header = Array(bytes[..<fields.end])
        let entry = pick(fields.entries)
        switch below(8) {
        case 0:
            header.removeSubrange(entry.range)
            fields.count(entry, by: below(4) > 0 ? -1 : 0, in: &header)
        case 1:
            header.insert(contentsOf: header[entry.range], at: pick([entry.range.lowerBound, entry.range.upperBound]))
            fields.count(entry, by: below(4) > 0 ? 1 : 0, in: &header)
        default:
            // The key, type and length of a list are as likely as its many elements.
            let field = pick(below(2) == 0 ? Array(entry.fields.prefix(4)) : entry.fields)
            header.replaceSubrange(field.range, with: changed(Array(header[field.range]), isText: field.isText))
        }
        note("field at \(entry.range.lowerBound)")
        // The data begin at a multiple of 32 bytes, behind a header of any length.
        let data = bytes[min(bytes.count, (fields.end + 31) / 32 * 32)...]
        return header + [UInt8](repeating: 0, count: (32 - header.count % 32) % 32) + data
    }

    private mutating func changed(_ field: [UInt8], isText: Bool) -> [UInt8] {
        if isText {
            let text = pick([Array(text().utf8), Array(field.dropFirst(8)).dropLast() + [0xFF], []])
            return Self.little(UInt64(below(16) == 0 ? Int.max : text.count), 8) + text
        }
        let old = field.indices.reduce(UInt64(0)) { $0 | UInt64(field[$1]) << UInt64(8 * $1) }
        let reals: [UInt64] = [1.0, -1, .nan, .infinity, 1e30, 1e-30].map { (real: Double) in
            field.count == 4 ? UInt64(Float(real).bitPattern) : real.bitPattern
        }
        return Self.little(pick(Self.integers + reals + [old &+ 1, old &- 1, old &* 2, old / 2]), field.count)
    }

    private static func little(_ value: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
}

/// Where the fields of a whole GGUF file stand.
private struct GGUFFields {
    struct Field {
        let range: Range<Int>
        let isText: Bool
    }

    /// A key with its value, or what is said of a tensor.
    struct Entry {
        var range: Range<Int>
        var fields: [Field]
        var isTensor: Bool
    }

    var entries: [Entry] = []
    /// Where the header ends.
    var end = 0
    private let bytes: [UInt8]

    /// Nil for what is no whole file.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.starts(with: Array("GGUF".utf8)) else { return nil }
        end = 24
        guard let tensors = number(8, 8), let values = number(16, 8), tensors < 10_000, values < 10_000 else {
            return nil
        }
        for index in 0..<(values + tensors) {
            let start = end
            var fields: [Field] = []
            guard text(&fields), index < values ? value(&fields) : tensor(&fields) else { return nil }
            entries.append(Entry(range: start..<end, fields: fields, isTensor: index >= values))
        }
    }

    /// Changes the count of entries of a kind.
    func count(_ entry: Entry, by change: Int, in header: inout [UInt8]) {
        let place = entry.isTensor ? 8 : 16
        header[place] = UInt8(truncatingIfNeeded: Int(header[place]) + change)
    }

    private func number(_ place: Int, _ width: Int) -> Int? {
        guard place + width <= bytes.count else { return nil }
        return Int(exactly: (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) })
    }

    private mutating func integer(_ width: Int, _ fields: inout [Field]) -> Int? {
        guard let value = number(end, width) else { return nil }
        fields.append(Field(range: end..<end + width, isText: false))
        end += width
        return value
    }

    private mutating func text(_ fields: inout [Field]) -> Bool {
        guard let length = number(end, 8), length <= bytes.count - end - 8 else { return false }
        fields.append(Field(range: end..<end + 8 + length, isText: true))
        end += 8 + length
        return true
    }

    private mutating func value(_ fields: inout [Field]) -> Bool {
        guard let type = integer(4, &fields) else { return false }
        if type == 8 { return text(&fields) }
        let widths = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
        guard type == 9 else {
            return widths.indices.contains(type) && bytes.count - end >= widths[type] && scalar(widths[type], &fields)
        }
        guard let element = integer(4, &fields), let count = integer(8, &fields), count < 1_000_000 else {
            return false
        }
        for _ in 0..<count {
            guard element == 8 ? text(&fields) : widths.indices.contains(element) && scalar(widths[element], &fields)
            else { return false }
        }
        return true
    }

    /// A number of any bits: one of 64 may be no `Int`.
    private mutating func scalar(_ width: Int, _ fields: inout [Field]) -> Bool {
        guard width > 0, end + width <= bytes.count else { return false }
        fields.append(Field(range: end..<end + width, isText: false))
        end += width
        return true
    }

    private mutating func tensor(_ fields: inout [Field]) -> Bool {
        guard let axes = integer(4, &fields), axes < 8 else { return false }
        return (0..<axes).allSatisfy { _ in scalar(8, &fields) } && scalar(4, &fields) && scalar(8, &fields)
    }
}
