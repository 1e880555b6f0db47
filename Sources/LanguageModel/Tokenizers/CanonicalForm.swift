import Foundation

/// Canonical composition and decomposition, NFC and NFD, as the `tokenizers` package has them: in Unicode 9, so that
/// scalars of later versions stand for themselves.
///
/// Only windows around scalars that can change are worked on.
enum CanonicalForm {
    case composed, decomposed

    /// Whether the text has nothing that could change.
    func leaves(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // Below U+0300 nothing changes under composition, below U+0080 under decomposition.
        let limit: UInt8 = self == .composed ? 0xCC : 0x80
        if text.allSatisfy({ $0 < limit }) { return true }
        var position = 0
        while position < text.count {
            let (scalar, end) = ScalarClass.scalar(text, at: position)
            if let scalar, !isInert(scalar) { return false }
            position = end
        }
        return true
    }

    /// Appends the form of a stretch, of its scalars those that `keep` wants.
    func rewrite(_ view: TextView, into out: inout AlignedText, keep: (Unicode.Scalar) -> Bool = { _ in true }) {
        let text = view.bytes
        var position = 0
        while position < text.count {
            let plain = plainEnd(text, from: position)
            if plain > position {
                out.copy(position..<plain, of: view)
                position = plain
                continue
            }
            let window = position..<windowEnd(text, from: position)
            // Composition and order stay inside of a grapheme, so each maps back to itself.
            for character in String(decoding: text[window], as: UTF8.self) {
                let range = position..<position + character.utf8.count
                var scalars = CanonicalScalars.decomposed(character.unicodeScalars)
                if self == .composed { scalars = CanonicalScalars.composed(scalars) }
                var kept = String.UnicodeScalarView()
                kept.append(contentsOf: scalars.lazy.filter(keep))
                out.append(Array(String(kept).utf8), for: range, of: view)
                position = range.upperBound
            }
        }
    }

    /// The end of what stays as it is: inert scalars with an inert one after them, and whatever the form does not
    /// know.
    private func plainEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var end = start
        while end < text.count {
            let (scalar, next) = ScalarClass.scalar(text, at: end)
            if let scalar, CanonicalScalars.isKnown(scalar) {
                guard isInert(scalar) else { break }
                if next < text.count, let mark = ScalarClass.scalar(text, at: next).scalar, !isInert(mark) { break }
            }
            end = next
        }
        return end
    }

    /// The end of a scalar and of those after it that may change with it.
    private func windowEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var end = ScalarClass.scalar(text, at: start).end
        while end < text.count {
            let (scalar, next) = ScalarClass.scalar(text, at: end)
            guard let scalar, !isInert(scalar) else { break }
            end = next
        }
        return end
    }

    /// Whether a scalar stands for itself, is no mark, and joins nothing in front of it: the common ones of which this
    /// is so.
    private func isInert(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x80: true
        // Latin, Greek and Cyrillic letters, syllables of Hangul, kana.
        case 0..<0x300, 0x388...0x3FF, 0x400...0x482, 0x48A...0x4C0, 0xAC00...0xD7A3, 0x3030...0x3098, 0x309B...0x30FF:
            self == .composed
        // Dashes, quotation marks, currency; ideographs; emoji.
        case 0x2002...0x20CF, 0x3000...0x3029, 0x3400...0x9FFF, 0x1F000...0x1FAFF: true
        default: !CanonicalScalars.isKnown(scalar)
        }
    }
}

/// The canonical forms of a few scalars (Unicode Standard Annex 15, and chapter 3.12 for Hangul).
///
/// Foundation maps single scalars right; whole texts it composes wrongly on Linux: it takes U+10041 for U+0041 before
/// an accent, and leaves a final consonant of Hangul apart.
private enum CanonicalScalars {
    static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x300 { return true }
        guard let age = scalar.properties.age else { return false }
        return age.major <= 9
    }

    /// Decomposed, marks in canonical order.
    static func decomposed(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
        var out: [Unicode.Scalar] = []
        for scalar in scalars {
            if scalar.isASCII || !isKnown(scalar) {
                out.append(scalar)
            } else {
                out += String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars
            }
        }
        var index = 1
        while index < out.count {
            // Insertion sort, which keeps the order of marks of one class.
            var place = index
            let rank = order(out[index])
            while rank > 0, place > 0, order(out[place - 1]) > rank {
                out.swapAt(place, place - 1)
                place -= 1
            }
            index += 1
        }
        return out
    }

    /// Decomposed scalars, composed.
    static func composed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var out: [Unicode.Scalar] = []
        var starter: Int?
        for scalar in scalars {
            let rank = order(scalar)
            if let place = starter {
                // A mark of the same class in between, or any scalar before a starter, keeps the two apart.
                let isNext = place == out.count - 1
                let isBlocked = !isNext && (rank == 0 || out.last.map(order) ?? 0 >= rank)
                if !isBlocked, let whole = pair(out[place], scalar) {
                    out[place] = whole
                    continue
                }
            }
            if rank == 0 { starter = out.count }
            out.append(scalar)
        }
        return out
    }

    private static func order(_ scalar: Unicode.Scalar) -> UInt8 {
        isKnown(scalar) ? scalar.properties.canonicalCombiningClass.rawValue : 0
    }

    private static func pair(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        let (a, b) = (first.value, second.value)
        if 0x1100..<0x1113 ~= a, 0x1161..<0x1176 ~= b {
            return Unicode.Scalar(0xAC00 + ((a - 0x1100) * 21 + b - 0x1161) * 28)
        }
        if 0xAC00..<0xD7A4 ~= a, (a - 0xAC00) % 28 == 0, 0x11A8..<0x11C3 ~= b {
            return Unicode.Scalar(a + b - 0x11A7)
        }
        return pairs[UInt64(a) << 32 | UInt64(b)]
    }

    /// Two scalars to the one that they compose to, from where such scalars stand.
    private static let pairs: [UInt64: Unicode.Scalar] = {
        var out: [UInt64: Unicode.Scalar] = [:]
        for range in [0xC0..<0x2000, 0x2190..<0x2300, 0x3040..<0x3100, 0x11080..<0x115C0] as [Range<UInt32>] {
            for scalar in range.lazy.compactMap(Unicode.Scalar.init) where isKnown(scalar) {
                let text = String(Character(scalar))
                var parts = Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
                // What does not come back when it is composed is excluded from composition.
                guard parts.count > 1, text.precomposedStringWithCanonicalMapping.unicodeScalars.elementsEqual([scalar])
                else { continue }
                let last = parts.removeLast()
                var front = String.UnicodeScalarView()
                front.append(contentsOf: parts)
                let first = Array(String(front).precomposedStringWithCanonicalMapping.unicodeScalars)
                if first.count == 1 { out[UInt64(first[0].value) << 32 | UInt64(last.value)] = scalar }
            }
        }
        return out
    }()
}
