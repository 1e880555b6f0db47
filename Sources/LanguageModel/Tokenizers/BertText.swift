/// What BERT's normalizer and pre-tokenizer ask of a Unicode scalar.
///
/// The `tokenizers` package answers from tables of Unicode 8; the tests compare every scalar.
enum BertText {
    /// Appends a stretch as a step of ``TextNormalizer`` leaves it.
    static func rewrite(_ view: TextView, _ step: TextNormalizer.Step, into out: inout AlignedText) {
        let text = view.bytes
        var position = 0
        while position < text.count {
            let (scalar, end) = ScalarClass.scalar(text, at: position)
            let range = position..<end
            position = end
            guard let scalar else {
                out.copy(range, of: view)
                continue
            }
            switch step {
            case .cleaned where isDropped(scalar): continue
            case .cleaned where scalar.properties.isWhitespace: out.append([UInt8(ascii: " ")], for: range, of: view)
            case .ideographsApart where isIdeograph(scalar):
                out.append([UInt8(ascii: " ")], for: range.lowerBound..<range.lowerBound, of: view)
                out.copy(range, of: view)
                out.append([UInt8(ascii: " ")], for: end..<end, of: view)
            case .lowercase where scalar.isASCII:
                let byte = text[range.lowerBound]
                out.append([0x41...0x5A ~= byte ? byte + 0x20 : byte], for: range, of: view)
            case .lowercase where scalar.properties.changesWhenLowercased:
                out.append(Array(scalar.properties.lowercaseMapping.utf8), for: range, of: view)
            default: out.copy(range, of: view)
            }
        }
    }

    /// Control characters but for the three that count as white space.
    static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 ? !isLineSpace(scalar) : scalar.value == 0x7F }
        if scalar.value == 0xFFFD { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse: return isKnown(scalar)
        default: return false
        }
    }

    private static func isLineSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    /// Marks that strip_accents takes away: Mn of Unicode 8.
    static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x300: false
        // Their category was another one then.
        case 0x1734, 0x1171E: true
        case 0x1885, 0x1886, 0xA9BD, 0x111C9: false
        default: scalar.properties.generalCategory == .nonspacingMark && isKnown(scalar)
        }
    }

    /// Punctuation of Unicode 8, and every symbol of ASCII.
    static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        case 0..<0x80: return false
        case 0x166D, 0x111C9: return true
        default: break
        }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return isKnown(scalar)
        default: return false
        }
    }

    /// The blocks of ideographs that BERT sets apart, with the gap that its authors left.
    static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }

    private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return age.major <= 8
    }
}
