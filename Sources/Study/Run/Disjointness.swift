import Analyze
import Evaluate
import Records
import Unlearn

/// What two inputs share that should share nothing (docs/metrics.md).
enum Disjointness {
    static func check(_ inputs: StudyInputs) -> [DisjointnessCheck] {
        var out: [DisjointnessCheck] = []
        func compare(_ left: (String, Set<String>), _ right: (String, Set<String>), note: String? = nil) {
            let shared = left.1.intersection(right.1).count
            out.append(
                DisjointnessCheck(
                    left: left.0, right: right.0, shared: shared, total: min(left.1.count, right.1.count),
                    note: shared > 0 ? note : nil))
        }
        // Texts are compared by line.
        var texts: [(String, Set<String>)] = []
        if let retain = inputs.retain { texts.append(("retain text", Set(retain.texts))) }
        if let guardText = inputs.guardText { texts.append(("guard text", Set(guardText.texts))) }
        for (path, text, _) in inputs.perplexityTexts {
            let lines = text.split(whereSeparator: \.isNewline).map { ListCell.trim(String($0)) }.filter { !$0.isEmpty }
            texts.append(("perplexity text \(path.split(separator: "/").last ?? "")", Set(lines)))
        }
        let forget = ("forget text", Set(inputs.forget.sentences.map { ListCell.trim($0.text) }))
        let taken = (
            inputs.forget.pairsAreCounterfactual ? "counterfactual pairs" : "forgotten pairs",
            Set(inputs.pairTexts.map(ListCell.trim))
        )
        for (i, left) in texts.enumerated() {
            for right in texts[(i + 1)...] { compare(left, right) }
            compare(forget, left)
            if !taken.1.isEmpty { compare(taken, left) }
        }
        // Words are compared without regard to case.
        let harmful = Set(inputs.forget.sentences.flatMap { $0.harmful.map { $0.text.lowercased() } })
        let concepts = Set(
            inputs.lexicons.filter { $0.role == .concept }.flatMap { $0.words.map { $0.text.lowercased() } })
        compare(("harmful words", harmful), ("concept words", concepts))
        for set in inputs.selected {
            let items: [any BenchmarkItem] = set.items
            let sentences = items.flatMap { $0.texts }
            let pairs = ("pairs of \(set.name)", Set(sentences.map(ListCell.trim)))
            compare(forget, pairs)
            if !taken.1.isEmpty { compare(taken, pairs) }
            for domain in inputs.study.domains.all {
                let words = Set(
                    items.filter { $0.domain == domain }.flatMap { Self.words(of: $0.texts.joined(separator: " ")) })
                compare(
                    ("harmful words", harmful), ("words of the \(domain) pairs of \(set.name)", words),
                    note: "the pairs use words that were forgotten: part of the change can be these words, "
                        + "not the domain")
            }
        }
        return out
    }

    /// Words of letters, lower case.
    static func words(of text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && $0 != "'" && $0 != "-" }.map(String.init)
    }
}
