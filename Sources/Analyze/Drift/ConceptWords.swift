import Records

/// The vectors of a word: the mean over its usable rows.
struct WordVectors: Sendable {
    let before: [Double]
    let after: [Double]
    let delta: [Double]

    /// Averages rows; `rows` must not be empty.
    init(_ input: DriftInput, rows: [Int]) {
        let width = input.before.columns
        var before = [Double](repeating: 0, count: width)
        var after = before
        for row in rows {
            for i in 0..<width {
                before[i] += Double(input.before.elements[row * width + i])
                after[i] += Double(input.after.elements[row * width + i])
            }
        }
        let scale = 1 / Double(rows.count)
        self.before = before.map { $0 * scale }
        self.after = after.map { $0 * scale }
        // From the averages' sums, not from the rounded averages, so that equal rows give exactly zero.
        delta = zip(before, after).map { ($1 - $0) * scale }
    }

    /// The mean of several words, of none empty.
    init(mean words: [WordVectors]) {
        before = Vector.mean(words.map(\.before))
        after = Vector.mean(words.map(\.after))
        delta = Vector.mean(words.map(\.delta))
    }
}

struct UsableWord: Sendable {
    let word: DriftWord
    /// Usable rows of its variants.
    let rows: [Int]
    let vectors: WordVectors
}

/// The concept words of a space: usable, dropped, and chosen as evidence.
struct ConceptWords {
    let words: [UsableWord]
    let dropped: [DroppedWord]
    /// The domains that are forgotten, in the order of the study.
    let targets: [String]
    /// Domains in the order of the study that have words.
    let domains: [String]

    init(_ input: DriftInput, rows: SpaceRows) {
        var words: [UsableWord] = []
        var dropped = input.dropped
        for word in input.words {
            let usable = word.rows.filter { rows.usable[$0] }
            guard !usable.isEmpty else {
                let reason = word.rows.isEmpty ? "no row" : "every row is zero, not finite or padding"
                dropped.append(DroppedWord(domain: word.domain, group: word.group, word: word.word, reason: reason))
                continue
            }
            words.append(UsableWord(word: word, rows: usable, vectors: WordVectors(input, rows: usable)))
        }
        (self.words, self.dropped) = (words, dropped)
        targets = input.domains.targets
        let named = input.domains.map(\.name)
        let others = Set(words.map(\.word.domain)).subtracting(named).sorted()
        domains = (named + others).filter { name in input.words.contains { $0.domain == name } }
    }

    /// Whether the domain has something from which a subspace could be found.
    func hasContrasts(_ domain: String) -> Bool {
        let members = words.map(\.word).filter { $0.domain == domain && !$0.inTwoConcepts }
        let pairs = Dictionary(grouping: members.compactMap(\.pair)) { $0 }
        return pairs.contains { $0.value.count > 1 } || Set(members.map(\.group)).count > 1
    }

    func groups(_ domain: String) -> [String] { words.filter { $0.word.domain == domain }.map(\.word.group).uniqued() }

    /// The words that a cluster's numbers are taken over. For a target, whose words are forgotten by design, all of
    /// them; elsewhere only unexposed words, which alone are evidence. Words in two concepts are left out of both. In
    /// alphabetical order, so that draws for them do not depend on the lexicon's.
    func chosen(_ domain: String, group: String? = nil) -> [UsableWord] {
        words.filter {
            $0.word.domain == domain && (group == nil || $0.word.group == group) && !$0.word.inTwoConcepts
                && (targets.contains(domain) || $0.word.exposure == .unexposed)
        }.sorted {
            ($0.word.word, $0.word.group, $0.rows.first ?? 0) < ($1.word.word, $1.word.group, $1.rows.first ?? 0)
        }
    }

    /// Words of a cluster that are not used, with the reason in words.
    func unused(_ domain: String, group: String? = nil) -> [String] {
        let belongs: (String, String) -> Bool = { $0 == domain && (group == nil || $1 == group) }
        let left = words.filter {
            belongs($0.word.domain, $0.word.group)
                && ($0.word.inTwoConcepts || (!targets.contains(domain) && $0.word.exposure != .unexposed))
        }.map { "\($0.word.word) (\($0.word.inTwoConcepts ? "in two concepts" : $0.word.exposure.rawValue))" }
        return left + dropped.filter { belongs($0.domain, $0.group) }.map { "\($0.word) (\($0.reason))" }
    }

    func exposure(_ domain: String) -> ExposureCount {
        let all = words.map(\.word).filter { $0.domain == domain }
        let single = all.filter { !$0.inTwoConcepts }
        return ExposureCount(
            domain: domain, masked: single.count { $0.exposure == .masked },
            seen: single.count { $0.exposure == .seen }, unexposed: single.count { $0.exposure == .unexposed },
            inTwoConcepts: all.count - single.count)
    }
}
