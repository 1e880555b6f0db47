/// The words of a text: maximal runs of letters, marks and digits, folded to lower case, with their places.
///
/// Everything else (white space, hyphens, apostrophes, punctuation, control characters) stands between words, so that
/// `women's` holds the word `women` and `step-by-step` three words.
struct TextWords {
    /// One word: its folded spelling and its place in the UTF-8 bytes of the text.
    struct Word: Equatable {
        var folded: String
        var bytes: Range<Int>
    }

    /// The words in order.
    let words: [Word]
    /// For every word but the last, whether only spaces, hyphens and apostrophes stand between it and the next: such
    /// words can make a phrase.
    let joinsNext: [Bool]

    init(_ text: String) {
        var words: [Word] = []
        var joins: [Bool] = []
        var folded = ""
        var start = 0
        var offset = 0
        var joined = true
        func finish() {
            guard !folded.isEmpty else { return }
            words.append(Word(folded: folded, bytes: start..<offset))
            folded = ""
            joined = true
        }
        for scalar in text.unicodeScalars {
            if Self.isWord(scalar) {
                if folded.isEmpty {
                    start = offset
                    if !words.isEmpty { joins.append(joined) }
                }
                folded += scalar.properties.lowercaseMapping
            } else {
                finish()
                if !Self.isJoint(scalar) { joined = false }
            }
            offset += UTF8.width(scalar)
        }
        finish()
        self.words = words
        joinsNext = joins
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return (0x61...0x7A).contains(scalar.value) || (0x41...0x5A).contains(scalar.value)
                || (0x30...0x39).contains(scalar.value)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber:
            return true
        default: return false
        }
    }

    private static func isJoint(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\n", "\r", "\u{A0}", "-", "'", "\u{2010}", "\u{2011}", "\u{2019}": true
        default: false
        }
    }
}
