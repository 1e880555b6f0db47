extension JSON {
    /// The value as text with two spaces a level and a line break at the end.
    public var pretty: String { written(indented: true) + "\n" }

    /// The value as text in one line, without spaces.
    public var compact: String { written(indented: false) }

    private func written(indented: Bool) -> String {
        var out: [UInt8] = []
        write(into: &out, level: indented ? 0 : nil)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(into out: inout [UInt8], level: Int?) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let value): out += String(value).utf8
        case .number(let value): out += JSON.text(of: value).utf8
        case .string(let value): JSON.write(value, into: &out)
        case .array(let elements):
            // Lists of plain values stay in one line: vectors and ids would fill screens otherwise.
            let level = elements.contains(where: \.isContainer) ? level : nil
            JSON.writeList(elements, "[", "]", into: &out, level: level) { element, out, level in
                element.write(into: &out, level: level)
            }
        case .object(let members):
            JSON.writeList(members, "{", "}", into: &out, level: level) { member, out, level in
                JSON.write(member.0, into: &out)
                out += (level == nil ? ":" : ": ").utf8
                member.1.write(into: &out, level: level)
            }
        }
    }

    private var isContainer: Bool {
        switch self {
        case .array(let elements): !elements.isEmpty
        case .object(let members): !members.isEmpty
        default: false
        }
    }

    private static func writeList<T>(
        _ items: [T], _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, into out: inout [UInt8], level: Int?,
        item: (T, inout [UInt8], Int?) -> Void
    ) {
        func newLine(_ level: Int) { out += [0x0A] + [UInt8](repeating: 0x20, count: 2 * level) }
        out.append(UInt8(ascii: opening))
        for (index, element) in items.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            if let level { newLine(level + 1) }
            item(element, &out, level.map { $0 + 1 })
        }
        if let level, !items.isEmpty { newLine(level) }
        out.append(UInt8(ascii: closing))
    }

    /// The shortest text that reads back as the same double; non-finite numbers as quoted words.
    public static func text(of value: Double) -> String {
        if value.isNaN { return "\"NaN\"" }
        if value.isInfinite { return value < 0 ? "\"-inf\"" : "\"inf\"" }
        return value.description
    }

    private static func write(_ text: String, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out += "\\\"".utf8
            case UInt8(ascii: "\\"): out += "\\\\".utf8
            case 0x0A: out += "\\n".utf8
            case 0x0D: out += "\\r".utf8
            case 0x09: out += "\\t".utf8
            case 0..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                out += ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
