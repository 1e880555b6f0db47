// Numbers are written as the shortest texts that read back as the same doubles. JSON has none for those that are not
// finite: they are null, and a member beside says what they were, as in `"kl": null, "kl_not_finite": "inf"`.

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
        case .number(let value): out += (value.isFinite ? value.description : "null").utf8
        case .string(let value): JSON.write(value, into: &out)
        case .array(let elements):
            // Lists of plain values stay in one line: vectors and ids would fill screens otherwise.
            let level = elements.contains(where: \.isContainer) ? level : nil
            JSON.writeList(elements, "[", "]", into: &out, level: level) { element, out, level in
                element.write(into: &out, level: level)
            }
        case .object(let members):
            JSON.writeList(JSON.explained(members), "{", "}", into: &out, level: level) { member, out, level in
                JSON.write(member.0, into: &out)
                out += (level == nil ? ":" : ": ").utf8
                member.1.write(into: &out, level: level)
            }
        }
    }

    /// What follows the key of a number that is not finite in the key of the member that says so.
    package static let notFiniteSuffix = "_not_finite"

    /// The members, and after each that holds numbers which are not finite one that says which: `"x": null` alone would
    /// say that there is none.
    private static func explained(_ members: [(String, JSON)]) -> [(String, JSON)] {
        members.flatMap { key, value in
            let faults = value.notFinite
            return faults.isEmpty
                ? [(key, value)] : [(key, value), (key + notFiniteSuffix, .string(faults.joined(separator: ", ")))]
        }
    }

    /// The numbers of a value or of its lists that are not finite, in words, with their indices in the lists.
    private var notFinite: [String] {
        switch self {
        case .number(let value) where !value.isFinite: [value.isNaN ? "NaN" : value < 0 ? "-inf" : "inf"]
        case .array(let elements):
            elements.enumerated().flatMap { index, element in
                element.notFinite.map { fault in
                    if case .array = element { return fault.replacing(" at ", with: " at \(index).") }
                    return "\(fault) at \(index)"
                }
            }
        default: []
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
