import FileSupport

/// Changes to JSON, and to formats that have some in them.
extension Mutation {
    /// One value of a file with a value a line, or the only one of a file.
    mutating func changedJSONLines(_ bytes: [UInt8]) -> [UInt8] {
        if let whole = try? JSON.parse(bytes, place: "") { return changedText(of: whole) }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let line = below(lines.count)
        guard below(4) > 0, let value = try? JSON.parse(lines[line], place: "") else { return changedText(bytes) }
        lines[line] = changedText(of: value)
        return Array(lines.joined(separator: [0x0A]))
    }

    /// The header of a safetensors file, its length, or the bytes behind it.
    mutating func changedSafetensors(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 8, below(4) > 0 else { return changedBytes(bytes) }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
        guard length <= UInt64(bytes.count - 8) else { return changedBytes(bytes) }
        let end = 8 + Int(length)
        let header: [UInt8]
        if let value = try? JSON.parse(Array(bytes[8..<end]), place: "") {
            header = changedText(of: value)
        } else {
            header = changedText(Array(bytes[8..<end]))
        }
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + bytes[end...]
    }

    private mutating func changedText(of value: JSON) -> [UInt8] {
        var pieces: [String] = []
        var text = changed(value, depth: 0, &pieces).compact
        for (index, piece) in pieces.enumerated() { text = text.replacing("\"\(Self.mark(index))\"", with: piece) }
        return Array(text.utf8)
    }

    /// What stands for text that ``JSON`` could not hold.
    private static func mark(_ index: Int) -> String { "@piece \(index)@" }

    /// Goes down to some value and changes it there; each member of an object is as likely, however much it holds.
    private mutating func changed(_ value: JSON, depth: Int, _ pieces: inout [String]) -> JSON {
        switch value {
        case .object(var members) where !members.isEmpty && below(5) > 0:
            let place = below(members.count)
            if below(4) > 0 || depth == 0 && below(2) == 0 {
                members[place].1 = changed(members[place].1, depth: depth + 1, &pieces)
                return .object(members)
            }
            note("member \(members[place].0)")
            switch below(6) {
            case 0: members.remove(at: place)
            case 1: members.append(members[place])
            case 2: members[place].0 = text()
            case 3: members[place].0 = members[below(members.count)].0
            case 4: (members[place].1, members[0].1) = (members[0].1, members[place].1)
            default: members.insert((text(), members[place].1), at: place)
            }
            return .object(members)
        case .array(var elements) where !elements.isEmpty && below(5) > 0:
            let place = below(elements.count)
            note("element \(place)")
            switch below(12) {
            case 0: elements.remove(at: place)
            case 1: elements.insert(contentsOf: repeatElement(elements[place], count: pick([1, 3, 1000])), at: place)
            case 2: elements.swapAt(place, below(elements.count))
            case 3: elements = []
            default: elements[place] = changed(elements[place], depth: depth + 1, &pieces)
            }
            return .array(elements)
        default: return leaf(in: value, &pieces)
        }
    }

    private mutating func leaf(in old: JSON, _ pieces: inout [String]) -> JSON {
        func piece(_ text: String) -> JSON {
            pieces.append(text)
            return .string(Self.mark(pieces.count - 1))
        }
        let isNumber: Bool
        switch old {
        case .integer, .number: isNumber = true
        default: isNumber = false
        }
        note("value \(old.compact.prefix(40))")
        switch below(isNumber ? 10 : 12) {
        case 0: return .null
        case 1: return pick([[], [:], [[]], [nil], ["": nil], true, false, ""])
        case 2:
            let (open, close) = pick([("[", "]"), ("{\"a\":", "}")])
            let count = pick([20, 600, 100_000])
            return piece(String(repeating: open, count: count) + "0" + String(repeating: close, count: count))
        case 3:
            return piece(pick(["\"\\ud800\"", "\"\\u0000\"", "01", "+1", "NaN", "\"\u{7}\"", "1.", ".5", "\"", "tru"]))
        case 4...7 where isNumber: return piece(pick(Self.numbers))
        case 8, 9:
            switch old {
            case .integer(let number): return .integer(number &+ pick([1, -1, number, 1000]))
            case .number(let number): return .number(number * pick([-1, 2, 1e6, 1e-6]))
            case .string(let word): return .string(pick([word + text(), String(word.dropLast()), text() + word]))
            default: return .array([old])
            }
        case 4, 5: return piece(pick(Self.numbers))
        default: return .string(text())
        }
    }
}
