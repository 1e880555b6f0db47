import FileSupport
import Records

extension ForgetSet {
    /// Several sets as one: their sentences one after the other, each with the domain of its set, and their pairs likewise.
    ///
    /// Steps draw from all of them alike, so that a set has part in the steps as it has rows. A single set stays as it is.
    ///
    /// - Parameter sets: at least one.
    package init(pooling sets: [ForgetSet]) {
        precondition(!sets.isEmpty, "no forget set")
        guard sets.count > 1 else {
            self = sets[0]
            return
        }
        let sentences = sets.flatMap(\.sentences)
        self.init(
            sentences: sentences, pairs: sets.flatMap(\.pairs),
            pairsAreCounterfactual: sets.contains(where: \.pairsAreCounterfactual),
            summary: ForgetSetSummary(pooling: sets.map(\.summary), sentences: sentences))
        let inSeveral = repeatedAcross(sets)
        if inSeveral > 0 {
            readingNotes.append("texts that stand in several forget sets, counted in each: \(inSeveral)")
        }
    }

    /// Texts that more than one of some sets have.
    private func repeatedAcross(_ sets: [ForgetSet]) -> Int {
        var counts: [String: Int] = [:]
        for set in sets { for digest in Set(set.sentences.map(\.sha256)) { counts[digest, default: 0] += 1 } }
        return counts.values.count { $0 > 1 }
    }
}

extension ForgetSetSummary {
    /// The counts of several sets together; the files are named one after the other.
    fileprivate init(pooling parts: [ForgetSetSummary], sentences: [ForgetSentence]) {
        func names(_ name: KeyPath<ForgetSetSummary, String>) -> String {
            parts.map { $0[keyPath: name] }.uniqued().joined(separator: ", ")
        }
        func sum(_ count: KeyPath<ForgetSetSummary, Int>) -> Int { parts.reduce(0) { $0 + $1[keyPath: count] } }
        self.init(
            path: names(\.path), bytes: sum(\.bytes), sha256: names(\.sha256), format: names(\.format),
            harmfulSource: names(\.harmfulSource), rowsRead: sum(\.rowsRead))
        domain = parts.compactMap(\.domain).uniqued().inWords()
        for count in [
            \ForgetSetSummary.rowsMatching, \.rowsWithoutText, \.rowsExcluded, \.rowsWithoutHarmfulWord,
            \.rowsOutOfReach,
            \.harmfulWordsOutOfReach, \.annotationsWithoutRow, \.annotatedWordsNotFound,
        ] { self[keyPath: count] = sum(count) }
        repeatedTexts = sentences.count - Set(sentences.map(\.sha256)).count
        count(sentences)
    }
}
