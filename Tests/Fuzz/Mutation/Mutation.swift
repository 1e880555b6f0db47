import FileSupport
import LinearAlgebra

/// Changes to a file, chosen by a seed: first to what the file's format is made of, so that most of them get past its
/// parser, sometimes to its bytes.
struct Mutation {
    private(set) var random: RandomStream
    /// What was changed, in words.
    private(set) var changes: [String] = []

    init(seed: UInt64, label: String) { random = RandomStream(seed: seed, label: label) }

    mutating func below(_ count: Int) -> Int { random.index(below: max(count, 1)) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
    mutating func note(_ change: String) { changes.append(String(change.prefix(80))) }

    /// What is kept of a file, in bytes.
    private static let largest = 8 << 20

    /// A file's content, changed as its name says that it is to be read.
    mutating func changed(_ bytes: [UInt8], name: String) -> [UInt8] {
        Array(changedWhole(bytes, name: name).prefix(Self.largest))
    }

    private mutating func changedWhole(_ bytes: [UInt8], name: String) -> [UInt8] {
        var out = bytes
        // Now and then the plain bytes: every reader meets them.
        if below(10) == 0 { return changedBytes(out) }
        for _ in 0..<pick([1, 1, 1, 2, 3]) {
            switch name.split(separator: ".").last.map(String.init) ?? "" {
            case "json", "jsonl": out = changedJSONLines(out)
            case "safetensors", "state": out = changedSafetensors(out)
            case "gguf": out = changedGGUF(out)
            case "csv", "tsv", "txt", "yaml": out = changedText(out)
            // What has no ending holds bare numbers.
            default: out = changedBytes(out)
            }
        }
        return out
    }

    // MARK: Values

    static let numbers = [
        "0", "1", "-1", "2", "3", "7", "-0", "0.5", "255", "256", "65535", "65536", "1000000", "2147483647",
        "2147483648", "-2147483648", "4294967296", "1099511627776", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "1e308", "1e309", "-1e308", "1e-320", "1e18", "1e19",
        "0.1e-400",
    ]

    /// A text of few or many characters that some code takes for something else.
    mutating func text() -> String {
        switch below(12) {
        case 0: String(repeating: pick(["a", "é", " ", "x/", "9"]), count: pick([201, 3_000, 300_000]))
        case 1:
            String(repeating: pick(["[", "{\"a\":", "(", "\"", "\\", "&a ", "*a "]), count: pick([33, 600, 100_000]))
        default:
            pick([
                "", " ", "x", "a/b", "..", ".", "/", "../../x", "\0", "a\0b", "\u{1B}[31m", "\u{7F}", "\u{202E}abc",
                "e\u{301}", "é", "😀", "\u{FEFF}", "\u{FFFD}", "<script>", "=1+1", "%00", "%2F", "\\", "\\u0000", "'",
                "\"", "`", "|", "null", "true", "NaN", "inf", "-inf", "0x1F", "gender", "race", "before", "all", "none",
                "built-in", "{}", "[]", "\n", "\r\n", "\t", "a: b", "- a", "#", "&a", "*a", "!!int 1", "~",
            ])
        }
    }

    // MARK: Bytes

    /// Whole numbers that lengths, offsets and counts are confused by.
    static let integers: [UInt64] = [
        0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x1_0000_0000, 0x4000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
        0xFFFF_FFFF_FFFF_FFF8, 0x2000_0000_0000_0001,
    ]

    mutating func changedBytes(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        guard !out.isEmpty else { return [UInt8(below(256))] }
        for _ in 0...below(4) {
            // Most of what is read with care lies in the beginning.
            let place = below(2) == 0 ? below(out.count) : below(min(out.count, pick([32, 256, 4096])))
            switch below(11) {
            case 0, 1: out[place] ^= 1 << UInt8(below(8))
            case 2: out[place] = pick([0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, UInt8(below(256))])
            case 3, 4, 5: putInteger(at: place, in: &out)
            case 6: out.removeSubrange(place..<min(out.count, place + pick([1, 2, 4, 8, 100])))
            case 7: out.insert(contentsOf: (0..<pick([1, 4, 8, 1000])).map { _ in UInt8(below(256)) }, at: place)
            case 8:
                let span = out[place..<min(out.count, place + pick([1, 8, 64, 1024]))]
                for _ in 0..<pick([1, 2, 64]) { out.insert(contentsOf: span, at: place) }
            case 9:
                out.replaceSubrange(
                    place..<place, with: pick([[0], [0xC3], [0xFF, 0xFE], [0xED, 0xA0, 0x80], [0xF5]]))
            default: if below(3) == 0 { out.removeSubrange(place...) } else { out[place] = UInt8(below(256)) }
            }
            note("byte \(place)")
            guard !out.isEmpty else { break }
        }
        return out
    }

    /// Puts another number in the place of one that may be a length: one that is neither 0 nor beyond the file.
    private mutating func putInteger(at start: Int, in bytes: inout [UInt8]) {
        let width = pick([2, 4, 8])
        var place = start
        for candidate in start..<min(start + 200, max(start, bytes.count - width)) {
            let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[candidate + $1]) << UInt64(8 * $1) }
            if 1...UInt64(bytes.count) ~= value {
                place = candidate
                break
            }
        }
        guard place + width <= bytes.count else { return }
        let old = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
        let value = pick(Self.integers + [old &+ 1, old &- 1, old &* 2, UInt64(bytes.count), UInt64(below(64))])
        for byte in 0..<width { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
    }

    // MARK: Text

    /// Tokens and lines of a text, changed, repeated, exchanged or taken away.
    mutating func changedText(_ bytes: [UInt8]) -> [UInt8] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        // Half of the time the first lines: headers, and what comes before everything else.
        let line = below(2) == 0 ? below(lines.count) : below(min(lines.count, 3))
        switch below(12) {
        case 0: lines.remove(at: line)
        case 1:
            let count = min(pick([1, 2, 500]), 1 + Self.largest / max(1, lines[line].count))
            lines.insert(contentsOf: repeatElement(lines[line], count: count), at: line)
        case 2: lines.swapAt(line, below(lines.count))
        case 3: lines[line] = Array(lines[line].prefix(below(lines[line].count + 1)))
        default: lines[line] = changedTokens(lines[line], of: lines[below(lines.count)])
        }
        note("line \(line + 1)")
        return Array(lines.joined(separator: [0x0A]))
    }

    /// Where the tokens of a line are: words, and every other byte by itself.
    private static func tokens(_ line: [UInt8]) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var isWord = false
        for (place, byte) in line.enumerated() {
            let inWord =
                byte >= 0x80 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || 0x30...0x39 ~= byte || byte == 0x5F
            let start = inWord && isWord ? out.removeLast().lowerBound : place
            out.append(start..<place + 1)
            isWord = inWord
        }
        return out
    }

    private mutating func changedTokens(_ line: [UInt8], of other: [UInt8]) -> [UInt8] {
        let tokens = Self.tokens(line)
        guard !tokens.isEmpty else { return Array(text().utf8) }
        let token = pick(tokens)
        let others = Self.tokens(other)
        var out = line
        switch below(10) {
        case 0, 1: out.replaceSubrange(token, with: Array(pick(Self.numbers).utf8))
        case 2, 3: out.replaceSubrange(token, with: Array(text().utf8))
        case 4: out.removeSubrange(token)
        case 5:
            // About what is kept of a file, and no more: a token may be a line of megabytes.
            let count = min(pick([1, 2, 50_000]), 1 + Self.largest / token.count)
            out.insert(contentsOf: repeatElement(line[token], count: count).joined(), at: token.lowerBound)
        case 6:
            let with = pick(tokens)
            let (first, second) = token.lowerBound < with.lowerBound ? (token, with) : (with, token)
            guard first != second else { break }
            out.replaceSubrange(second, with: line[first])
            out.replaceSubrange(first, with: line[second])
        case 7 where !others.isEmpty: out.replaceSubrange(token, with: other[pick(others)])
        case 8:
            out.replaceSubrange(
                token, with: pick([[0], [0xC3], [0xFF], [0xED, 0xA0, 0x80], [0x0D], [0x22], [0x09], [0x2C]]))
        default:
            out.insert(
                contentsOf: pick([[0x22], [0x2C], [0x3A], [0x7B], [0x5D], [0x2D], [0x20], [0x27]]),
                at: token.lowerBound)
        }
        return out
    }
}
