import Analyze
import FileSupport

/// Whether text that may hurt is printed.
package enum TextPolicy: String, Codable, Sendable, CaseIterable {
    /// Row, short hash and first letter stand for the text.
    case redacted
    /// The text is printed as it is.
    case shown
}

/// Stands a short, checkable token in the place of text that may hurt.
package enum Redaction {
    /// The text under `policy`: itself, or for example `row 17 · w… · 3fa1b2c4`.
    ///
    /// The hash is the first 8 hexadecimal digits of the SHA-256 of the UTF-8 bytes, so a reader who has the file can
    /// find the row and check that it is the same text; the first letter helps the eye tell rows apart.
    package static func text(_ text: String, row: Int, policy: TextPolicy) -> String {
        policy == .shown ? text.oneLine : "row \(row) · " + word(text, policy: policy)
    }

    /// A single word under `policy`: itself, or first letter and short hash.
    package static func word(_ word: String, policy: TextPolicy) -> String {
        guard policy == .redacted else { return word.oneLine }
        // Only a letter is let through: other first characters (quotes, digits, emoji) tell the eye nothing.
        let letter = word.first(where: \.isLetter).map { String($0) + "…" } ?? "…"
        return letter + " · " + SHA256Hex.of(word).prefix(8)
    }

    /// A forgotten word by itself; a row, whose text is not at hand, by its id and the digest of its text:
    /// `id 17 · 3fa1b2c4`.
    ///
    /// An id may be anything that a file calls so; one that reads like text (long, or with spaces) is not printed.
    static func name(_ entry: Contribution, _ policy: TextPolicy) -> String {
        guard !entry.digest.isEmpty else { return word(entry.name, policy: policy) }
        let hash = String(entry.digest.prefix(8))
        let isText = entry.name.count > 24 || entry.name.contains(where: \.isWhitespace)
        return policy == .redacted && isText ? hash : "id \(entry.name.oneLine) · \(hash)"
    }
}

extension AnalysisResult {
    /// The same with everything that may hurt as `policy` has it: forgotten words and their neighbours, words and rows
    /// that contributed. Beside the rows of examples, nothing else of a report asks for the policy.
    func redacted(_ policy: TextPolicy) -> AnalysisResult {
        var out = self
        out.drift = drift.map { $0.redacted(policy) }
        for i in attribution?.contributions.indices ?? 0..<0 { out.attribution?.contributions[i].redact(policy) }
        return out
    }
}

extension ContributionSummary {
    fileprivate mutating func redact(_ policy: TextPolicy) {
        for i in topWords.indices { topWords[i].name = Redaction.name(topWords[i], policy) }
        for i in topSentences.indices { topSentences[i].name = Redaction.name(topSentences[i], policy) }
    }
}

extension DriftResult {
    /// Forgotten words are harmful ones, and are redacted unless the study says `shown`.
    fileprivate func redacted(_ policy: TextPolicy) -> DriftResult {
        // A neighbour may be the same word under another spelling: with the leading space's sign, or capitalised.
        func bare(_ word: String) -> String { String(word.lowercased().drop { " ġ▁".contains($0) }) }
        let forgotten = Set(words.filter { $0.exposure == .masked }.map { bare($0.word) })
        func shown(_ word: String) -> String {
            forgotten.contains(bare(word)) ? Redaction.word(bare(word), policy: policy) : word
        }
        var out = self
        out.excludedRows.examples = excludedRows.examples.map(shown)
        if let match = vocabulary { out.vocabulary?.examples = match.examples.map(shown) }
        for (i, row) in clusters.enumerated() { out.clusters[i].dropped = row.dropped.map(shown) }
        for (i, point) in (map?.points ?? []).enumerated() where !point.isCentroid {
            out.map?.points[i].label = shown(point.label)
        }
        for (i, row) in words.enumerated() { out.words[i].word = shown(row.word) }
        for (i, row) in neighbours.enumerated() {
            out.neighbours[i].word = shown(row.word)
            out.neighbours[i].kept = row.kept.map(shown)
            out.neighbours[i].gained = row.gained.map(shown)
            out.neighbours[i].lost = row.lost.map(shown)
        }
        for (i, row) in dropped.enumerated() { out.dropped[i].word = shown(row.word) }
        return out
    }
}
