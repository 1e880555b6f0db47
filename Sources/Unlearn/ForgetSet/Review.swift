import FileSupport

/// The chosen words and tokens, written out for a person to check.
///
/// One JSON object a line and sentence, in the form that ``AnnotationSelection`` reads: a reviewer can strike
/// words and give the file back. Where several domains are forgotten, each line says of which one its row is.
public enum Review {
    /// The lines of the review.
    ///
    /// - Parameter shown: words in full; otherwise their first letter and length, so that the file can be passed on.
    public static func rows(of set: ForgetSet, shown: Bool = false) -> [JSON] {
        let isOne = Set(set.sentences.map(\.domain)).count < 2
        return set.sentences.map { sentence in
            let words = sentence.harmful.map { word -> JSON in
                [
                    "word": .string(shown ? word.text : redacted(word.text)),
                    "bytes": [.integer(word.bytes.lowerBound), .integer(word.bytes.upperBound)],
                    "tokens": .array(word.positions.map { .integer(Int(sentence.tokens[$0])) }),
                ]
            }
            let domain = isOne ? nil : sentence.domain
            return .object(
                (domain.map { [("domain", .string($0))] } ?? []) + [
                    ("row", .string(sentence.id)), ("sha256", .string(sentence.sha256)), ("words", .array(words)),
                ])
        }
    }

    /// Writes the review as JSON lines.
    ///
    /// - Throws: `UnfinishedError` when the disk refuses.
    public static func write(_ set: ForgetSet, shown: Bool = false, to path: String) throws {
        let lines = rows(of: set, shown: shown).map { $0.compact + "\n" }
        try AtomicFile.write(lines.joined(), to: path)
    }

    /// The first letter of a word and its length: `s(6)`.
    public static func redacted(_ word: String) -> String {
        word.isEmpty ? "" : "\(word.prefix(1))(\(word.unicodeScalars.count))"
    }
}
